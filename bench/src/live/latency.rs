//! How long an utterance takes from Zoom's socket to whoever listens: many meetings at once, several subscribers of each, and one
//! WebSocket that the engine dials.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use tokio::time::sleep_until;

use super::{
    args::LiveArgs,
    load::Load,
    outward::{Manner, Receiver},
    stage::{House, Played, Scenario, Stage},
    subscriber::{astray, delays_ms, listen},
};
use crate::{failure::Failure, quantiles::Quantiles, record::EventLatency};

/// How long after the end of the meetings what is still on its way is waited for.
const AFTER: Duration = Duration::from_secs(3);

/// Plays the meetings.
///
/// # Errors
/// If a process cannot be started or ends early.
pub(super) async fn measure(args: &LiveArgs, house: &House) -> Result<EventLatency, Failure> {
    let (meetings, subscribers) = (args.meetings, args.subscribers);
    let receivers: Vec<Receiver> =
        (0..meetings).map(|_| Receiver::start(Manner::Reads)).collect::<Result<_, Failure>>()?;
    let words = json!({ "provider": { "meeting_captions": {} } });
    let wish = |receiver: &Receiver| {
        let endpoint = json!({ "type": "websocket", "url": receiver.url("ws"), "events": ["transcript.data"] });
        json!({ "transcript": words, "realtime_endpoints": [endpoint] })
    };
    let played = Played {
        scenario: Scenario::Named("load-unhashed"),
        meetings,
        seconds: args.seconds,
        wishes: receivers.iter().map(wish).collect(),
    };
    let mut stage = Stage::set(house, Some(played)).await?;
    let mut listening = BTreeMap::new();
    let end = stage.end + AFTER;
    for place in 0..meetings {
        let ordered = stage.next_ordered().await?;
        let shares = subscribers / meetings + u32::from(place < subscribers % meetings);
        let those = (0..shares).map(|_| listen(stage.addr, &ordered.capture, end)).collect::<Vec<_>>();
        listening.insert(ordered.stream, (ordered.place, those));
    }
    let load = Load::begin(stage.engine.pid(), &stage.others())?;
    sleep_until(stage.end - Duration::from_secs(1)).await;
    let used = load.end()?;
    sleep_until(end + Duration::from_millis(100)).await;

    let outward: Vec<_> = receivers.iter().map(Receiver::heard).collect();
    let sent = stage.clear().await?;
    let mut result = EventLatency {
        meetings,
        subscribers,
        seconds: used.seconds,
        engine_cores: used.engine_cpu_s / used.seconds,
        others_cores: used.others_cores,
        ..EventLatency::default()
    };
    let (mut inward_ms, mut outward_ms) = (Vec::new(), Vec::new());
    for (stream, (place, those)) in listening {
        let said = &sent.get(&stream).ok_or_else(|| format!("nothing is known of stream {stream}"))?.said;
        for one in those {
            let heard = one.await??;
            inward_ms.extend(delays_ms(&heard.said, said, heard.since_unix_us));
            result.astray += astray(&heard.said, said);
        }
        let heard = &outward[place];
        outward_ms.extend(delays_ms(&heard.said, said, heard.since_unix_us));
        result.astray += astray(&heard.said, said);
    }
    result.inward_ms = Quantiles::of(inward_ms).ok_or("no subscriber heard anything")?;
    result.outward_ms = Quantiles::of(outward_ms).unwrap_or_default();
    Ok(result)
}

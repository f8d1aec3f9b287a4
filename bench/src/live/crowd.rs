//! Many subscribers of one meeting in which much is written: whether all of them hear everything, when, and what one more costs.

use std::time::Duration;

use serde_json::json;
use tokio::time::{sleep, sleep_until};

use super::{
    args::LiveArgs,
    load::Load,
    script::chatty,
    stage::{House, Played, Scenario, Stage},
    subscriber::{astray, delays_ms, listen},
};
use crate::{failure::Failure, quantiles::Quantiles, record::Crowd, system::usage};

/// How many messages are written a second.
const PER_SECOND: u32 = 4;
/// How long each is, about.
const MESSAGE_BYTES: usize = 200;
/// How long after everybody came the measurement begins.
const WARM_UP: Duration = Duration::from_secs(5);
/// How long after the end of the meeting what is still on its way is waited for.
const AFTER: Duration = Duration::from_secs(5);

/// Plays the meeting.
///
/// # Errors
/// If a process cannot be started or ends early.
pub(super) async fn measure(args: &LiveArgs, house: &House) -> Result<Crowd, Failure> {
    let played = Played {
        scenario: Scenario::Script(chatty(args.crowd_seconds, PER_SECOND, MESSAGE_BYTES)),
        meetings: 1,
        seconds: args.crowd_seconds,
        wishes: vec![json!({ "transcript": { "provider": { "meeting_captions": {} } } })],
    };
    let mut stage = Stage::set(house, Some(played)).await?;
    let ordered = stage.next_ordered().await?;
    sleep(Duration::from_secs(3)).await;
    let alone = usage(stage.engine.pid())?;
    let end = stage.end + AFTER;
    let listening: Vec<_> = (0..args.crowd).map(|_| listen(stage.addr, &ordered.capture, end)).collect();
    sleep(WARM_UP).await;
    let load = Load::begin(stage.engine.pid(), &stage.others())?;
    sleep_until(stage.end - Duration::from_secs(2)).await;
    let used = load.end()?;
    sleep_until(end + Duration::from_millis(500)).await;
    let sent = stage.clear().await?;
    let written = &sent.get(&ordered.stream).ok_or("nothing is known of the meeting")?.written;
    let mut result = Crowd {
        subscribers: args.crowd,
        seconds: used.seconds,
        events_per_s: f64::from(PER_SECOND),
        engine_cores: used.engine_cpu_s / used.seconds,
        others_cores: used.others_cores,
        kib_per_subscriber: used.engine_rss_bytes.saturating_sub(alone.rss_bytes) as f64
            / 1_024.0
            / f64::from(args.crowd.max(1)),
        ..Crowd::default()
    };
    let mut took_ms = Vec::new();
    for one in listening {
        let heard = one.await??;
        // Who comes later reads what was before, which is not live.
        took_ms.extend(delays_ms(&heard.written, written, heard.since_unix_us + WARM_UP.as_micros() as i64));
        result.events += heard.events;
        result.astray += astray(&heard.written, written);
    }
    result.took_ms = Quantiles::of(took_ms).ok_or("no subscriber heard anything")?;
    Ok(result)
}

//! Subscribers and receivers that take nothing, for minutes, beside some that do: the engine must not hold more from minute to minute, and
//! those who take what they are sent must miss nothing.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    args::LiveArgs,
    customer::API_KEY,
    load::{Load, sockets_mib},
    outward::{Manner, Receiver},
    script::chatty,
    stage::{House, Played, Scenario, Stage},
    subscriber::{all_came_again, astray, delays_ms, listen, stall},
};
use crate::{failure::Failure, http::post_json, quantiles::Quantiles, record::Stalled, system::usage};

/// In how many meetings they are.
const MEETINGS: u32 = 8;
/// How many of each kind of endpoint stall, over all meetings.
const ENDPOINTS: u32 = 104;
/// How many receivers of status webhooks never answer: as many as a project may have.
const RECEIVERS: u32 = 50;
/// How many subscribers of each meeting read.
const HEALTHY: u32 = 5;
/// How many messages are written a second, of each meeting.
const PER_SECOND: u32 = 5;
/// How long each is, about.
const MESSAGE_BYTES: usize = 1_500;
/// How long after everybody came a second time memory is first looked at. Who comes first comes to a meeting in which nothing was said
/// yet; who comes again is behind by more than the engine reads for one at once.
const WARM_UP: Duration = Duration::from_secs(10);
/// How often memory is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long after the end of the meetings what is still on its way is waited for.
const AFTER: Duration = Duration::from_secs(5);

/// Plays the meetings.
///
/// # Errors
/// If a process cannot be started or ends early.
pub(super) async fn measure(args: &LiveArgs, house: &House) -> Result<Stalled, Failure> {
    let warm_up = all_came_again(args.stalled) + WARM_UP;
    let seconds = args.stalled_seconds + warm_up.as_secs() as u32;
    let (stalled, silent) = (Receiver::start(Manner::Stalls)?, Receiver::start(Manner::IsSilent)?);
    let healthy: Vec<Receiver> =
        (0..MEETINGS).map(|_| Receiver::start(Manner::Reads)).collect::<Result<_, Failure>>()?;
    let played = Played {
        scenario: Scenario::Script(chatty(seconds, PER_SECOND, MESSAGE_BYTES)),
        meetings: MEETINGS,
        seconds,
        wishes: Vec::new(),
    };
    let of_each = ENDPOINTS / MEETINGS;
    let wishes = healthy.iter().map(|reads| wish(reads, &stalled, &silent, of_each)).collect();
    let mut stage = Stage::set(house, Some(Played { wishes, ..played })).await?;
    register(&stage, &silent).await?;
    let (end, mut listening, mut stalling) = (stage.end + AFTER, Vec::new(), Vec::new());
    for meeting in 0..MEETINGS {
        let ordered = stage.next_ordered().await?;
        let places = (0..args.stalled / MEETINGS).map(|place| place * MEETINGS + meeting);
        stalling.extend(places.map(|place| stall(stage.addr, &ordered.capture, place, stage.end)));
        let those: Vec<_> = (0..HEALTHY).map(|_| listen(stage.addr, &ordered.capture, end)).collect();
        listening.push((ordered, those));
    }
    sleep(warm_up).await;
    let load = Load::begin(stage.engine.pid(), &stage.others())?;
    let (mut rss_mib, mut kernel_mib) = (Vec::new(), Vec::new());
    while Instant::now() + LOOK_EVERY < stage.end {
        rss_mib.push(usage(stage.engine.pid())?.rss_bytes as f64 / 1_048_576.0);
        kernel_mib.push(sockets_mib()?);
        sleep(LOOK_EVERY).await;
    }
    let used = load.end()?;
    let connections = stage.metric("hansard_connections_open").await?;
    sleep_until(end + Duration::from_millis(500)).await;

    let outward: Vec<_> = healthy.iter().map(Receiver::heard).collect();
    let sent = stage.clear().await?;
    let thirds = thirds(&rss_mib);
    let mut result = Stalled {
        subscribers: args.stalled,
        sockets: of_each * MEETINGS,
        webhooks: of_each * MEETINGS,
        receivers: RECEIVERS,
        seconds: used.seconds,
        rss_first_mib: thirds[0],
        rss_middle_mib: thirds[1],
        rss_last_mib: thirds[2],
        kernel_mib: kernel_mib.into_iter().fold(0.0, f64::max),
        engine_cores: used.engine_cpu_s / used.seconds,
        others_cores: used.others_cores,
        connections_at_end: connections as u64,
        ..Stalled::default()
    };
    let mut took_ms = Vec::new();
    for (ordered, those) in listening {
        let written = &sent.get(&ordered.stream).ok_or("nothing is known of a meeting")?.written;
        let mut heard = vec![outward[ordered.place].clone()];
        for one in those {
            heard.push(one.await??);
        }
        for heard in heard {
            took_ms.extend(delays_ms(&heard.written, written, heard.since_unix_us));
            result.healthy_heard += heard.written.len() as u64;
            result.healthy_astray += astray(&heard.written, written);
        }
    }
    for one in stalling {
        result.stalls += one.await??;
    }
    result.healthy_ms = Quantiles::of(took_ms).ok_or("nobody heard anything")?;
    Ok(result)
}

fn wish(reads: &Receiver, stalled: &Receiver, silent: &Receiver, of_each: u32) -> Value {
    let events = ["participant_events.chat_message", "transcript.data"];
    let endpoint = |kind: &str, url: String| json!({ "type": kind, "url": url, "events": events });
    let mut endpoints = vec![endpoint("websocket", reads.url("ws"))];
    for _ in 0..of_each {
        endpoints.push(endpoint("websocket", stalled.url("ws")));
        endpoints.push(endpoint("webhook", silent.url("http")));
    }
    json!({ "transcript": { "provider": { "meeting_captions": {} } }, "realtime_endpoints": endpoints })
}

/// Registers receivers of status webhooks that never answer.
async fn register(stage: &Stage, silent: &Receiver) -> Result<(), Failure> {
    let key = format!("Token {API_KEY}");
    for number in 0..RECEIVERS {
        let wish = json!({ "url": format!("{}/{number}", silent.url("http")) }).to_string();
        let headers = [("authorization", key.as_str())];
        let answer = post_json(stage.addr, "/api/v1/webhook_endpoint/", &headers, wish.into()).await?;
        if !answer.status.is_success() {
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            return Err(format!("a receiver was refused: {} {said}", answer.status).into());
        }
    }
    Ok(())
}

/// The means of the first, the middle and the last third.
fn thirds(series: &[f64]) -> [f64; 3] {
    let length = (series.len() / 3).max(1);
    let mean = |from: usize| {
        let part = &series[from.min(series.len())..(from + length).min(series.len())];
        part.iter().sum::<f64>() / part.len().max(1) as f64
    };
    [mean(0), mean(length), mean(series.len().saturating_sub(length))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_seen_in_thirds() {
        assert_eq!(thirds(&[1.0, 1.0, 2.0, 4.0, 3.0, 3.0, 9.0]), [1.0, 3.0, 6.0]);
        assert_eq!(thirds(&[5.0]), [5.0, 0.0, 5.0]);
    }
}

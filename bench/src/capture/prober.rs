//! Times webhooks while meetings run: each is signed, new, and must be durable before it is answered.

use std::{
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use model::Secret;
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use zoom::signature;

use super::subject::WEBHOOK_SECRET;
use crate::{failure::Failure, http::post_json};

/// How often one is sent.
const EVERY: Duration = Duration::from_millis(50);
/// How long Zoom waits for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// What became of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Probed {
    /// How long each that was answered 200 took, from before its connection to the end of its answer.
    pub(super) took_ms: Vec<f64>,
    /// What was wrong with the others.
    pub(super) faults: Vec<String>,
}

/// Sends webhooks on time until `end`, whether or not earlier ones were answered, and waits for all answers.
pub(super) async fn probe(addr: SocketAddr, end: Instant) -> Probed {
    let mut probed = Probed::default();
    let mut asked = JoinSet::new();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut number = 0;
    while Instant::now() < end {
        ticks.tick().await;
        number += 1;
        asked.spawn(ask(addr, number));
    }
    while let Some(answered) = asked.join_next().await {
        match answered.map_err(Failure::from).and_then(|answer| answer) {
            Ok(took_ms) => probed.took_ms.push(took_ms),
            Err(error) => probed.faults.push(format!("a webhook of ours: {error}")),
        }
    }
    probed
}

/// Announces the end of a stream that nobody knows, and answers how long that took in milliseconds.
async fn ask(addr: SocketAddr, number: u64) -> Result<f64, Failure> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let body = json!({ "event": "meeting.rtms_stopped", "event_ts": since.as_millis() as u64, "payload": {
        "meeting_uuid": "bench/probe+000000000==", "rtms_stream_id": format!("{number:032x}"), "stop_reason": 6 } });
    let (body, timestamp) = (Bytes::from(body.to_string()), since.as_secs().to_string());
    let signature = signature::webhook(&Secret::new(WEBHOOK_SECRET.to_owned()), &timestamp, &body);
    let headers = [("x-zm-signature", signature.as_str()), ("x-zm-request-timestamp", timestamp.as_str())];
    let began = Instant::now();
    let answer = timeout(PATIENCE, post_json(addr, "/zoom-webhook", &headers, body)).await;
    let answer = answer.map_err(|_| "no answer within 3 s")??;
    let took_ms = began.elapsed().as_secs_f64() * 1000.0;
    if answer.status.is_success() { Ok(took_ms) } else { Err(format!("answered {}", answer.status).into()) }
}

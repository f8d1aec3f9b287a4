//! How long the engine takes for its answers when requests come at a fixed rate, whether or not earlier ones were answered: each is planned
//! for a moment, and what it waits beyond that counts.

use std::{
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use model::Secret;
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};
use zoom::signature;

use super::{
    args::LiveArgs,
    customer::{API_KEY, WEBHOOK_SECRET, wanted},
    load::{Load, Used},
    stage::{House, Stage},
};
use crate::{
    failure::Failure,
    http::{Answer, post_json},
    quantiles::Quantiles,
    record::Answers,
};

/// How long Zoom waits for an answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long after its start a stream is over, so that captures of streams that nobody serves do not pile up.
const LIVES: Duration = Duration::from_secs(1);
/// Nobody serves streams here.
const SERVER_URLS: &str = "wss://127.0.0.1:9";

/// What is asked at the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Zoom's webhooks: by turns that a stream begins, and that one is over.
    Webhooks,
    /// The customer's request to capture a stream; beside it, at the same rate, Zoom's webhooks that the streams are over.
    Captures,
}

/// Measures both.
///
/// # Errors
/// If the engine cannot be started or ends early.
pub(super) async fn measure(args: &LiveArgs, house: &House) -> Result<Vec<Answers>, Failure> {
    let mut results = Vec::new();
    for asked in [Asked::Webhooks, Asked::Captures] {
        let stage = Stage::set(house, None).await?;
        let load = Load::begin(stage.engine.pid(), &[])?;
        let (measured, beside) = ask(asked, stage.addr, args.per_second, args.answer_seconds).await;
        let used = load.end()?;
        stage.clear().await?;
        match asked {
            Asked::Webhooks => results.push(result("webhooks: starts and stops", args, used, measured)),
            Asked::Captures => {
                results.push(result("POST of captures", args, used, measured));
                results.push(result("webhooks beside it", args, used, beside));
            }
        }
    }
    Ok(results)
}

type Answered = Vec<Result<f64, String>>;

fn result(what: &str, args: &LiveArgs, used: Used, answered: Answered) -> Answers {
    let (took_ms, faults): (Vec<_>, Vec<_>) = answered.into_iter().partition(Result::is_ok);
    Answers {
        what: what.to_owned(),
        per_second: args.per_second,
        seconds: args.answer_seconds,
        took_ms: Quantiles::of(took_ms.into_iter().flatten().collect()).unwrap_or_default(),
        errors: faults.len() as u64,
        first_error: faults.into_iter().find_map(Result::err),
        engine_cores: used.engine_cpu_s / used.seconds,
        others_cores: used.others_cores,
    }
}

/// Sends what is planned and waits for all answers: what is measured, and what came beside it.
async fn ask(asked: Asked, addr: SocketAddr, per_second: u32, seconds: u32) -> (Answered, Answered) {
    let began = Instant::now() + Duration::from_millis(100);
    let apart = Duration::from_secs(1) / per_second.max(1);
    let (mut measured, mut beside) = (JoinSet::new(), JoinSet::new());
    for number in 0..u64::from(per_second) * u64::from(seconds) {
        let planned = began + apart * u32::try_from(number).unwrap_or(u32::MAX);
        match asked {
            Asked::Webhooks => {
                // The stop of the stream that began so long before.
                let behind = (LIVES.as_secs_f64() / apart.as_secs_f64()) as u64 | 1;
                let is_start = number % 2 == 0 || number < behind;
                measured.spawn(async move {
                    sleep_until(planned).await;
                    let (event, stream) = if is_start { ("started", number) } else { ("stopped", number - behind) };
                    timed(planned, webhook(addr, event, stream)).await
                });
            }
            Asked::Captures => {
                measured.spawn(async move {
                    sleep_until(planned).await;
                    timed(planned, capture(addr, number)).await
                });
                beside.spawn(async move {
                    let planned = planned + LIVES;
                    sleep_until(planned).await;
                    timed(planned, webhook(addr, "stopped", number)).await
                });
            }
        }
    }
    (all(measured).await, all(beside).await)
}

async fn all(mut asked: JoinSet<Result<f64, String>>) -> Answered {
    let mut answered = Vec::with_capacity(asked.len());
    while let Some(one) = asked.join_next().await {
        answered.push(one.unwrap_or_else(|error| Err(error.to_string())));
    }
    answered
}

async fn timed(planned: Instant, asked: impl Future<Output = Result<Answer, Failure>>) -> Result<f64, String> {
    let answer = timeout(PATIENCE, asked).await.map_err(|_| "no answer within 3 s".to_owned())?;
    let answer = answer.map_err(|error| error.to_string())?;
    if !answer.status.is_success() {
        return Err(format!("answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body)));
    }
    Ok(planned.elapsed().as_secs_f64() * 1_000.0)
}

fn names(stream: u64) -> (String, String) {
    (format!("bench/answers+{stream:08}=="), format!("{stream:032x}"))
}

async fn capture(addr: SocketAddr, stream: u64) -> Result<Answer, Failure> {
    let (meeting, stream) = names(stream);
    let wish = json!({ "transcript": { "provider": { "meeting_captions": {} } } });
    let key = format!("Token {API_KEY}");
    let body = wanted(&meeting, &stream, SERVER_URLS, &wish);
    post_json(addr, "/api/v1/meeting_direct_connect", &[("authorization", key.as_str())], body).await
}

async fn webhook(addr: SocketAddr, event: &str, stream: u64) -> Result<Answer, Failure> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (meeting, stream) = names(stream);
    let mut payload = json!({ "meeting_uuid": meeting, "rtms_stream_id": stream });
    if event == "started" {
        payload["server_urls"] = json!(SERVER_URLS);
    } else {
        payload["stop_reason"] = json!(6);
    }
    let body =
        json!({ "event": format!("meeting.rtms_{event}"), "event_ts": since.as_millis() as u64, "payload": payload });
    let (body, timestamp) = (Bytes::from(body.to_string()), since.as_secs().to_string());
    let signature = signature::webhook(&Secret::new(WEBHOOK_SECRET.to_owned()), &timestamp, &body);
    let headers = [("x-zm-signature", signature.as_str()), ("x-zm-request-timestamp", timestamp.as_str())];
    post_json(addr, "/zoom-webhook", &headers, body).await
}

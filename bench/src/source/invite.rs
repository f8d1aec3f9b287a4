//! Announces the meetings, as Zoom does: a signed webhook for each.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use model::Secret;
use serde_json::json;
use tokio::time::timeout;
use zoom::signature;

use super::{meeting::Meeting, press::unix_ms};
use crate::{failure::Failure, http::post_json};

/// How long Zoom waits for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Announces a meeting whose signaling is at `server_url`, and enters how long the answer took.
///
/// # Errors
/// If there is none in time.
pub(super) async fn invite(
    webhook: SocketAddr,
    secret: &Secret<String>,
    server_url: &str,
    meeting: &Meeting,
) -> Result<(), Failure> {
    let now_ms = unix_ms();
    let body = json!({ "event": "meeting.rtms_started", "event_ts": now_ms, "payload": { "meeting_uuid": meeting.uuid(),
        "meeting_id": 90_000_000_000 + meeting.number as u64, "operator_id": "bench", "account_id": "bench",
        "rtms_stream_id": meeting.stream_id(), "server_urls": server_url } });
    let (body, timestamp) = (Bytes::from(body.to_string()), (now_ms / 1000).to_string());
    let signature = signature::webhook(secret, &timestamp, &body);
    let headers = [("x-zm-signature", signature.as_str()), ("x-zm-request-timestamp", timestamp.as_str())];
    let began = Instant::now();
    let answer = timeout(PATIENCE, post_json(webhook, "/zoom-webhook", &headers, body)).await??;
    meeting.entry().webhook = Some((began.elapsed().as_secs_f64() * 1000.0, answer.status.as_u16()));
    Ok(())
}

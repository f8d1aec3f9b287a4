//! Zoom's webhooks (architecture §5, fault-matrix D1-D7): proof over the raw bytes, then meaning, then durable, then the
//! answer. Nothing is dialled here; `ingest` does that after a wake-up.

use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use catalog::{Admission, CatalogError};
use hub::Wake;
use model::{CaptureId, NewCapture, RecordingId, StreamRef};
use serde_json::json;
use sha2::{Digest, Sha256};
use zoom::{
    WebhookError,
    webhook::{Notice, SignedHeaders, StartNotice, StopNotice, Verified, answer_challenge, parse, verify},
};

use crate::{body, config::AppConfig, error::ApiError, front::Front, measure};

/// The largest unsigned challenge that is read at all, in bytes; nothing else is read without a signature.
const UNSIGNED_LIMIT_BYTES: usize = 4 * 1024;

/// `GET /zoom-webhook`: 200, so that an operator sees that the address is right.
pub(crate) async fn hello() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// `POST /zoom-webhook`: the signature decides which app it is for.
pub(crate) async fn any_app(State(front): State<Arc<Front>>, request: Request) -> Response {
    take(&front, None, request).await
}

/// `POST /zoom-webhook/{app}`.
pub(crate) async fn one_app(State(front): State<Arc<Front>>, Path(app): Path<String>, request: Request) -> Response {
    take(&front, Some(&app), request).await
}

/// What became of a webhook; both names are metric labels.
struct Outcome {
    event: &'static str,
    result: &'static str,
    response: Response,
}

impl Outcome {
    fn taken(event: &'static str, result: &'static str) -> Self {
        Self { event, result, response: Json(json!({ "result": result })).into_response() }
    }

    fn refused(event: &'static str, result: &'static str, error: ApiError) -> Self {
        Self { event, result, response: error.into_response() }
    }
}

async fn take(front: &Front, app: Option<&str>, request: Request) -> Response {
    let began = Instant::now();
    let (head, body) = request.into_parts();
    let outcome = match body::read(&head.headers, body).await {
        Ok(body) => judge(front, app, &head.headers, &body).await,
        Err(error) => {
            let result = if let ApiError::TooLarge { .. } = error { "too_large" } else { "unreadable" };
            Outcome::refused("unknown", result, error)
        }
    };
    measure::webhook(outcome.event, outcome.result, began);
    let tracking = single(&head.headers, "x-zm-trackingid").unwrap_or_default();
    tracing::info!(event = outcome.event, result = outcome.result, tracking, "a Zoom webhook was answered");
    outcome.response
}

/// Proof first, then meaning.
async fn judge(front: &Front, app: Option<&str>, headers: &HeaderMap, body: &Bytes) -> Outcome {
    let (apps, secrets) = front.candidates(app);
    if !headers.contains_key("x-zm-signature") {
        return match apps.as_slice() {
            // The first secret is the current one; without a signature only a single app leaves no doubt.
            [first, rest @ ..]
                if rest.iter().all(|app| app.name == first.name) && body.len() <= UNSIGNED_LIMIT_BYTES =>
            {
                match (parse(body), secrets.first()) {
                    (Ok(Notice::UrlValidation { plain_token }), Some(secret)) => challenge(secret, &plain_token),
                    _ => Outcome::refused("unknown", "bad_signature", ApiError::NotFromZoom),
                }
            }
            _ => Outcome::refused("unknown", "bad_signature", ApiError::NotFromZoom),
        };
    }
    let signed = SignedHeaders {
        signature: single(headers, "x-zm-signature"),
        timestamp: single(headers, "x-zm-request-timestamp"),
    };
    let verified = match verify(&secrets, &signed, body, front.now_unix_s()) {
        Ok(verified) => verified,
        Err(error) => {
            let result = if let WebhookError::Stale { .. } = error { "stale" } else { "bad_signature" };
            return Outcome::refused("unknown", result, ApiError::NotFromZoom);
        }
    };
    let (Some(app), Some(secret)) = (apps.get(verified.secret_index), secrets.get(verified.secret_index)) else {
        return Outcome::refused("unknown", "bad_signature", ApiError::NotFromZoom);
    };
    match parse(body) {
        Err(error) => Outcome::refused("unknown", "malformed", ApiError::WebhookUnreadable(error)),
        Ok(Notice::UrlValidation { plain_token }) => challenge(secret, &plain_token),
        Ok(Notice::Started(notice)) => {
            settle("started", started(front, app, &notice, verified, &delivery_key(app, body)).await)
        }
        Ok(Notice::Stopped(notice)) => {
            settle("stopped", stopped(front, app, &notice, verified, &delivery_key(app, body)).await)
        }
        // The session sees a lost connection by itself and knows its addresses.
        Ok(Notice::Interrupted(_)) => Outcome::taken("interrupted", "accepted"),
        Ok(Notice::Other { .. }) => Outcome::taken("other", "accepted"),
    }
}

fn settle(event: &'static str, result: Result<&'static str, CatalogError>) -> Outcome {
    match result {
        Ok("replayed") => Outcome::refused(event, "replayed", ApiError::NotFromZoom),
        Ok(result) => Outcome::taken(event, result),
        Err(error) => Outcome::refused(event, "unavailable", ApiError::Unavailable(error)),
    }
}

fn challenge(secret: &model::Secret<String>, plain_token: &str) -> Outcome {
    match answer_challenge(secret, plain_token) {
        Ok(json) => Outcome {
            event: "url_validation",
            result: "accepted",
            response: (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], json).into_response(),
        },
        Err(error) => Outcome::refused("url_validation", "malformed", ApiError::WebhookUnreadable(error)),
    }
}

/// Makes a start durable, then wakes whoever runs it.
async fn started(
    front: &Front,
    app: &AppConfig,
    notice: &StartNotice,
    verified: Verified,
    key: &str,
) -> Result<&'static str, CatalogError> {
    let catalog = &front.api.catalog;
    let now_unix_ms = front.now_unix_ms();
    if !verified.is_fresh() && !catalog.remember_delivery(key, now_unix_ms).await? {
        // A start whose first delivery was remembered and then not admitted must not be lost for that.
        if catalog.capture_by_stream(&notice.meeting_uuid, &notice.stream_id).await?.is_some() {
            return Ok("replayed");
        }
    }
    let admission = catalog.start_capture(new_capture(app, notice, now_unix_ms)).await?;
    if verified.is_fresh() {
        catalog.remember_delivery(key, now_unix_ms).await?;
    }
    Ok(match admission {
        Admission::New(_) => {
            front.api.hub.wake(Wake::Starts);
            if verified.is_fresh() { "accepted" } else { "late" }
        }
        Admission::Moved(id) => {
            front.api.hub.wake(Wake::Commands(id));
            "accepted"
        }
        Admission::Known(_) | Admission::Finished(_) => "duplicate",
    })
}

/// Makes a stop durable, then wakes the capture's owner.
async fn stopped(
    front: &Front,
    app: &AppConfig,
    notice: &StopNotice,
    verified: Verified,
    key: &str,
) -> Result<&'static str, CatalogError> {
    let catalog = &front.api.catalog;
    let now_unix_ms = front.now_unix_ms();
    // Stopping twice changes nothing, so a stop is made durable before its delivery is remembered.
    let at_unix_ms = if notice.event_unix_ms > 0 { notice.event_unix_ms } else { now_unix_ms };
    let running = catalog.stop_stream(&app.name, &notice.stream_id, notice.stop_reason, at_unix_ms).await?;
    if let Some(id) = running {
        front.api.hub.wake(Wake::Commands(id));
    }
    let new = catalog.remember_delivery(key, now_unix_ms).await?;
    Ok(match (new, verified.is_fresh()) {
        (true, true) => "accepted",
        (true, false) => "late",
        (false, true) => "duplicate",
        (false, false) => "replayed",
    })
}

fn new_capture(app: &AppConfig, notice: &StartNotice, now_unix_ms: i64) -> NewCapture {
    let unix_ms = u64::try_from(now_unix_ms).unwrap_or_default();
    NewCapture {
        id: CaptureId::new(unix_ms, rand::random()),
        recording_id: RecordingId::new(unix_ms, rand::random()),
        stream: StreamRef {
            app: app.name.clone(),
            meeting_uuid: notice.meeting_uuid.clone(),
            stream_id: notice.stream_id.clone(),
        },
        server_urls: notice.server_urls.clone(),
        signature: None,
        notice: notice.json.clone(),
        notice_unix_ms: notice.event_unix_ms,
        config: app.default_config.clone(),
        metadata: Default::default(),
        now_unix_ms,
    }
}

/// The same for every delivery of one notice, whenever it was signed.
pub(crate) fn delivery_key(app: &AppConfig, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(app.name.as_bytes());
    hash.update([0]);
    hash.update(body);
    hex::encode(hash.finalize())
}

/// The value of a header that occurs exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

//! Zoom's webhooks (architecture §5, fault-matrix D1-D12): proof over the raw bytes, then meaning, then durable, then the
//! answer. What becomes durable is in [`crate::notices`], which secrets count in [`crate::doors`]. Nothing is dialled here;
//! `ingest` does that after a wake-up.
//!
//! Whoever cannot prove that he is Zoom gets one and the same answer, whatever is wrong, after the same work: one HMAC for
//! each secret that is tried, and nothing of the catalogue. Only what is wrong with the form of a request, which is seen
//! before anything else and is the same at every address, is told.

use std::{sync::Arc, time::Instant};

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use catalog::CatalogError;
use model::Secret;
use serde_json::json;
use zoom::{
    WebhookError,
    webhook::{Notice, Pressure, SignedHeaders, Verified, answer_challenge, parse, verify},
};

use crate::{
    body,
    config::AppConfig,
    doors::Proof,
    error::ApiError,
    front::Front,
    measure,
    notices::{self, Delivery, News},
    peer::Peer,
};

/// The largest unsigned challenge that is read at all, in bytes; nothing else is read without a signature.
const UNSIGNED_LIMIT_BYTES: usize = 4 * 1024;

/// `GET /zoom-webhook`: 200, so that an operator sees that the address is right.
pub(crate) async fn hello() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// `POST /zoom-webhook`: the signature decides which app it is for.
pub(crate) async fn any_app(
    State(front): State<Arc<Front>>,
    peer: Option<Extension<Peer>>,
    request: Request,
) -> Response {
    take(&front, None, peer, request).await
}

/// `POST /zoom-webhook/{app}`.
pub(crate) async fn one_app(
    State(front): State<Arc<Front>>,
    Path(app): Path<String>,
    peer: Option<Extension<Peer>>,
    request: Request,
) -> Response {
    take(&front, Some(&app), peer, request).await
}

/// What became of a webhook; both names are metric labels.
struct Outcome {
    event: &'static str,
    result: &'static str,
    /// The app that proved to be meant, and which of its secrets did.
    proof: Option<Proof>,
    response: Response,
}

impl Outcome {
    fn taken(event: &'static str, result: &'static str) -> Self {
        Self { event, result, proof: None, response: Json(json!({ "result": result })).into_response() }
    }

    fn refused(event: &'static str, result: &'static str, error: ApiError) -> Self {
        Self { event, result, proof: None, response: error.into_response() }
    }

    /// Not proven to be Zoom's; nothing more is said.
    fn not_from_zoom(result: &'static str) -> Self {
        Self::refused("unknown", result, ApiError::NotFromZoom)
    }

    fn proven(self, proof: &Proof) -> Self {
        Self { proof: Some(proof.clone()), ..self }
    }

    /// Whether it counts against the address that it came from: what Zoom signed never does.
    fn is_held_against(&self) -> bool {
        self.proof.is_none() && self.response.status().is_client_error()
    }
}

async fn take(front: &Arc<Front>, app: Option<&str>, peer: Option<Extension<Peer>>, request: Request) -> Response {
    let began = Instant::now();
    let peer = peer.map(|Extension(peer)| peer);
    let (head, body) = request.into_parts();
    let outcome = match body::read(&head.headers, body, &front.large_webhooks, front.limits.body).await {
        Ok(body) => judge(front, app, &head.headers, &body).await,
        Err(error) => {
            let result = if let ApiError::TooLarge { .. } = error { "too_large" } else { "unreadable" };
            Outcome::refused("unknown", result, error)
        }
    };
    // Only now: Zoom may come from the same address, which can be that of a proxy.
    let is_limited = outcome.is_held_against() && peer.is_some_and(|peer| front.refusals.is_spent(peer, began));
    let outcome = if is_limited { Outcome::refused("unknown", "limited", ApiError::TooMany) } else { outcome };
    measure::webhook(outcome.event, outcome.result, began);
    log(front, peer, &head.headers, &outcome);
    outcome.response
}

fn log(front: &Front, peer: Option<Peer>, headers: &HeaderMap, outcome: &Outcome) {
    let tracking = single(headers, "x-zm-trackingid").unwrap_or_default();
    let Outcome { event, result, .. } = *outcome;
    match &outcome.proof {
        Some(proof) => {
            let secret = if proof.generation == 0 { "current" } else { "previous" };
            tracing::info!(event, result, app = &*proof.app, secret, tracking, "a Zoom webhook was answered");
        }
        // Anybody can send these, so they are counted always and logged only for as long as they are few.
        None if front.refusals.note(peer.filter(|_| outcome.is_held_against()), Instant::now()) => {
            tracing::info!(event, result, tracking, "a Zoom webhook was answered");
        }
        None => {}
    }
}

/// Proof first, then meaning.
async fn judge(front: &Arc<Front>, app: Option<&str>, headers: &HeaderMap, body: &Bytes) -> Outcome {
    let tried = front.api.doors.tried(app);
    if !headers.contains_key("x-zm-signature") {
        return match tried.only_current().filter(|_| body.len() <= UNSIGNED_LIMIT_BYTES) {
            Some(secret) => match parse(body) {
                Ok(Notice::UrlValidation { plain_token }) => challenge(secret, &plain_token),
                _ => Outcome::not_from_zoom("bad_signature"),
            },
            None => Outcome::not_from_zoom("bad_signature"),
        };
    }
    let signed = SignedHeaders {
        signature: single(headers, "x-zm-signature"),
        timestamp: single(headers, "x-zm-request-timestamp"),
    };
    let now_unix_s = front.now_unix_s();
    let verified = match verify(&tried.secrets, &signed, body, now_unix_s) {
        Ok(verified) => verified,
        Err(WebhookError::Stale { age_s }) => {
            front.skew.note(age_s, now_unix_s);
            return Outcome::not_from_zoom("stale");
        }
        Err(_) => return Outcome::not_from_zoom("bad_signature"),
    };
    let (Some(proof), Some(secret)) = (tried.proof(verified.secret_index), tried.secrets.get(verified.secret_index))
    else {
        return Outcome::not_from_zoom("bad_signature");
    };
    let Some(app) = front.app(&proof.app) else { return Outcome::not_from_zoom("bad_signature") };
    front.skew.note(verified.age_s, now_unix_s);
    understand(front, app, secret, verified, body).await.proven(proof)
}

/// What Zoom says, and what is done about it.
async fn understand(
    front: &Arc<Front>,
    app: &AppConfig,
    secret: &Secret<String>,
    verified: Verified,
    body: &Bytes,
) -> Outcome {
    let news = match parse(body) {
        Err(error) => return Outcome::refused("unknown", "malformed", ApiError::WebhookUnreadable(error)),
        Ok(Notice::UrlValidation { plain_token }) => return challenge(secret, &plain_token),
        Ok(Notice::Concurrency(notice)) => {
            tracing::warn!(
                app = app.name,
                pressure = notice.pressure.name(),
                streams = notice.streams,
                limit = notice.limit,
                percent = notice.percent,
                "the Zoom account is at or near its limit of streams; beyond it Zoom starts none, so ask Zoom for more"
            );
            let event = match notice.pressure {
                Pressure::NearLimit => "concurrency_near_limit",
                Pressure::Refused => "concurrency_limited",
            };
            return Outcome::taken(event, "accepted");
        }
        Ok(Notice::RequestStatus { payload }) => {
            tracing::debug!(app = app.name, payload, "Zoom tells how a request for a stream went");
            return Outcome::taken("request_status", "accepted");
        }
        Ok(Notice::Other { .. }) => return Outcome::taken("other", "accepted"),
        Ok(Notice::Started(notice)) => News::Started(notice),
        Ok(Notice::Stopped(notice)) => News::Stopped(notice),
        Ok(Notice::Interrupted(notice)) => News::Interrupted(notice),
    };
    let event = news.name();
    let delivery = Delivery::new(app, body, verified, front.now_unix_ms());
    // On its own, so that what has begun is finished, with the wake-up that belongs to it, even if Zoom hangs up.
    let done = tokio::spawn(notices::keep(Arc::clone(front), app.clone(), news, delivery));
    match tokio::time::timeout(front.limits.patience, done).await {
        Ok(Ok(Ok("replayed"))) => Outcome::refused(event, "replayed", ApiError::NotFromZoom),
        Ok(Ok(Ok(result))) => {
            fail::fail_point!("api::recorded");
            Outcome::taken(event, result)
        }
        Ok(Ok(Err(CatalogError::Full { .. }))) => {
            Outcome::refused(event, "no_capacity", ApiError::NoCapacityYet(front.note_refused("zoom")))
        }
        Ok(Ok(Err(error))) => Outcome::refused(event, "unavailable", ApiError::Unavailable(error)),
        Ok(Err(_)) | Err(_) => Outcome::refused(event, "unavailable", ApiError::TooSlow),
    }
}

fn challenge(secret: &Secret<String>, plain_token: &str) -> Outcome {
    match answer_challenge(secret, plain_token) {
        Ok(json) => Outcome {
            event: "url_validation",
            result: "accepted",
            proof: None,
            response: (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], json).into_response(),
        },
        Err(error) => Outcome::refused("url_validation", "malformed", ApiError::WebhookUnreadable(error)),
    }
}

/// The value of a header that occurs exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

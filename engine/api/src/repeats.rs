//! Requests that come again with the same `Idempotency-Key` get the first answer again, whatever they ask to be done (recording-api §1.5).
//! What is remembered, and for how long, is in [`crate::idempotency`].

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use http_body_util::BodyExt;

use crate::{
    error::ApiError,
    front::Front,
    idempotency::{Answer, Known},
    keys::Caller,
};

/// Lets a request through that does something, unless it was done for its key before. A refusal is not remembered, so the same request
/// may be sent again.
pub(crate) async fn answer_again(
    State(front): State<Arc<Front>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Some((whose, key)) = claimed(&request) else { return Ok(next.run(request).await) };
    let claim = match front.idempotency.claim(&whose, &key, front.now_unix_ms()) {
        Known::Running => return Err(ApiError::StillRunning),
        Known::Answered(answer) => return Ok(respond(answer)),
        Known::New(claim) => claim,
    };
    let response = next.run(request).await;
    if !response.status().is_success() {
        return Ok(response);
    }
    let (head, body) = response.into_parts();
    let body = body.collect().await.map_err(|_| ApiError::BodyBroken)?.to_bytes();
    let answer = Answer { status: head.status, media_type: head.headers.get(header::CONTENT_TYPE).cloned(), body };
    claim.finish(&answer, front.now_unix_ms());
    Ok(Response::from_parts(head, Body::from(answer.body)))
}

/// Whose request it is and what it asks for, and its key; `None` if it changes nothing or has none.
fn claimed(request: &Request) -> Option<(String, String)> {
    let key = key(request.headers()).filter(|_| !request.method().is_safe())?;
    let Caller { name, project, scope } = request.extensions().get::<Caller>()?;
    let path = request.uri().path().trim_end_matches('/');
    Some((format!("{project} {name} {} {} {path}", scope.name(), request.method()), key.to_owned()))
}

fn key(headers: &HeaderMap) -> Option<&str> {
    headers.get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::trim).filter(|key| !key.is_empty())
}

fn respond(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = answer.status;
    if let Some(media_type) = answer.media_type {
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    }
    response
}

//! Has customers wait who ask for more than the operator allows (recording-api §11). How that is counted is in [`crate::rates`]. A request
//! that starts a capture is never counted: who is refused then loses a meeting. Neither are webhooks, downloads and live streams.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};

use crate::{error::ApiError, front::Front, keys::Caller, links::CAPTURES, rates::Class};

/// Lets a request through if its caller may make one more of its class.
pub(crate) async fn slow_down(
    State(front): State<Arc<Front>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if let Some(rates) = front.api.config.rates
        && let Some((class, whose)) = counted(&request)
    {
        let taken = front.rates.take(class, &whose, rates.of(class), front.now_unix_ms());
        taken.map_err(|seconds| ApiError::Throttled { seconds })?;
    }
    Ok(next.run(request).await)
}

/// As what a request is counted, and to whom; `None` of those that never are.
fn counted(request: &Request) -> Option<(Class, String)> {
    let template = request.extensions().get::<MatchedPath>()?.as_str().trim_end_matches('/');
    let Caller { name, project, .. } = request.extensions().get::<Caller>()?;
    if template.ends_with("/create_transcript") {
        return Some((Class::Transcripts, request.uri().path().trim_end_matches('/').to_owned()));
    }
    let is_create = request.method() == Method::POST && template == CAPTURES.trim_end_matches('/');
    let class = if template.contains('{') || !request.method().is_safe() { Class::Objects } else { Class::Lists };
    (!is_create).then(|| (class, format!("{project} {name}")))
}

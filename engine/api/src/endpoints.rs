//! `/api/v1/realtime_endpoint/`: whom the events of captures are sent to (recording-api §4.6, §5.3). They are made with their
//! capture and cannot be removed alone.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, Request, State},
    response::{IntoResponse, Response},
};
use dial::Protocol;
use hub::Wake;
use model::{Capture, Endpoint, EndpointId, EndpointWish, Transport};
use schema::{FieldErrors, object::endpoint as object};
use serde_json::json;

use crate::{
    captures::{held, labels, listed},
    error::ApiError,
    front::Front,
    keys::Caller,
    links,
    query::{PAGE, Query},
};

/// The statuses that a list can be narrowed to.
pub(crate) const STATUSES: [&str; 4] = ["running", "done", "failed", "deleted"];

/// One page of endpoints, newest first.
pub(crate) async fn list(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = Query::read(query.as_deref(), &caller, &STATUSES)?;
    let page = front.api.catalog.endpoints(&query.filter, query.from, PAGE).await.map_err(ApiError::Unavailable)?;
    Ok(listed(&front, links::REALTIME_ENDPOINTS, &query, page, |(endpoint, capture)| json!(object(capture, endpoint))))
}

/// One endpoint.
pub(crate) async fn one(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let (endpoint, capture) = find(&front, &caller, &id).await?;
    Ok(Json(object(&capture, &endpoint)).into_response())
}

/// Changes the labels of an endpoint, which what is sent to it from then on bears, and answers it.
pub(crate) async fn change(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let labels = labels(&front, request).await?;
    let (endpoint, _) = find(&front, &caller, &id).await?;
    if let Some(labels) = labels {
        front.api.catalog.label_endpoint(endpoint.id, labels).await.map_err(ApiError::Unavailable)?;
        front.api.hub.wake(Wake::Endpoints);
    }
    let (endpoint, capture) = find(&front, &caller, &id).await?;
    Ok(Json(object(&capture, &endpoint)).into_response())
}

/// Whether endpoints that are asked for may be dialled, as far as the text of their addresses tells: nothing is resolved, because a
/// meeting waits. What a name leads to is checked with each connection.
///
/// # Errors
/// The items that may not.
pub(crate) fn may_be_dialled(front: &Front, wishes: &[EndpointWish]) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::new();
    for (index, wish) in wishes.iter().enumerate() {
        let protocol = match wish.transport {
            Transport::Webhook => Protocol::Http,
            Transport::Websocket => Protocol::WebSocket,
            Transport::Rtmp => continue,
        };
        if let Err(error) = front.api.outward.check(wish.url.expose(), protocol) {
            errors.add(&["recording_config", "realtime_endpoints"], format!("Item {index}: {error}"));
        }
    }
    errors.or(())
}

/// The endpoint that an address names, with its capture.
async fn find(front: &Front, caller: &Caller, id: &str) -> Result<(Endpoint, Capture), ApiError> {
    let id: EndpointId = id.parse().map_err(|_| ApiError::NotFound)?;
    let found = front.api.catalog.endpoint(id).await.map_err(ApiError::Unavailable)?;
    let endpoint = found.ok_or(ApiError::NotFound)?;
    let capture = held(front, caller, endpoint.capture).await?;
    Ok((endpoint, capture))
}

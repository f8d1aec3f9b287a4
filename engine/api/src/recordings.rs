//! `/api/v1/recording/`: recordings by themselves (recording-api §5.1, §5.3). Further videos of one are in
//! [`crate::editions`].

use std::{collections::HashMap, sync::Arc};

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use model::{Capture, Endpoint, RecordingId};

use crate::{
    captures::{discard, labels, listed, own},
    error::ApiError,
    front::Front,
    keys::Caller,
    links::{self, RECORDINGS},
    query::{PAGE, Query},
};

/// The statuses that a list can be narrowed to.
pub(crate) const STATUSES: [&str; 5] = ["processing", "paused", "done", "failed", "deleted"];

/// One page of recordings, newest first.
pub(crate) async fn list(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = Query::read(query.as_deref(), &caller, &STATUSES)?;
    let page = front.api.catalog.recordings(&query.filter, query.from, PAGE).await.map_err(ApiError::Unavailable)?;
    let mut endpoints = HashMap::new();
    for capture in &page.items {
        endpoints.insert(capture.id, endpoints_of(&front, capture).await?);
    }
    let of = |capture: &Capture| endpoints.get(&capture.id).map_or(&[][..], Vec::as_slice);
    Ok(listed(&front, RECORDINGS, &query, page, |capture| links::recording(&front, capture, of(capture))))
}

/// One recording.
pub(crate) async fn one(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let (_, capture) = find(&front, &caller, &id).await?;
    let endpoints = endpoints_of(&front, &capture).await?;
    Ok(Json(links::recording(&front, &capture, &endpoints)).into_response())
}

/// Changes the labels of a recording, and answers it.
pub(crate) async fn change(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let labels = labels(&front, request).await?;
    let (recording, _) = find(&front, &caller, &id).await?;
    if let Some(labels) = labels {
        front.api.catalog.label_recording(recording, labels).await.map_err(ApiError::Unavailable)?;
    }
    let (_, capture) = find(&front, &caller, &id).await?;
    let endpoints = endpoints_of(&front, &capture).await?;
    Ok(Json(links::recording(&front, &capture, &endpoints)).into_response())
}

/// Deletes a recording with everything that was received and made of it; the object stays, and says so. What still runs is
/// stopped first.
pub(crate) async fn remove(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (_, capture) = find(&front, &caller, &id).await?;
    discard(&front, capture.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What remains known of what was deleted of a recording, our own addition.
pub(crate) async fn receipt(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let (recording, capture) = find(&front, &caller, &id).await?;
    let catalog = &front.api.catalog;
    let deletion = catalog.deletion(capture.id).await.map_err(ApiError::Unavailable)?;
    let files = catalog.deleted_files(recording).await.map_err(ApiError::Unavailable)?;
    Ok(Json(schema::object::receipt(recording, deletion.as_ref(), &files)).into_response())
}

/// Whom the events of a recording are sent to.
async fn endpoints_of(front: &Front, capture: &Capture) -> Result<Vec<Endpoint>, ApiError> {
    let Some(recording) = &capture.recording else { return Ok(Vec::new()) };
    front.api.catalog.endpoints_of_recording(recording.id).await.map_err(ApiError::Unavailable)
}

/// The recording that an address names, with the capture that it began with.
///
/// # Errors
/// [`ApiError::NotFound`] if the caller has none of that id.
pub(crate) async fn find(front: &Front, caller: &Caller, id: &str) -> Result<(RecordingId, Capture), ApiError> {
    let id: RecordingId = id.parse().map_err(|_| ApiError::NotFound)?;
    let found = front.api.catalog.capture_of_recording(id).await.map_err(ApiError::Unavailable)?;
    Ok((id, own(caller, found)?))
}

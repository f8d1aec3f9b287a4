//! `GET /api/v1/meeting_direct_connect/` and one of them (recording-api §1.6, §2.4). Creating one is in [`crate::create`].

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use catalog::{Page, PageKey};
use hub::Wake;
use model::{Capture, CaptureId, Command, Labels};
use schema::object::List;
use serde_json::Value;

use crate::{
    error::ApiError,
    front::Front,
    keys::Caller,
    links::{self, CAPTURES},
    query::{PAGE, Query},
};

/// The statuses that a list can be narrowed to.
pub(crate) const STATUSES: [&str; 6] =
    ["joining_call", "in_call_not_recording", "in_call_recording", "call_ended", "done", "fatal"];

/// One page of captures, newest first.
pub(crate) async fn list(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = Query::read(query.as_deref(), &caller, &STATUSES)?;
    let page = front.api.catalog.captures(&query.filter, query.from, PAGE).await.map_err(ApiError::Unavailable)?;
    Ok(listed(&front, CAPTURES, &query, page, |capture| links::object(&front, capture)))
}

/// One capture.
pub(crate) async fn one(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let capture = find(&front, &caller, &id).await?;
    Ok(Json(links::object(&front, &capture)).into_response())
}

/// Changes the labels of a capture, and answers it.
pub(crate) async fn change(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let labels = labels(&front, request).await?;
    let capture = find(&front, &caller, &id).await?;
    if let Some(labels) = labels {
        front.api.catalog.label_capture(capture.id, labels).await.map_err(ApiError::Unavailable)?;
    }
    Ok(Json(links::object(&front, &find(&front, &caller, &id).await?)).into_response())
}

/// Deletes everything that was received and made of a capture; the object stays, and says so.
pub(crate) async fn remove(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    discard(&front, find(&front, &caller, &id).await?.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// As [`remove`], and answers the object.
pub(crate) async fn delete_media(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    discard(&front, find(&front, &caller, &id).await?.id).await?;
    Ok(Json(links::object(&front, &find(&front, &caller, &id).await?)).into_response())
}

/// Ends the stream of a capture, and answers the object; 405 if it is over (recording-api §1.4).
pub(crate) async fn leave_call(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let capture = find(&front, &caller, &id).await?;
    if !front.api.catalog.enqueue(capture.id, Command::Stop).await.map_err(ApiError::Unavailable)? {
        return Err(ApiError::CommandTooLate);
    }
    front.api.hub.wake(Wake::Commands(capture.id));
    Ok(Json(links::object(&front, &capture)).into_response())
}

/// Deletes the recording of a capture, and wakes whoever has to do with it.
pub(crate) async fn discard(front: &Front, capture: CaptureId) -> Result<(), ApiError> {
    let running = front.api.catalog.discard(capture, front.now_unix_ms()).await.map_err(ApiError::Unavailable)?;
    for capture in running {
        front.api.hub.wake(Wake::Commands(capture));
    }
    front.api.hub.wake(Wake::Renders);
    Ok(())
}

/// One page as it is answered.
pub(crate) fn listed<T>(
    front: &Front,
    path: &str,
    query: &Query,
    page: Page<T>,
    tell: impl FnMut(&T) -> Value,
) -> Response {
    let address = |key: PageKey| links::page(front, path, &query.at("cursor", &key.to_string()));
    let results = page.items.iter().map(tell).collect();
    Json(List { next: page.next.map(address), previous: page.previous.map(address), results }).into_response()
}

/// The labels that a PATCH puts in place of the old ones, if it does.
pub(crate) async fn labels(front: &Front, request: Request) -> Result<Option<Labels>, ApiError> {
    let body = front.wish(request).await?;
    Ok(schema::request::labels(&body)?)
}

/// The capture that an address names.
///
/// # Errors
/// [`ApiError::NotFound`] if the caller has none of that id, whether or not the text is an id at all.
pub(crate) async fn find(front: &Front, caller: &Caller, id: &str) -> Result<Capture, ApiError> {
    held(front, caller, id.parse().map_err(|_| ApiError::NotFound)?).await
}

/// The capture of an object that the caller asks for.
///
/// # Errors
/// [`ApiError::NotFound`] if it is another project's.
pub(crate) async fn held(front: &Front, caller: &Caller, id: CaptureId) -> Result<Capture, ApiError> {
    own(caller, front.api.catalog.capture(id).await.map_err(ApiError::Unavailable)?)
}

/// A capture that was found, if the caller may know of it.
///
/// # Errors
/// [`ApiError::NotFound`] if it is another project's, or there is none.
pub(crate) fn own(caller: &Caller, found: Option<Capture>) -> Result<Capture, ApiError> {
    found.filter(|capture| capture.project == caller.project).ok_or(ApiError::NotFound)
}

//! `GET /api/v1/meeting_direct_connect/` and one of them (recording-api §1.6, §2.4). Creating one is in [`crate::create`].

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Response},
};
use catalog::{Filter, PageKey};
use model::{Capture, CaptureId};
use schema::object::List;

use crate::{error::ApiError, front::Front, keys::Caller, links};

/// How many objects a page holds.
const PAGE: u32 = 50;

/// One page of captures, newest first.
pub(crate) async fn list(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let from = match parameter(query.as_deref(), "cursor") {
        Some(cursor) => Some(cursor.parse::<PageKey>().map_err(|_| ApiError::BadCursor)?),
        None => None,
    };
    let filter = Filter { project: Some(caller.project), ..Filter::default() };
    let page = front.api.catalog.captures(&filter, from, PAGE).await.map_err(ApiError::Unavailable)?;
    let address = |key: PageKey| links::list_page(&front, &key.to_string());
    let results = page.items.iter().map(|capture| links::object(&front, capture)).collect();
    Ok(Json(List { next: page.next.map(address), previous: page.previous.map(address), results }).into_response())
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

/// The capture that an address names.
///
/// # Errors
/// [`ApiError::NotFound`] if the caller has none of that id, whether or not the text is an id at all.
pub(crate) async fn find(front: &Front, caller: &Caller, id: &str) -> Result<Capture, ApiError> {
    let id: CaptureId = id.parse().map_err(|_| ApiError::NotFound)?;
    let found = front.api.catalog.capture(id).await.map_err(ApiError::Unavailable)?;
    found.filter(|capture| capture.project == caller.project).ok_or(ApiError::NotFound)
}

/// The value of a query parameter that needs no decoding, as every cursor does; `None` if it is absent or empty.
pub(crate) fn parameter<'a>(query: Option<&'a str>, name: &str) -> Option<&'a str> {
    let pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).find(|value| !value.is_empty())
}

//! `/api/v1/bot/`: captures in the shape of bots (recording-api §12), so that clients which fetch a bot when they are told of
//! one find it. What is done to one is done to the capture of the same id, in [`crate::captures`].

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    captures::{self, find},
    error::ApiError,
    front::Front,
    keys::Caller,
    links::{self, BOTS},
    query::{PAGE, Query},
};

/// The platforms whose captures there are; a list that is narrowed to others is empty.
const PLATFORM: &str = "zoom_rtms";

/// One page of bots, newest first, by its number.
pub(crate) async fn list(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = Query::read(query.as_deref(), &caller, &captures::STATUSES)?;
    let number: u32 = match query.parameter("page") {
        Some(number) => number.parse().ok().filter(|number| *number > 0).ok_or(ApiError::NotFound)?,
        None => 1,
    };
    if query.parameter("platform").is_some_and(|platform| platform != PLATFORM) {
        return Ok(Json(json!({ "count": 0, "next": null, "previous": null, "results": [] })).into_response());
    }
    let query = query.without("page");
    let catalog = &front.api.catalog;
    let (count, found) = catalog.captures_at(&query.filter, number - 1, PAGE).await.map_err(ApiError::Unavailable)?;
    if found.is_empty() && number > 1 {
        return Err(ApiError::NotFound);
    }
    let page = |number: u32| links::page(&front, BOTS, &query.at("page", &number.to_string()));
    let is_last = u64::from(number) * u64::from(PAGE) >= count;
    let answer = json!({
        "count": count,
        "next": (!is_last).then(|| page(number + 1)),
        "previous": (number > 1).then(|| page(number - 1)),
        "results": found.iter().map(|capture| links::bot(&front, capture)).collect::<Vec<_>>(),
    });
    Ok(Json(answer).into_response())
}

/// One bot.
pub(crate) async fn one(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let capture = find(&front, &caller, &id).await?;
    Ok(Json(links::bot(&front, &capture)).into_response())
}

/// A bot can be deleted as long as it has not started (recording-api §2.2); a capture starts when it is created. Clients that call off
/// what they planned, and do not look at the answer, must not lose a recording by it.
pub(crate) async fn keep(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    find(&front, &caller, &id).await?;
    Err(ApiError::BotStarted)
}

/// Nothing joins a meeting as a guest.
pub(crate) async fn refuse() -> ApiError {
    ApiError::NoBots
}

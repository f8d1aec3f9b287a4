//! `GET /api/v1/meeting_direct_connect/{id}/events`: what happens in a meeting, as Server-Sent Events. The same over a WebSocket is in
//! [`crate::stream`]. The order of events and the seam between replay and live are in [`crate::feed`], where they are read from in
//! the crate `feed`.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderName, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use model::Cursor;
use schema::event::EventFilter;
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use crate::{
    captures::find,
    error::ApiError,
    feed::{Feed, Wanted},
    front::Front,
    keys::Caller,
    parameters::Parameters,
};

/// How long a silent stream goes without a sign of life.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// That sign: a comment, which readers pass over.
const SIGN: &[u8] = b": keep-alive\n\n";

/// A feed that begins where the `Last-Event-ID` header or the `cursor` parameter says and tells what `events` names, with its place among
/// the answers that last.
pub(crate) async fn begin(
    front: &Front,
    caller: &Caller,
    id: &str,
    query: Option<&str>,
    headers: &HeaderMap,
) -> Result<(Feed, OwnedSemaphorePermit), ApiError> {
    let parameters = Parameters::read(query);
    let header = match headers.get("last-event-id") {
        Some(value) => Some(value.to_str().map_err(|_| ApiError::BadCursor)?),
        None => None,
    };
    let from = match header.filter(|cursor| !cursor.is_empty()) {
        Some(cursor) => Some(cursor.parse::<Cursor>().map_err(|_| ApiError::BadCursor)?),
        None => parameters.parsed::<Cursor>("cursor").map_err(|_| ApiError::BadCursor)?,
    };
    let filter = parameters.value("events").map(EventFilter::parse).transpose()?.unwrap_or_default();
    let capture = find(front, caller, id).await?;
    let place = front.lasting()?;
    let (catalog, hub) = (front.api.catalog.clone(), front.api.hub.clone());
    let shared = front.shared.of(capture.id);
    let wanted = Wanted { from, filter, has_alias: front.api.config.bot_alias, shared };
    let feed = Feed::new(catalog, hub, &capture, wanted, front.limits.look_every);
    Ok((feed.ok_or(ApiError::CursorGone)?, place))
}

/// Replays what comes after a cursor, then goes on live, and ends after the terminal status, or earlier when the daemon stops.
pub(crate) async fn events(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let begun = begin(&front, &caller, &id, query.as_deref(), &headers).await?;
    let frames = stream::unfold(begun, async |(mut feed, place)| {
        let frame = match timeout(KEEP_ALIVE, feed.next()).await {
            Ok(said) => {
                fail::fail_point!("api::telling");
                said.ok()?.frame()
            }
            Err(_) => Bytes::from_static(SIGN),
        };
        Some((Ok::<_, Infallible>(frame), (feed, place)))
    });
    // The reader comes back with its cursor, and finds the next process.
    let body = Body::from_stream(frames.take_until(front.api.closing.closed()));
    let head = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((head, body).into_response())
}

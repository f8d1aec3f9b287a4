//! `GET /api/v1/meeting_direct_connect/{id}/events`: what happens in a meeting, as Server-Sent Events. The order of events
//! and the seam between replay and live are in [`crate::feed`], where they are read from in the
//! crate `feed`.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::{
        IntoResponse, Response, Sse,
        sse::{self, KeepAlive},
    },
};
use futures_util::{StreamExt, stream};
use model::Cursor;
use schema::event::Told;

use crate::{
    captures::{find, parameter},
    error::ApiError,
    feed::Feed,
    front::Front,
    keys::Caller,
};

/// How long a silent stream goes without a comment.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Replays what comes after the `Last-Event-ID` header or the `cursor` parameter, then goes on live, and ends after the
/// terminal status, or earlier when the daemon stops.
pub(crate) async fn events(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let header = match headers.get("last-event-id") {
        Some(value) => Some(value.to_str().map_err(|_| ApiError::BadCursor)?),
        None => None,
    };
    let from = match header.filter(|cursor| !cursor.is_empty()).or_else(|| parameter(query.as_deref(), "cursor")) {
        Some(cursor) => Some(cursor.parse::<Cursor>().map_err(|_| ApiError::BadCursor)?),
        None => None,
    };
    let capture = find(&front, &caller, &id).await?;
    let place = front.lasting()?;
    let (catalog, hub) = (front.api.catalog.clone(), front.api.hub.clone());
    let feed = Feed::new(catalog, hub, &capture, from, front.limits.look_every).ok_or(ApiError::CursorGone)?;
    let events = stream::unfold((feed, place), async |(mut feed, place)| {
        let told = feed.next().await?;
        fail::fail_point!("api::telling");
        Some((Ok::<_, Infallible>(sent(told)), (feed, place)))
    });
    // The reader comes back with its cursor, and finds the next process.
    let events = events.take_until(front.api.closing.closed());
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE).text("keep-alive"));
    Ok(([("x-accel-buffering", "no")], stream).into_response())
}

fn sent(told: Told) -> sse::Event {
    let event = sse::Event::default().event(told.event).data(told.json);
    match told.cursor {
        Some(cursor) => event.id(cursor.to_string()),
        None => event,
    }
}

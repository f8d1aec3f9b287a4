//! `GET /api/v1/capacity/`, our own addition: how much more this host can take, for whoever decides where the next meetings go.
//! It tells of the captures of all projects, so only administrators get here. How it is found out is the business of `capacity`.

use std::sync::Arc;

use axum::{Json, extract::State};
use schema::object::{CapacityObject, capacity as object};

use crate::{error::ApiError, front::Front};

/// What there is room for.
pub(crate) async fn capacity(State(front): State<Arc<Front>>) -> Result<Json<CapacityObject>, ApiError> {
    let (hub, capacity) = (&front.api.hub, front.api.hub.capacity());
    let running = u32::try_from(hub.live_captures()).unwrap_or(u32::MAX);
    let open = front.api.catalog.open_captures().await.map_err(ApiError::Unavailable)?;
    Ok(Json(object(running, open, capacity.room(), capacity.space(), capacity.load())))
}

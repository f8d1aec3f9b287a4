//! Whether this process lives, whether it can take a capture, and its metrics.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use model::Space;
use serde_json::json;

use crate::{error::lacking, front::Front};

/// `GET /health/live`: 200 as long as requests are answered at all.
pub(crate) async fn live() -> Response {
    Json(json!({ "status": "live" })).into_response()
}

/// `GET /health/ready`: 200 if a new capture could be begun and made durable, 503 otherwise: `not_ready` where nothing can be
/// made durable, `draining` where the daemon stops, `full` where there is no room for one more. `degraded` says what an operator should look after.
pub(crate) async fn ready(State(front): State<Arc<Front>>) -> Response {
    let refuses = |status: &str, reason: &str| {
        let body = json!({ "status": status, "reasons": [reason] });
        (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
    };
    if front.api.closing.is_draining() {
        return refuses("draining", "the daemon is stopping; what arrives is kept for its next start");
    }
    if !front.api.catalog.healthy().await {
        return refuses("not_ready", "the catalogue cannot commit");
    }
    let capacity = front.api.hub.capacity();
    if !front.api.catalog.has_room_for_capture().await.unwrap_or(false) {
        return refuses("full", lacking(capacity.room().shortage));
    }
    let low = (capacity.space() >= Space::Low).then(|| "the data volume runs low".to_owned());
    let refusing = refused(front.api.hub.refused_logs());
    let reasons: Vec<String> = front.skew.complaint().into_iter().chain(low).chain(refusing).collect();
    if reasons.is_empty() {
        return Json(json!({ "status": "ready" })).into_response();
    }
    Json(json!({ "status": "degraded", "reasons": reasons })).into_response()
}

/// What there is to say of captures whose logs the disk refuses.
fn refused(logs: usize) -> Option<String> {
    (logs > 0).then(|| {
        format!("the disk refuses the logs of {logs} captures, whose media waits in memory; check space, permissions and health of that volume")
    })
}

/// `GET /metrics`: the metrics of this process in Prometheus' text format.
pub(crate) async fn metrics(State(front): State<Arc<Front>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], front.api.metrics.render()).into_response()
}

//! Whether this process lives, whether it can take a capture, and its metrics.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::front::Front;

/// `GET /health/live`: 200 as long as requests are answered at all.
pub(crate) async fn live() -> Response {
    Json(json!({ "status": "live" })).into_response()
}

/// `GET /health/ready`: 200 if a new capture could be made durable, 503 otherwise. `degraded` says what an
/// operator should look after.
pub(crate) async fn ready(State(front): State<Arc<Front>>) -> Response {
    if front.api.catalog.healthy().await {
        match front.skew.complaint() {
            None => Json(json!({ "status": "ready" })).into_response(),
            Some(reason) => Json(json!({ "status": "degraded", "reasons": [reason] })).into_response(),
        }
    } else {
        let body = json!({ "status": "not_ready", "reasons": ["the catalogue cannot commit"] });
        (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
    }
}

/// `GET /metrics`: the metrics of this process in Prometheus' text format.
pub(crate) async fn metrics(State(front): State<Arc<Front>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], front.api.metrics.render()).into_response()
}

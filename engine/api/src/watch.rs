//! `POST /api/v1/meeting_direct_connect/{id}/watch/`, our own addition: whose camera is received, where the app receives one
//! participant's at a time. The platform's machine subscribes; what it makes of the wish is its business.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use hub::Wake;
use model::{Command, ParticipantId};
use schema::FieldErrors;
use serde_json::{Value, json};

use crate::{captures::find, error::ApiError, front::Front, keys::Caller};

/// Hands the wish to the capture's owner: 202, or 409 if the capture is over.
pub(crate) async fn watch(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let body = front.wish(request).await?;
    let participant = wished(&body)?;
    let capture = find(&front, &caller, &id).await?.id;
    let command = Command::Watch { participant };
    if !front.api.catalog.enqueue(capture, command).await.map_err(ApiError::Unavailable)? {
        return Err(ApiError::CaptureOver);
    }
    front.api.hub.wake(Wake::Commands(capture));
    let answer = json!({ "participant_id": participant.map(|id| id.0) });
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

/// `{"participant_id": 16778240}`, or null to leave the choice to us.
fn wished(body: &[u8]) -> Result<Option<ParticipantId>, FieldErrors> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| FieldErrors::one(&["non_field_errors"], format!("This is not JSON: {error}.")))?;
    match value.get("participant_id") {
        Some(Value::Null) => Ok(None),
        Some(Value::Number(id)) if id.is_i64() => Ok(id.as_i64().map(ParticipantId)),
        Some(_) => Err(FieldErrors::one(&["participant_id"], "This must be a participant's number, or null.")),
        None => Err(FieldErrors::one(&["participant_id"], "This field is required.")),
    }
}

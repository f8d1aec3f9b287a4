//! `POST /api/v1/meeting_direct_connect/{id}/pause_recording/` and its like: what of a capture is recorded (recording-api §2.2, §2.5).
//! A stream has one recording, so that one which is stopped and started again goes on, as one does that is paused and resumed. Who obeys
//! is in `ingest`.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use hub::Wake;

use crate::{captures::find, error::ApiError, front::Front, keys::Caller, links};

/// What can be asked, and whether nothing is recorded from then on.
pub(crate) const VERBS: [(&str, IsWithheld); 4] = [
    ("pause_recording", IsWithheld(true)),
    ("resume_recording", IsWithheld(false)),
    ("start_recording", IsWithheld(false)),
    ("stop_recording", IsWithheld(true)),
];

/// Whether nothing is to be recorded; stands in the extensions of requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IsWithheld(bool);

/// Hands the wish to the capture's owner, and answers the object; 405 if the capture is over (recording-api §1.4).
pub(crate) async fn pause(
    State(front): State<Arc<Front>>,
    Extension(caller): Extension<Caller>,
    Extension(IsWithheld(is_withheld)): Extension<IsWithheld>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let capture = find(&front, &caller, &id).await?;
    if !front.api.catalog.withhold(capture.id, is_withheld).await.map_err(ApiError::Unavailable)? {
        return Err(ApiError::CommandTooLate);
    }
    front.api.hub.wake(Wake::Commands(capture.id));
    Ok(Json(links::object(&front, &capture)).into_response())
}

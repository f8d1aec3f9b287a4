//! What a recording says of whether it is recorded, which follows the status of its captures. What the customer wants is in `withheld`.

use model::{CaptureId, CaptureStatus, RecordingState};
use sqlx::SqliteConnection;

use crate::{CatalogError, column::id_bytes};

/// Has the recording of a capture say whether it is recorded, once the capture came to a status. One that shares the recording and has
/// no media in it changes nothing.
pub(crate) async fn reflect(
    db: &mut SqliteConnection,
    capture: CaptureId,
    status: CaptureStatus,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    let (from, to) = match status {
        CaptureStatus::InCallNotRecording => (RecordingState::Processing, RecordingState::Paused),
        CaptureStatus::JoiningCall
        | CaptureStatus::InCallRecording
        | CaptureStatus::CallEnded
        | CaptureStatus::Done
        | CaptureStatus::Fatal => (RecordingState::Paused, RecordingState::Processing),
    };
    sqlx::query(
        "UPDATE recording SET state = ?, updated_at_unix_ms = ? WHERE state = ? AND id = (
             SELECT coalesce(joins, recording_id) FROM capture WHERE capture.id = ? AND recorded)",
    )
    .bind(to.code())
    .bind(now_unix_ms)
    .bind(from.code())
    .bind(id_bytes(capture.uuid()))
    .execute(db)
    .await?;
    Ok(())
}

//! What it means for the end of a capture that its start came late (fault matrix D2): it is tried once all the same, and if
//! nobody is there any more, that is why. How captures end otherwise is in `work`.

use model::{CaptureId, CaptureStatus};
use sqlx::{Row, SqliteConnection};

use crate::{
    CatalogError,
    column::{id_bytes, read_name},
};

/// How much later than it was sent a start may arrive, in milliseconds: the platform waits a minute for somebody to join
/// (protocol §1.3), and 5 s are its notice's way here.
const LATE_MS: i64 = 65_000;

/// How it shows that nobody is there any more: the stream is unknown, or its server is gone, silent or hangs up. Everything
/// else is wrong at any time, and is not to be hidden by a start that came late as well.
const NOBODY_THERE: [&str; 11] = [
    "zoom_rtms_invalid_stream_id",
    "zoom_rtms_connection_timeout",
    "zoom_rtms_handshake_timeout",
    "zoom_rtms_signaling_timeout",
    "zoom_rtms_media_timeout",
    "zoom_rtms_closed_by_peer",
    "zoom_rtms_silent",
    "connection_broken",
    "connect_failed",
    "connect_timeout",
    "websocket_refused",
];

/// The sentence on a capture that failed because its start came late: it never joined its stream, and by `code` nobody was
/// there. `None` for every other.
pub(crate) async fn excuse(
    db: &mut SqliteConnection,
    capture: CaptureId,
    code: &str,
    message: Option<&str>,
) -> Result<Option<String>, CatalogError> {
    if !NOBODY_THERE.contains(&code) {
        return Ok(None);
    }
    let row = sqlx::query("SELECT status, recorded, notice_unix_ms, created_at_unix_ms FROM capture WHERE id = ?")
        .bind(id_bytes(capture.uuid()))
        .fetch_optional(db)
        .await?
        .ok_or(CatalogError::UnknownCapture(capture))?;
    let has_joined = read_name::<CaptureStatus>(&row, "status")? != CaptureStatus::JoiningCall
        || row.try_get::<i64, _>("recorded")? > 0;
    let sent_unix_ms: i64 = row.try_get("notice_unix_ms")?;
    let delay_ms = row.try_get::<i64, _>("created_at_unix_ms")?.saturating_sub(sent_unix_ms);
    let is_late = sent_unix_ms > 0 && delay_ms > LATE_MS;
    if has_joined || !is_late {
        return Ok(None);
    }
    let delay_s = delay_ms / 1_000;
    let answer = message.map(|message| format!(" {message}")).unwrap_or_default();
    Ok(Some(format!("The start arrived {delay_s} s after the platform sent it, too late to join ({code}).{answer}")))
}

#[cfg(test)]
mod tests;

//! Which captures share a recording: those of one stream, and those of one app in one meeting on behalf of one user, because
//! a stream that was stopped and started again has a new id (protocol §2.6). What a recording holds is in `artifacts`.

use model::{CaptureId, CaptureStatus, NewCapture, RecordingId, StreamRef};
use sqlx::SqliteConnection;

use crate::{
    Catalog, CatalogError,
    column::{id_bytes, read_id, read_name, read_number},
};

/// One of the captures that share a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) capture: CaptureId,
    pub(crate) status: CaptureStatus,
    /// Whether media of it was received.
    pub(crate) recorded: bool,
}

impl Member {
    /// Whether its stream is over.
    pub(crate) fn is_over(self) -> bool {
        self.status >= CaptureStatus::CallEnded
    }
}

/// Finds what [`to_join`] answers.
const TO_JOIN: &str = "SELECT coalesce(joins, recording_id) AS shared FROM capture
     WHERE app = ? AND meeting_uuid = ? AND operator = ? AND project = ?
         AND NOT EXISTS (SELECT 1 FROM recording
                         WHERE recording.id = coalesce(joins, recording_id) AND recording.state = 'deleted')
         AND NOT EXISTS (SELECT 1 FROM audit WHERE audit.capture = capture.id)
         AND NOT EXISTS (SELECT 1 FROM command WHERE command.capture = capture.id AND command.kind = 'revoked')
         AND stored AND log_removed_at_unix_ms IS NULL AND NOT unwanted
     ORDER BY created_at_unix_ms, id LIMIT 1";

/// Finds what [`is_after_unstored`] answers.
const UNSTORED: &str = "SELECT 1 FROM capture WHERE meeting_uuid = ? AND app = ? AND NOT stored LIMIT 1";

/// Finds what [`members`] answers.
const MEMBERS: &str = "SELECT id, status, recorded FROM capture WHERE coalesce(joins, recording_id) = ?
     ORDER BY created_at_unix_ms, id";

/// Counts what [`Catalog::restarts_since`] answers. Where nothing is stored, the user is forgotten when the capture ends; whatever
/// begins after that counts as its restart.
const RESTARTS: &str = "SELECT count(*) AS restarts FROM capture AS this JOIN capture AS later
         ON later.meeting_uuid = this.meeting_uuid AND later.app = this.app
     WHERE this.id = ? AND later.created_at_unix_ms > ?
         AND EXISTS (SELECT 1 FROM capture AS earlier
                     WHERE earlier.meeting_uuid = later.meeting_uuid AND earlier.app = later.app
                         AND iif(earlier.stored, earlier.operator IS later.operator,
                                 earlier.ended_at_unix_ms <= later.created_at_unix_ms)
                         AND (earlier.created_at_unix_ms, earlier.id) < (later.created_at_unix_ms, later.id))
         AND NOT EXISTS (SELECT 1 FROM capture AS same
                         WHERE same.meeting_uuid = later.meeting_uuid AND same.stream_id = later.stream_id
                             AND same.notice_unix_ms < later.notice_unix_ms)";

/// What the plans are checked of.
#[cfg(test)]
pub(crate) const STATEMENTS: [&str; 4] = [TO_JOIN, UNSTORED, MEMBERS, RESTARTS];

impl Catalog {
    /// How often a stream of the same app in the same meeting as that of `capture` was started anew since a moment: not
    /// counted are those with which the app began, nor further captures of a stream that broke off.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn restarts_since(&self, capture: CaptureId, since_unix_ms: i64) -> Result<u64, CatalogError> {
        let row = sqlx::query(RESTARTS)
            .bind(id_bytes(capture.uuid()))
            .bind(since_unix_ms)
            .fetch_one(&mut *self.read().await?)
            .await?;
        read_number(&row, "restarts")
    }
}

/// The recording of an earlier capture that a new one goes on with. Where nobody says on whose behalf a stream runs, it
/// stands for itself; so does one that begins after consent for the earlier one was withdrawn, or after the earlier one's log
/// was given up, without which both cannot be rendered together. One of which nothing is stored neither joins nor is joined.
pub(crate) async fn to_join(db: &mut SqliteConnection, new: &NewCapture) -> Result<Option<RecordingId>, CatalogError> {
    if !new.config.retention.stores() {
        return Ok(None);
    }
    let row = sqlx::query(TO_JOIN)
        .bind(&new.stream.app)
        .bind(&new.stream.meeting_uuid)
        .bind(&new.operator)
        .bind(new.project.name())
        .fetch_optional(db)
        .await?;
    row.map(|row| read_id(&row, "shared")).transpose()
}

/// Whether nothing was to be stored of an earlier stream of the same app in the same meeting. On whose behalf it ran does not
/// matter: that is forgotten with its end, and no customer says it.
pub(crate) async fn is_after_unstored(db: &mut SqliteConnection, stream: &StreamRef) -> Result<bool, CatalogError> {
    let row = sqlx::query(UNSTORED).bind(&stream.meeting_uuid).bind(&stream.app).fetch_optional(db).await?;
    Ok(row.is_some())
}

/// The recording that a capture's media belongs to, whether there is any yet or not.
pub(crate) async fn recording(db: &mut SqliteConnection, capture: CaptureId) -> Result<RecordingId, CatalogError> {
    let row = sqlx::query("SELECT coalesce(joins, recording_id) AS shared FROM capture WHERE id = ?")
        .bind(id_bytes(capture.uuid()))
        .fetch_optional(db)
        .await?
        .ok_or(CatalogError::UnknownCapture(capture))?;
    read_id(&row, "shared")
}

/// Every capture of a recording, in the order in which they came in.
pub(crate) async fn members(db: &mut SqliteConnection, recording: RecordingId) -> Result<Vec<Member>, CatalogError> {
    let rows = sqlx::query(MEMBERS).bind(id_bytes(recording.uuid())).fetch_all(db).await?;
    let member = |row| {
        Ok(Member {
            capture: read_id(row, "id")?,
            status: read_name(row, "status")?,
            recorded: read_number::<u8>(row, "recorded")? > 0,
        })
    };
    rows.iter().map(member).collect()
}

#[cfg(test)]
mod tests;

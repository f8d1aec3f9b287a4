//! How long content is kept: when a recording's time is over, and when its capture logs are no longer needed. How
//! long that is for a capture is written down in `captures` when it ends, what deleting means for the rows is in `purge`; whether this machine's clock may be believed is the studio's business.

use model::CaptureId;
use sqlx::SqliteConnection;

use crate::{
    Catalog, CatalogError,
    column::{id_bytes, read_id},
    jobs, linked, purge,
    reason::Reason,
};

/// Finds a capture of a recording whose time is over: each of its captures ended, and the one that is kept the longest need
/// not be kept any more.
const EXPIRING: &str = "SELECT due.id FROM capture AS due INDEXED BY capture_to_expire
     WHERE due.expires_at_unix_ms <= ? AND NOT due.erased
         AND NOT EXISTS (
             SELECT 1 FROM capture AS member
             WHERE coalesce(member.joins, member.recording_id) = coalesce(due.joins, due.recording_id)
                 AND (member.expires_at_unix_ms IS NULL OR member.expires_at_unix_ms > ?))
     ORDER BY due.expires_at_unix_ms, due.id LIMIT 1";

/// Finds a capture of a recording whose logs are no longer needed: each of its captures came to its end, nothing of it is to be
/// rendered, and all that was asked for was made, by a render that did not fail; a further edition may have failed. A recording without media has none to make.
const FINISHED: &str = "SELECT due.id FROM capture AS due INDEXED BY capture_with_log
     WHERE due.stored AND due.log_removed_at_unix_ms IS NULL AND due.ended_at_unix_ms <= ?
         AND NOT EXISTS (
             SELECT 1 FROM capture AS member
             WHERE coalesce(member.joins, member.recording_id) = coalesce(due.joins, due.recording_id)
                 AND (member.status NOT IN ('done', 'fatal') OR member.ended_at_unix_ms > ?))
         AND NOT EXISTS (
             SELECT 1 FROM recording
             WHERE recording.id = coalesce(due.joins, due.recording_id)
                 AND (recording.state <> 'done' OR recording.updated_at_unix_ms > ?))
         AND NOT EXISTS (
             SELECT 1 FROM artifact
             WHERE artifact.recording = coalesce(due.joins, due.recording_id)
                 AND (artifact.state = 'processing' OR artifact.stale
                     OR artifact.edition IS NULL AND artifact.state <> 'deleted'
                         AND (artifact.state <> 'done' OR artifact.sub_code IS NOT NULL)))
         AND NOT EXISTS (
             SELECT 1 FROM job JOIN capture AS other ON other.id = job.capture
             WHERE coalesce(other.joins, other.recording_id) = coalesce(due.joins, due.recording_id)
                 AND job.kind = 'render' AND job.state IN ('queued', 'claimed'))
     ORDER BY due.ended_at_unix_ms, due.id LIMIT 1";

/// What the plans are checked of.
#[cfg(test)]
pub(crate) const STATEMENTS: [&str; 2] = [EXPIRING, FINISHED];

impl Catalog {
    /// Deletes one recording whose time is over by `now_unix_ms`, as far as rows tell of it, and queues the purge of its files.
    /// False, and without effect, if there is none. A recording that still grows, or that somebody wants for ever, is none.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn expire(&self, now_unix_ms: i64) -> Result<bool, CatalogError> {
        if expiring(&mut *self.read().await?, now_unix_ms).await?.is_none() {
            return Ok(false);
        }
        self.write(move |db| {
            Box::pin(async move {
                match expiring(db, now_unix_ms).await? {
                    Some(capture) => purge::delete(db, capture, Reason::Expired, now_unix_ms).await,
                    None => Ok(false),
                }
            })
        })
        .await
    }

    /// Gives up the capture logs of one recording that was finished by `finished_by_unix_ms`, and queues the purge of their
    /// files. From then on nothing joins the recording, and it is never rendered again. False, and without effect, if there is
    /// none: of a recording of which anything is still to be made, or could not be made, the logs are kept.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn give_up_logs(&self, finished_by_unix_ms: i64, now_unix_ms: i64) -> Result<bool, CatalogError> {
        if finished(&mut *self.read().await?, finished_by_unix_ms).await?.is_none() {
            return Ok(false);
        }
        self.write(move |db| {
            Box::pin(async move {
                let Some(capture) = finished(db, finished_by_unix_ms).await? else { return Ok(false) };
                let recording = linked::recording(db, capture).await?;
                sqlx::query(
                    "UPDATE capture SET log_removed_at_unix_ms = ?
                     WHERE coalesce(joins, recording_id) = ? AND log_removed_at_unix_ms IS NULL",
                )
                .bind(now_unix_ms)
                .bind(id_bytes(recording.uuid()))
                .execute(&mut *db)
                .await?;
                jobs::queue(db, jobs::Kind::PurgeLogs, capture, now_unix_ms).await?;
                Ok(true)
            })
        })
        .await
    }
}

async fn expiring(db: &mut SqliteConnection, now_unix_ms: i64) -> Result<Option<CaptureId>, CatalogError> {
    let row = sqlx::query(EXPIRING).bind(now_unix_ms).bind(now_unix_ms).fetch_optional(db).await?;
    row.map(|row| read_id(&row, "id")).transpose()
}

async fn finished(db: &mut SqliteConnection, by_unix_ms: i64) -> Result<Option<CaptureId>, CatalogError> {
    let row = sqlx::query(FINISHED).bind(by_unix_ms).bind(by_unix_ms).bind(by_unix_ms).fetch_optional(db).await?;
    row.map(|row| read_id(&row, "id")).transpose()
}

#[cfg(test)]
mod tests;

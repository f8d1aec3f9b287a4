//! Captures that an owner let go of before they were over, because its process ended or it broke: what is known of them, and
//! how often they crashed. In which order they are taken up again, and when no more, is decided in `ingest`; claiming one is in
//! `work`.

use model::{CaptureId, Epoch};
use sqlx::{Row, SqliteConnection};

use crate::{
    Catalog, CatalogError,
    column::{id_bytes, read_id, read_number},
    jobs,
};

/// Finds what [`Catalog::left_behind`] answers.
const LEFT: &str = "SELECT capture.id, capture.app, capture.epoch, capture.stored,
         (SELECT max(at_unix_ms) FROM status_change WHERE status_change.capture = capture.id) AS changed_at_unix_ms,
         (SELECT count(*) FROM crash WHERE crash.capture = capture.id AND crash.at_unix_ms > ?) AS crashes
     FROM job JOIN capture ON capture.id = job.capture
     WHERE job.kind = 'start' AND job.state = 'queued' AND capture.epoch > 0
     ORDER BY job.created_at_unix_ms, job.id";

/// A capture that waits for its next owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftBehind {
    /// Which.
    pub capture: CaptureId,
    /// The app of its stream.
    pub app: String,
    /// The epoch of its last owner.
    pub epoch: Epoch,
    /// Whether anything of it is stored, and so whether it has a log.
    pub stored: bool,
    /// When its status changed last, in milliseconds of this machine's wall clock since the Unix epoch.
    pub changed_at_unix_ms: i64,
    /// How many of its owners crashed since the moment that was asked for.
    pub crashes: u32,
}

impl Catalog {
    /// The captures that had an owner and have none, oldest first, with their crashes since a moment.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn left_behind(&self, crashed_since_unix_ms: i64) -> Result<Vec<LeftBehind>, CatalogError> {
        let rows = sqlx::query(LEFT).bind(crashed_since_unix_ms).fetch_all(&mut *self.read().await?).await?;
        rows.iter()
            .map(|row| {
                Ok(LeftBehind {
                    capture: read_id(row, "id")?,
                    app: row.try_get("app")?,
                    epoch: Epoch(read_number(row, "epoch")?),
                    stored: row.try_get("stored")?,
                    changed_at_unix_ms: row.try_get("changed_at_unix_ms")?,
                    crashes: read_number(row, "crashes")?,
                })
            })
            .collect()
    }

    /// Takes down that the owner of an epoch crashed, and that the capture has no owner any more. Told twice of one epoch, it
    /// counts once; of a capture that is unknown or over it has no effect.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn note_crash(&self, capture: CaptureId, epoch: Epoch, at_unix_ms: i64) -> Result<(), CatalogError> {
        self.write(move |db| {
            Box::pin(async move {
                // A later owner is none that crashed.
                sqlx::query(
                    "INSERT INTO crash (capture, epoch, at_unix_ms)
                     SELECT capture, ?, ? FROM job
                     WHERE capture = ? AND kind = 'start' AND state IN ('queued', 'claimed') ON CONFLICT DO NOTHING",
                )
                .bind(i64::from(epoch.0))
                .bind(at_unix_ms)
                .bind(id_bytes(capture.uuid()))
                .execute(&mut *db)
                .await?;
                jobs::release_start(db, capture, epoch).await
            })
        })
        .await
    }
}

/// Forgets the crashes of a capture that is over.
pub(crate) async fn forget(db: &mut SqliteConnection, capture: CaptureId) -> Result<(), CatalogError> {
    sqlx::query("DELETE FROM crash WHERE capture = ?").bind(id_bytes(capture.uuid())).execute(db).await?;
    Ok(())
}

#[cfg(test)]
mod tests;

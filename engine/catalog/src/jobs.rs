//! Rows of jobs: work that is left to do, claimed by one owner at a time. What a job means for its capture is in `work`.

use model::{CaptureId, JobId};
use sqlx::SqliteConnection;

use crate::{
    CatalogError,
    column::{id_bytes, new_job_id, read_id, read_number},
};

/// What a job is for.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Capturing a stream.
    Start,
    /// Rendering a recording.
    Render,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Render => "render",
        }
    }
}

/// A job that was just claimed.
pub(crate) struct Claim {
    /// The job.
    pub(crate) id: JobId,
    /// Whose.
    pub(crate) capture: CaptureId,
    /// How often it was claimed before.
    pub(crate) attempts: u32,
}

/// Queues a job.
pub(crate) async fn queue(
    db: &mut SqliteConnection,
    kind: Kind,
    capture: CaptureId,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    sqlx::query(
        "INSERT INTO job (id, kind, capture, state, attempts, created_at_unix_ms, not_before_unix_ms)
         VALUES (?, ?, ?, 'queued', 0, ?, ?)",
    )
    .bind(id_bytes(new_job_id(now_unix_ms)?.uuid()))
    .bind(kind.name())
    .bind(id_bytes(capture.uuid()))
    .bind(now_unix_ms)
    .bind(now_unix_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a job could be claimed.
pub(crate) async fn waits(db: &mut SqliteConnection, kind: Kind, now_unix_ms: i64) -> Result<bool, CatalogError> {
    let row = sqlx::query("SELECT 1 FROM job WHERE kind = ? AND state = 'queued' AND not_before_unix_ms <= ? LIMIT 1")
        .bind(kind.name())
        .bind(now_unix_ms)
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// Claims the oldest job whose time has come.
pub(crate) async fn claim(
    db: &mut SqliteConnection,
    kind: Kind,
    now_unix_ms: i64,
) -> Result<Option<Claim>, CatalogError> {
    let row = sqlx::query(
        "UPDATE job SET state = 'claimed', attempts = attempts + 1
         WHERE id = (SELECT id FROM job WHERE kind = ? AND state = 'queued' AND not_before_unix_ms <= ?
                     ORDER BY created_at_unix_ms, id LIMIT 1)
         RETURNING id, capture, attempts - 1 AS attempts",
    )
    .bind(kind.name())
    .bind(now_unix_ms)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Claim {
        id: read_id(&row, "id")?,
        capture: read_id(&row, "capture")?,
        attempts: read_number(&row, "attempts")?,
    }))
}

/// Ends every job of a kind that a capture still has.
pub(crate) async fn finish(db: &mut SqliteConnection, kind: Kind, capture: CaptureId) -> Result<(), CatalogError> {
    sqlx::query("UPDATE job SET state = 'done' WHERE capture = ? AND kind = ? AND state IN ('queued', 'claimed')")
        .bind(id_bytes(capture.uuid()))
        .bind(kind.name())
        .execute(db)
        .await?;
    Ok(())
}

/// Makes the claimed start of a capture claimable again; false if it is not claimed.
pub(crate) async fn release_start(db: &mut SqliteConnection, capture: CaptureId) -> Result<bool, CatalogError> {
    let done =
        sqlx::query("UPDATE job SET state = 'queued' WHERE capture = ? AND kind = 'start' AND state = 'claimed'")
            .bind(id_bytes(capture.uuid()))
            .execute(db)
            .await?;
    Ok(done.rows_affected() > 0)
}

/// Makes every claimed job claimable again, and counts them.
pub(crate) async fn release_all(db: &mut SqliteConnection) -> Result<u64, CatalogError> {
    let done = sqlx::query("UPDATE job SET state = 'queued' WHERE state = 'claimed'").execute(db).await?;
    Ok(done.rows_affected())
}

/// Queues a claimed job once more, to be claimed no earlier than `not_before_unix_ms`.
pub(crate) async fn retry(
    db: &mut SqliteConnection,
    job: JobId,
    code: &str,
    not_before_unix_ms: i64,
) -> Result<(), CatalogError> {
    sqlx::query(
        "UPDATE job SET state = 'queued', sub_code = ?, not_before_unix_ms = ? WHERE id = ? AND state = 'claimed'",
    )
    .bind(code)
    .bind(not_before_unix_ms)
    .bind(id_bytes(job.uuid()))
    .execute(db)
    .await?;
    Ok(())
}

/// Ends one job, as failed if there is a code.
pub(crate) async fn end(db: &mut SqliteConnection, job: JobId, code: Option<&str>) -> Result<(), CatalogError> {
    sqlx::query("UPDATE job SET state = ?, sub_code = ? WHERE id = ?")
        .bind(if code.is_some() { "failed" } else { "done" })
        .bind(code)
        .bind(id_bytes(job.uuid()))
        .execute(db)
        .await?;
    Ok(())
}

/// Whose job it is, and how often it was claimed.
pub(crate) async fn owner(db: &mut SqliteConnection, job: JobId) -> Result<(CaptureId, u32), CatalogError> {
    let row = sqlx::query("SELECT capture, attempts FROM job WHERE id = ?")
        .bind(id_bytes(job.uuid()))
        .fetch_optional(db)
        .await?
        .ok_or(CatalogError::UnknownJob(job))?;
    Ok((read_id(&row, "capture")?, read_number(&row, "attempts")?))
}

//! Rows of jobs: work that is left to do, claimed by one owner at a time. What a job means for its capture is in `work`.

use model::{ArtifactId, CaptureId, Epoch, JobId, RecordingId};
use sqlx::SqliteConnection;

use crate::{
    CatalogError,
    column::{id_bytes, new_job_id, read_id, read_id_if_any, read_number},
};

/// What a job is for.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Capturing a stream.
    Start,
    /// Rendering a recording.
    Render,
    /// Rendering one edition of a recording.
    Edition,
    /// Deleting a recording's content.
    Purge,
    /// Deleting the capture logs of a recording.
    PurgeLogs,
    /// Deleting the files of one artifact.
    PurgeArtifact,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Render => "render",
            Self::Edition => "edition",
            Self::Purge => "purge",
            Self::PurgeLogs => "purge_logs",
            Self::PurgeArtifact => "purge_artifact",
        }
    }
}

/// A job that was just claimed.
pub(crate) struct Claim {
    /// The job.
    pub(crate) id: JobId,
    /// Whose.
    pub(crate) capture: CaptureId,
    /// What it is to make, where that is one artifact.
    pub(crate) artifact: Option<ArtifactId>,
    /// How often it was claimed before.
    pub(crate) attempts: u32,
    /// How often a process died meanwhile.
    pub(crate) deaths: u32,
}

/// Finds the job that [`claim`] takes.
macro_rules! claimable {
    () => {
        "SELECT waiting.id FROM job AS waiting JOIN capture ON capture.id = waiting.capture
         WHERE waiting.kind = ? AND waiting.state = 'queued' AND waiting.not_before_unix_ms <= ?
             AND (waiting.kind <> 'start' OR capture.epoch = 0)
             AND (waiting.kind = 'start' OR NOT EXISTS (
                 SELECT 1 FROM job AS running JOIN capture AS other ON other.id = running.capture
                 WHERE running.kind = waiting.kind AND running.state = 'claimed'
                     AND coalesce(other.joins, other.recording_id) = coalesce(capture.joins, capture.recording_id)))
             AND (waiting.kind NOT IN ('render', 'edition') OR NOT EXISTS (
                 SELECT 1 FROM capture AS member
                 WHERE coalesce(member.joins, member.recording_id) = coalesce(capture.joins, capture.recording_id)
                     AND member.status IN ('joining_call', 'in_call_not_recording', 'in_call_recording')))
         ORDER BY waiting.created_at_unix_ms, waiting.id LIMIT 1"
    };
}

/// Finds what [`waits`] answers.
const WAITS: &str = claimable!();

/// Does what [`claim`] says.
const CLAIM: &str = concat!(
    "UPDATE job SET state = 'claimed', attempts = attempts + 1 WHERE id = (",
    claimable!(),
    ") RETURNING id, capture, artifact, attempts - 1 AS attempts, deaths"
);

/// Finds what [`renders`] answers.
const RENDERS: &str = "SELECT coalesce(max(job.state = 'queued'), 0) AS waits,
         coalesce(max(job.state = 'claimed'), 0) AS runs
     FROM job JOIN capture ON capture.id = job.capture
     WHERE coalesce(capture.joins, capture.recording_id) = ? AND job.kind = 'render'
         AND job.state IN ('queued', 'claimed')";

/// Does what [`renew_render`] says.
const RENEW: &str = "UPDATE job SET capture = ?, attempts = 0, deaths = 0, not_before_unix_ms = ?
     WHERE kind = 'render' AND state = 'queued'
         AND capture IN (SELECT id FROM capture WHERE coalesce(joins, recording_id) = ?)";

/// The renders that a recording still has.
#[derive(Clone, Copy)]
pub(crate) struct Renders {
    /// Whether one waits to be claimed.
    pub(crate) waits: bool,
    /// Whether one is claimed.
    pub(crate) runs: bool,
}

/// Queues a job.
pub(crate) async fn queue(
    db: &mut SqliteConnection,
    kind: Kind,
    capture: CaptureId,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    insert(db, kind, capture, None, now_unix_ms).await
}

/// Queues the making of one edition.
pub(crate) async fn queue_edition(
    db: &mut SqliteConnection,
    capture: CaptureId,
    artifact: ArtifactId,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    insert(db, Kind::Edition, capture, Some(artifact), now_unix_ms).await
}

/// Queues the deletion of the files of one artifact.
pub(crate) async fn queue_purge_of(
    db: &mut SqliteConnection,
    capture: CaptureId,
    artifact: ArtifactId,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    insert(db, Kind::PurgeArtifact, capture, Some(artifact), now_unix_ms).await
}

async fn insert(
    db: &mut SqliteConnection,
    kind: Kind,
    capture: CaptureId,
    artifact: Option<ArtifactId>,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    sqlx::query(
        "INSERT INTO job (id, kind, capture, artifact, state, attempts, created_at_unix_ms, not_before_unix_ms)
         VALUES (?, ?, ?, ?, 'queued', 0, ?, ?)",
    )
    .bind(id_bytes(new_job_id(now_unix_ms)?.uuid()))
    .bind(kind.name())
    .bind(id_bytes(capture.uuid()))
    .bind(artifact.map(|artifact| id_bytes(artifact.uuid())))
    .bind(now_unix_ms)
    .bind(now_unix_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// How many captures are open: wait for an owner, have one, or are to be taken up again.
pub(crate) async fn open_captures(db: &mut SqliteConnection) -> Result<u32, CatalogError> {
    let row = sqlx::query("SELECT count(*) AS open FROM job WHERE kind = 'start' AND state IN ('queued', 'claimed')")
        .fetch_one(db)
        .await?;
    read_number(&row, "open")
}

/// Whether a job could be claimed.
pub(crate) async fn waits(db: &mut SqliteConnection, kind: Kind, now_unix_ms: i64) -> Result<bool, CatalogError> {
    let row = sqlx::query(WAITS).bind(kind.name()).bind(now_unix_ms).fetch_optional(db).await?;
    Ok(row.is_some())
}

/// Claims the oldest job whose time has come; of one recording never two of a kind at once, no render while one of its
/// streams is captured, and no start of a capture that had an owner before.
pub(crate) async fn claim(
    db: &mut SqliteConnection,
    kind: Kind,
    now_unix_ms: i64,
) -> Result<Option<Claim>, CatalogError> {
    let row = sqlx::query(CLAIM).bind(kind.name()).bind(now_unix_ms).fetch_optional(db).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Claim {
        id: read_id(&row, "id")?,
        capture: read_id(&row, "capture")?,
        artifact: read_id_if_any(&row, "artifact")?,
        attempts: read_number(&row, "attempts")?,
        deaths: read_number(&row, "deaths")?,
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

/// Which renders a recording still has.
pub(crate) async fn renders(db: &mut SqliteConnection, recording: RecordingId) -> Result<Renders, CatalogError> {
    let row = sqlx::query(RENDERS).bind(id_bytes(recording.uuid())).fetch_one(db).await?;
    Ok(Renders { waits: read_number::<u8>(&row, "waits")? > 0, runs: read_number::<u8>(&row, "runs")? > 0 })
}

/// Has the render of a recording that waits begin from scratch and without a pause, in the name of `capture`: what it made
/// in earlier attempts lacks the media of that one.
pub(crate) async fn renew_render(
    db: &mut SqliteConnection,
    recording: RecordingId,
    capture: CaptureId,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    sqlx::query(RENEW)
        .bind(id_bytes(capture.uuid()))
        .bind(now_unix_ms)
        .bind(id_bytes(recording.uuid()))
        .execute(db)
        .await?;
    Ok(())
}

/// Claims the start of one capture that had an owner before, who holds it no more; false if nothing of it is to be started.
pub(crate) async fn claim_again(db: &mut SqliteConnection, capture: CaptureId) -> Result<bool, CatalogError> {
    let done = sqlx::query(
        "UPDATE job SET state = 'claimed', attempts = attempts + 1
         WHERE capture = ? AND kind = 'start' AND state = 'queued'
             AND EXISTS (SELECT 1 FROM capture WHERE capture.id = job.capture AND capture.epoch > 0)",
    )
    .bind(id_bytes(capture.uuid()))
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Makes the start of a capture claimable again that the owner of an epoch had claimed.
pub(crate) async fn release_start(
    db: &mut SqliteConnection,
    capture: CaptureId,
    epoch: Epoch,
) -> Result<(), CatalogError> {
    sqlx::query(
        "UPDATE job SET state = 'queued' WHERE capture = ? AND kind = 'start' AND state = 'claimed'
             AND EXISTS (SELECT 1 FROM capture WHERE capture.id = job.capture AND capture.epoch = ?)",
    )
    .bind(id_bytes(capture.uuid()))
    .bind(i64::from(epoch.0))
    .execute(db)
    .await?;
    Ok(())
}

/// Makes every claimed job claimable again, and counts them.
pub(crate) async fn release_all(db: &mut SqliteConnection) -> Result<u64, CatalogError> {
    let done = sqlx::query("UPDATE job SET state = 'queued' WHERE state = 'claimed'").execute(db).await?;
    Ok(done.rows_affected())
}

/// The same after a process that died: a render counts that death. After the first one it is claimed at once, after the second one it waits
/// 5 s, and twice as long with each further one, up to 5 min: what takes the process down with it leaves the others time.
pub(crate) async fn release_dead(db: &mut SqliteConnection, now_unix_ms: i64) -> Result<u64, CatalogError> {
    sqlx::query(
        "UPDATE job SET deaths = deaths + 1, not_before_unix_ms = CASE WHEN deaths = 0 THEN not_before_unix_ms
             ELSE ? + min(5000 * (1 << min(deaths - 1, 10)), 300000) END
         WHERE state = 'claimed' AND kind IN ('render', 'edition')",
    )
    .bind(now_unix_ms)
    .execute(&mut *db)
    .await?;
    release_all(db).await
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

/// Ends the job of an edition that is not to be made any more.
pub(crate) async fn finish_edition(db: &mut SqliteConnection, artifact: ArtifactId) -> Result<(), CatalogError> {
    sqlx::query("UPDATE job SET state = 'done' WHERE artifact = ? AND state IN ('queued', 'claimed')")
        .bind(id_bytes(artifact.uuid()))
        .execute(db)
        .await?;
    Ok(())
}

/// How often a job was claimed.
pub(crate) async fn attempts(db: &mut SqliteConnection, job: JobId) -> Result<u32, CatalogError> {
    let row = sqlx::query("SELECT attempts FROM job WHERE id = ?")
        .bind(id_bytes(job.uuid()))
        .fetch_optional(db)
        .await?
        .ok_or(CatalogError::UnknownJob(job))?;
    read_number(&row, "attempts")
}

#[cfg(test)]
mod tests;

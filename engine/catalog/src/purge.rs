//! Content that is deleted: what is said to be gone at once, what a purge still has to remove, and what remains as proof.
//! Why something is deleted is in `revoke` and `retention`; removing files is the studio's business.
//!
//! In one transaction the recording and its artifacts are deleted, renders are called off, everything that was said in the
//! meeting leaves the rows, and a purge is queued. What remains are ids, states and counts. A purge of logs alone takes
//! nothing out of the rows.

use model::{
    CaptureId, CaptureStatus, Deletion, EventBody, JobId, PurgeJob, PurgeScope, Purged, SequencedEvent, StatusChange,
};
use sqlx::{Row, SqliteConnection};

use crate::{
    Catalog, CatalogError, artifacts, captures,
    column::{id_bytes, number, read_id, read_number},
    endpoints, events, jobs,
    linked::{self, Member},
    reason::Reason,
};

/// How long a purge that could not finish waits, in milliseconds.
const RETRY_MS: i64 = 1_000;

impl Catalog {
    /// Claims the oldest purge whose time has come.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn claim_purge(&self, now_unix_ms: i64) -> Result<Option<PurgeJob>, CatalogError> {
        for kind in [jobs::Kind::Purge, jobs::Kind::PurgeLogs, jobs::Kind::PurgeArtifact] {
            if !jobs::waits(&mut *self.read().await?, kind, now_unix_ms).await? {
                continue;
            }
            let claimed = self.write(move |db| Box::pin(claim(db, kind, now_unix_ms))).await?;
            if claimed.is_some() {
                return Ok(claimed);
            }
        }
        Ok(None)
    }

    /// Ends a purge once no file is left. Of a recording the database's own log is emptied, the audit says what was removed,
    /// the captures are done: those changes of status are answered, ready to be published. On an error the purge is to be
    /// tried again.
    ///
    /// # Errors
    /// [`CatalogError::LogInUse`] if somebody reads a state from before; if the database fails.
    pub async fn purge_done(
        &self,
        job: &PurgeJob,
        purged: Purged,
        now_unix_ms: i64,
    ) -> Result<Vec<(CaptureId, SequencedEvent)>, CatalogError> {
        let job = job.clone();
        if job.scope != PurgeScope::Recording {
            self.write(move |db| Box::pin(jobs::end(db, job.id, None))).await?;
            return Ok(Vec::new());
        }
        // First, so that whatever dies in between finds the purge unfinished.
        self.truncate_log().await?;
        self.write(move |db| Box::pin(conclude(db, job, purged, now_unix_ms))).await
    }

    /// Takes a purge back that could not remove everything; it is tried again in a second, for as long as it takes.
    ///
    /// # Errors
    /// If there is no such job, or the database fails.
    pub async fn purge_failed(&self, job: JobId, code: &str, now_unix_ms: i64) -> Result<(), CatalogError> {
        let code = code.to_owned();
        self.write(move |db| {
            Box::pin(async move { jobs::retry(db, job, &code, now_unix_ms.saturating_add(RETRY_MS)).await })
        })
        .await
    }

    /// What was deleted of a capture, and when; `None` if nothing ever was.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn deletion(&self, capture: CaptureId) -> Result<Option<Deletion>, CatalogError> {
        let row = sqlx::query("SELECT * FROM audit WHERE capture = ? ORDER BY n LIMIT 1")
            .bind(id_bytes(capture.uuid()))
            .fetch_optional(&mut *self.read().await?)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let count = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok()).unwrap_or_default();
        Ok(Some(Deletion {
            recording: read_id(&row, "recording")?,
            reason: row.try_get("reason")?,
            asked_at_unix_ms: row.try_get("asked_at_unix_ms")?,
            finished_at_unix_ms: row.try_get("finished_at_unix_ms")?,
            events: read_number(&row, "events")?,
            purged: Purged { files: count(row.try_get("files")?), bytes: count(row.try_get("bytes")?) },
        }))
    }
}

async fn claim(
    db: &mut SqliteConnection,
    kind: jobs::Kind,
    now_unix_ms: i64,
) -> Result<Option<PurgeJob>, CatalogError> {
    let Some(claim) = jobs::claim(db, kind, now_unix_ms).await? else { return Ok(None) };
    let scope = match (kind, claim.artifact) {
        (_, Some(artifact)) => PurgeScope::Artifact(artifact),
        (jobs::Kind::PurgeLogs, None) => PurgeScope::Logs,
        (_, None) => PurgeScope::Recording,
    };
    let recording = linked::recording(db, claim.capture).await?;
    // A sibling that still runs has a purge of its own when it ends.
    let over = linked::members(db, recording).await?.into_iter().filter(|member| member.is_over());
    Ok(Some(PurgeJob { id: claim.id, scope, captures: over.map(|member| member.capture).collect(), recording }))
}

/// Takes everything of the recording of a capture that is over out of the rows, for `reason`, and queues the purge of its
/// files. Captures that still run keep theirs. False, and without effect, where that happened before.
pub(crate) async fn delete(
    db: &mut SqliteConnection,
    capture: CaptureId,
    reason: Reason,
    now_unix_ms: i64,
) -> Result<bool, CatalogError> {
    let recording = linked::recording(db, capture).await?;
    let members = linked::members(db, recording).await?;
    if are_audited(db, &members).await? {
        return Ok(false);
    }
    artifacts::delete(db, recording, reason.code(), now_unix_ms).await?;
    endpoints::deleted(db, recording, reason.code(), now_unix_ms).await?;
    for member in members.into_iter().filter(|member| member.is_over()) {
        jobs::finish(db, jobs::Kind::Render, member.capture).await?;
        jobs::finish(db, jobs::Kind::Edition, member.capture).await?;
        let removed = erase(db, member.capture, now_unix_ms).await?;
        sqlx::query(
            "INSERT INTO audit (capture, recording, reason, asked_at_unix_ms, events)
             SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM audit WHERE capture = ?)",
        )
        .bind(id_bytes(member.capture.uuid()))
        .bind(id_bytes(recording.uuid()))
        .bind(reason.code())
        .bind(now_unix_ms)
        .bind(number(removed, "events")?)
        .bind(id_bytes(member.capture.uuid()))
        .execute(&mut *db)
        .await?;
    }
    jobs::queue(db, jobs::Kind::Purge, capture, now_unix_ms).await?;
    Ok(true)
}

/// Whether everything of those that are over was deleted before.
async fn are_audited(db: &mut SqliteConnection, members: &[Member]) -> Result<bool, CatalogError> {
    for member in members.iter().filter(|member| member.is_over()) {
        let known = sqlx::query("SELECT 1 FROM audit WHERE capture = ? LIMIT 1")
            .bind(id_bytes(member.capture.uuid()))
            .fetch_optional(&mut *db)
            .await?;
        if known.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes what was received of a capture from its rows: everything that happened but for its own status, the platform's
/// notice, the signature. Counts the events.
async fn erase(db: &mut SqliteConnection, capture: CaptureId, now_unix_ms: i64) -> Result<u64, CatalogError> {
    let removed = events::erase(db, capture, |body| !matches!(body, EventBody::Status { .. })).await?;
    sqlx::query(
        "UPDATE capture SET notice = '{}', signature = NULL, erased = 1,
             log_removed_at_unix_ms = coalesce(log_removed_at_unix_ms, ?) WHERE id = ?",
    )
    .bind(now_unix_ms)
    .bind(id_bytes(capture.uuid()))
    .execute(db)
    .await?;
    Ok(removed)
}

async fn conclude(
    db: &mut SqliteConnection,
    job: PurgeJob,
    purged: Purged,
    now_unix_ms: i64,
) -> Result<Vec<(CaptureId, SequencedEvent)>, CatalogError> {
    jobs::end(db, job.id, None).await?;
    let mut left = purged;
    let mut done = Vec::new();
    for capture in job.captures {
        // The files of a recording are counted once, with the capture that is first in it.
        sqlx::query(
            "UPDATE audit SET finished_at_unix_ms = ?, files = coalesce(files, 0) + ?, bytes = coalesce(bytes, 0) + ?
             WHERE capture = ?",
        )
        .bind(now_unix_ms)
        .bind(number(left.files, "files")?)
        .bind(number(left.bytes, "bytes")?)
        .bind(id_bytes(capture.uuid()))
        .execute(&mut *db)
        .await?;
        left = Purged::default();
        let reason = reason(db, capture).await?;
        let change = StatusChange {
            status: CaptureStatus::Done,
            sub_code: Some(reason.code().to_owned()),
            message: Some(reason.sentence().to_owned()),
            at_unix_ms: now_unix_ms,
        };
        if captures::advance(db, capture, &change).await? {
            done.extend(events::announce(db, capture, &change).await?.map(|event| (capture, event)));
        }
    }
    Ok(done)
}

/// Why the content of a capture was deleted.
async fn reason(db: &mut SqliteConnection, capture: CaptureId) -> Result<Reason, CatalogError> {
    let row = sqlx::query("SELECT reason FROM audit WHERE capture = ? ORDER BY n LIMIT 1")
        .bind(id_bytes(capture.uuid()))
        .fetch_optional(db)
        .await?;
    let code: Option<String> = row.map(|row| row.try_get("reason")).transpose()?;
    let reasons = [Reason::Expired, Reason::Asked];
    Ok(reasons.into_iter().find(|reason| code.as_deref() == Some(reason.code())).unwrap_or(Reason::Revoked))
}

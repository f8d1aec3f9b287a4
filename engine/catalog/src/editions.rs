//! Further editions of a recording: each is an artifact with a job of its own, and changes nothing of the recording and its
//! captures. What the configuration asks for is in `artifacts` and `work`.

use model::{
    Artifact, ArtifactFormat, ArtifactId, ArtifactKind, ArtifactState, CaptureId, Edition, RecordingId, RecordingState,
    RenderJob, RenderScope,
};
use sqlx::SqliteConnection;

use crate::{
    Catalog, CatalogError, artifacts, captures,
    column::{id_bytes, json, new_artifact_id, read_id},
    jobs, linked,
};

/// How many editions of one recording may exist that were not given up.
pub const MOST_EDITIONS: u32 = 50;

/// The sub-code of an edition that was given up.
const SUB_CODE: &str = "called_off";

/// What became of a wish for an edition, or for one more transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordered {
    /// It is queued, as this artifact.
    Queued(ArtifactId),
    /// There is no such recording.
    Unknown,
    /// The recording is deleted, or its capture logs are.
    Gone,
    /// A stream of the recording is still captured.
    Grows,
    /// There are as many as there may be.
    TooMany,
}

impl Catalog {
    /// Queues one more edition of a recording that is over.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn order_edition(
        &self,
        recording: RecordingId,
        edition: Edition,
        now_unix_ms: i64,
    ) -> Result<Ordered, CatalogError> {
        self.write(move |db| Box::pin(async move { order(db, recording, &edition, now_unix_ms).await })).await
    }

    /// Claims the edition that waits longest.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn claim_edition(&self, now_unix_ms: i64) -> Result<Option<RenderJob>, CatalogError> {
        // Polled all the time, so the writer is only asked when there is something.
        if !jobs::waits(&mut *self.read().await?, jobs::Kind::Edition, now_unix_ms).await? {
            return Ok(None);
        }
        self.write(move |db| Box::pin(claim(db, now_unix_ms))).await
    }

    /// Gives an edition up, whether it is made or not, and queues a purge of the files that it had; false if it was given up
    /// before. Its row stays, as deleted. Whoever makes it finds out by [`Catalog::is_called_off`].
    ///
    /// # Errors
    /// If the database fails.
    pub async fn give_up_edition(&self, id: ArtifactId, now_unix_ms: i64) -> Result<bool, CatalogError> {
        self.write(move |db| Box::pin(give_up(db, id, now_unix_ms))).await
    }

    /// Whether an edition is not to be made any more.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn is_called_off(&self, id: ArtifactId) -> Result<bool, CatalogError> {
        let found = self.artifact(id).await?;
        Ok(found.is_none_or(|(artifact, ..)| artifact.state == ArtifactState::Deleted))
    }
}

/// The newest capture of a recording of which something more can be made, or why it cannot; of what is `like` that there may be `most`.
pub(crate) async fn made_of(
    db: &mut SqliteConnection,
    recording: RecordingId,
    like: fn(&Artifact) -> bool,
    most: u32,
) -> Result<Result<CaptureId, Ordered>, CatalogError> {
    let Some(held) = artifacts::load(db, recording).await? else { return Ok(Err(Ordered::Unknown)) };
    if held.state == RecordingState::Deleted || held.log_removed_at_unix_ms.is_some() {
        return Ok(Err(Ordered::Gone));
    }
    let members = linked::members(db, recording).await?;
    if members.iter().any(|member| !member.is_over()) {
        return Ok(Err(Ordered::Grows));
    }
    let Some(capture) = members.iter().rev().find(|member| member.recorded).map(|member| member.capture) else {
        return Ok(Err(Ordered::Gone));
    };
    let is_there = |artifact: &&Artifact| like(artifact) && artifact.state != ArtifactState::Deleted;
    if held.artifacts.iter().filter(is_there).count() >= most as usize {
        return Ok(Err(Ordered::TooMany));
    }
    Ok(Ok(capture))
}

async fn order(
    db: &mut SqliteConnection,
    recording: RecordingId,
    edition: &Edition,
    now_unix_ms: i64,
) -> Result<Ordered, CatalogError> {
    let is_edition = |artifact: &Artifact| artifact.edition.is_some() && artifact.ordered.is_none();
    let capture = match made_of(db, recording, is_edition, MOST_EDITIONS).await? {
        Ok(capture) => capture,
        Err(refusal) => return Ok(refusal),
    };
    let id = new_artifact_id(now_unix_ms)?;
    sqlx::query(
        "INSERT INTO artifact
             (id, recording, n, kind, format, edition, state, files, created_at_unix_ms, updated_at_unix_ms, project)
         SELECT ?, recording.id, (SELECT coalesce(max(n), 0) + 1 FROM artifact WHERE artifact.recording = recording.id),
             ?, ?, ?, 'processing', '[]', ?, ?, recording.project
         FROM recording WHERE id = ?",
    )
    .bind(id_bytes(id.uuid()))
    .bind(ArtifactKind::VideoMixed.name())
    .bind(ArtifactFormat::Mp4.name())
    .bind(json(edition, "edition")?)
    .bind(now_unix_ms)
    .bind(now_unix_ms)
    .bind(id_bytes(recording.uuid()))
    .execute(&mut *db)
    .await?;
    jobs::queue_edition(db, capture, id, now_unix_ms).await?;
    Ok(Ordered::Queued(id))
}

async fn give_up(db: &mut SqliteConnection, id: ArtifactId, now_unix_ms: i64) -> Result<bool, CatalogError> {
    let row = sqlx::query(
        "SELECT recording.capture FROM artifact JOIN recording ON recording.id = artifact.recording
         WHERE artifact.id = ? AND artifact.edition IS NOT NULL AND artifact.ordered IS NULL AND artifact.state <> 'deleted'",
    )
    .bind(id_bytes(id.uuid()))
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(false) };
    artifacts::delete_one(db, id, SUB_CODE, now_unix_ms).await?;
    jobs::finish_edition(db, id).await?;
    jobs::queue_purge_of(db, read_id(&row, "capture")?, id, now_unix_ms).await?;
    Ok(true)
}

async fn claim(db: &mut SqliteConnection, now_unix_ms: i64) -> Result<Option<RenderJob>, CatalogError> {
    let Some(claim) = jobs::claim(db, jobs::Kind::Edition, now_unix_ms).await? else { return Ok(None) };
    let recording = linked::recording(db, claim.capture).await?;
    let capture = captures::load(db, claim.capture).await?.ok_or(CatalogError::UnknownCapture(claim.capture))?;
    let held = capture.recording.iter().flat_map(|recording| &recording.artifacts);
    let members = linked::members(db, recording).await?.into_iter().filter(|member| member.recorded);
    Ok(Some(RenderJob {
        id: claim.id,
        scope: RenderScope::Edition,
        captures: members.map(|member| member.capture).collect(),
        artifacts: held.filter(|artifact| Some(artifact.id) == claim.artifact).cloned().collect(),
        attempts: claim.attempts,
        deaths: claim.deaths,
        capture,
    }))
}

/// Ends the job of an edition: what it did not make has failed.
pub(crate) async fn finish(
    db: &mut SqliteConnection,
    job: &RenderJob,
    code: &str,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    for artifact in &job.artifacts {
        sqlx::query(
            "UPDATE artifact SET state = 'failed', sub_code = ?, updated_at_unix_ms = ?
             WHERE id = ? AND state = 'processing'",
        )
        .bind(code)
        .bind(now_unix_ms)
        .bind(id_bytes(artifact.id.uuid()))
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;

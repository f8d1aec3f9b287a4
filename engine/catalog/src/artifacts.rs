//! Recordings and their artifacts. The bytes are in `store`; which artifacts a job makes is decided in `studio`.

use media::SourceTime;
use model::{
    Artifact, ArtifactFile, ArtifactId, ArtifactKind, ArtifactState, CaptureId, Recording, RecordingConfig,
    RecordingId, RecordingState,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    Catalog, CatalogError,
    column::{id_bytes, json, new_artifact_id, read_id, read_json, read_name},
};

impl Catalog {
    /// One artifact with the recording and the capture that it belongs to; `None` if there is none.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn artifact(&self, id: ArtifactId) -> Result<Option<(Artifact, RecordingId, CaptureId)>, CatalogError> {
        let row = sqlx::query(
            "SELECT artifact.*, recording.id AS recording_id, recording.capture FROM artifact
             JOIN recording ON recording.id = artifact.recording WHERE artifact.id = ?",
        )
        .bind(id_bytes(id.uuid()))
        .fetch_optional(&mut *self.read().await?)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((artifact_of(&row)?, read_id(&row, "recording_id")?, read_id(&row, "capture")?)))
    }

    /// Marks an artifact as done with these files, which must be durable already. False if it was deleted meanwhile.
    ///
    /// # Errors
    /// If there is no such artifact, or the database fails.
    pub async fn artifact_done(
        &self,
        id: ArtifactId,
        files: Vec<ArtifactFile>,
        now_unix_ms: i64,
    ) -> Result<bool, CatalogError> {
        self.write(move |db| {
            Box::pin(async move {
                let files = json(&files, "files")?;
                let done = sqlx::query(
                    "UPDATE artifact SET state = 'done', sub_code = NULL, files = ?, updated_at_unix_ms = ?
                     WHERE id = ? AND state <> 'deleted'",
                )
                .bind(files)
                .bind(now_unix_ms)
                .bind(id_bytes(id.uuid()))
                .execute(&mut *db)
                .await?;
                changed(db, id, done.rows_affected()).await
            })
        })
        .await
    }

    /// Marks an artifact as failed. False if it is not being made any more.
    ///
    /// # Errors
    /// If there is no such artifact, or the database fails.
    pub async fn artifact_failed(&self, id: ArtifactId, code: &str, now_unix_ms: i64) -> Result<bool, CatalogError> {
        let code = code.to_owned();
        self.write(move |db| {
            Box::pin(async move {
                let done = sqlx::query(
                    "UPDATE artifact SET state = 'failed', sub_code = ?, updated_at_unix_ms = ?
                     WHERE id = ? AND state = 'processing'",
                )
                .bind(code)
                .bind(now_unix_ms)
                .bind(id_bytes(id.uuid()))
                .execute(&mut *db)
                .await?;
                changed(db, id, done.rows_affected()).await
            })
        })
        .await
    }

    /// Corrects when a recording starts and ends, which the timeline knows better than the capture; `None` leaves it.
    ///
    /// # Errors
    /// If there is no such recording, or the database fails.
    pub async fn extend_recording(
        &self,
        id: RecordingId,
        started_at: Option<SourceTime>,
        completed_at: Option<SourceTime>,
    ) -> Result<(), CatalogError> {
        self.write(move |db| {
            Box::pin(async move {
                let done = sqlx::query(
                    "UPDATE recording SET started_at_unix_ms = coalesce(?, started_at_unix_ms),
                         completed_at_unix_ms = coalesce(?, completed_at_unix_ms) WHERE id = ?",
                )
                .bind(started_at.map(SourceTime::unix_ms))
                .bind(completed_at.map(SourceTime::unix_ms))
                .bind(id_bytes(id.uuid()))
                .execute(db)
                .await?;
                if done.rows_affected() == 0 { Err(CatalogError::UnknownRecording(id)) } else { Ok(()) }
            })
        })
        .await
    }
}

/// Answers whether a row was changed, or that there is none.
async fn changed(db: &mut SqliteConnection, id: ArtifactId, rows: u64) -> Result<bool, CatalogError> {
    if rows > 0 {
        return Ok(true);
    }
    let row = sqlx::query("SELECT 1 FROM artifact WHERE id = ?").bind(id_bytes(id.uuid())).fetch_optional(db).await?;
    if row.is_some() { Ok(false) } else { Err(CatalogError::UnknownArtifact(id)) }
}

/// Creates a recording with an artifact for each thing that the config asks for; one that exists stays as it is.
pub(crate) async fn create(
    db: &mut SqliteConnection,
    capture: CaptureId,
    id: RecordingId,
    config: &RecordingConfig,
    started_at: SourceTime,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    let done = sqlx::query(
        "INSERT INTO recording (id, capture, created_at_unix_ms, started_at_unix_ms, state, updated_at_unix_ms)
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(id_bytes(id.uuid()))
    .bind(id_bytes(capture.uuid()))
    .bind(now_unix_ms)
    .bind(started_at.unix_ms())
    .bind(RecordingState::Processing.code())
    .bind(now_unix_ms)
    .execute(&mut *db)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    for (n, kind) in (1_i64..).zip(ArtifactKind::ALL.into_iter().filter(|kind| asked_for(config, *kind))) {
        sqlx::query(
            "INSERT INTO artifact (id, recording, n, kind, state, files, created_at_unix_ms, updated_at_unix_ms)
             VALUES (?, ?, ?, ?, ?, '[]', ?, ?)",
        )
        .bind(id_bytes(new_artifact_id(now_unix_ms)?.uuid()))
        .bind(id_bytes(id.uuid()))
        .bind(n)
        .bind(kind.name())
        .bind(ArtifactState::Processing.code())
        .bind(now_unix_ms)
        .bind(now_unix_ms)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// The recording of a capture, with its artifacts, if media was received.
pub(crate) async fn of_capture(
    db: &mut SqliteConnection,
    capture: CaptureId,
) -> Result<Option<Recording>, CatalogError> {
    let row = sqlx::query("SELECT * FROM recording WHERE capture = ?")
        .bind(id_bytes(capture.uuid()))
        .fetch_optional(&mut *db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let id: RecordingId = read_id(&row, "id")?;
    let artifacts = sqlx::query("SELECT * FROM artifact WHERE recording = ? ORDER BY n")
        .bind(id_bytes(id.uuid()))
        .fetch_all(db)
        .await?;
    Ok(Some(Recording {
        id,
        created_at_unix_ms: row.try_get("created_at_unix_ms")?,
        started_at: row.try_get::<Option<i64>, _>("started_at_unix_ms")?.map(SourceTime::from_unix_ms),
        completed_at: row.try_get::<Option<i64>, _>("completed_at_unix_ms")?.map(SourceTime::from_unix_ms),
        state: read_name(&row, "state")?,
        updated_at_unix_ms: row.try_get("updated_at_unix_ms")?,
        artifacts: artifacts.iter().map(artifact_of).collect::<Result<_, _>>()?,
    }))
}

/// Writes down when the media of a capture's recording ended; false if there is no recording.
pub(crate) async fn complete(
    db: &mut SqliteConnection,
    capture: CaptureId,
    completed_at: Option<SourceTime>,
) -> Result<bool, CatalogError> {
    let done =
        sqlx::query("UPDATE recording SET completed_at_unix_ms = coalesce(?, completed_at_unix_ms) WHERE capture = ?")
            .bind(completed_at.map(SourceTime::unix_ms))
            .bind(id_bytes(capture.uuid()))
            .execute(db)
            .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends the recording of a capture: what is still being made failed with `code`, and the recording is as good as its
/// worst artifact.
pub(crate) async fn settle(
    db: &mut SqliteConnection,
    capture: CaptureId,
    code: &str,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    let capture = id_bytes(capture.uuid());
    sqlx::query(
        "UPDATE artifact SET state = 'failed', sub_code = ?, updated_at_unix_ms = ?
         WHERE state = 'processing' AND recording IN (SELECT id FROM recording WHERE capture = ?)",
    )
    .bind(code)
    .bind(now_unix_ms)
    .bind(&capture)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "UPDATE recording SET updated_at_unix_ms = ?, state = CASE
             WHEN EXISTS (SELECT 1 FROM artifact WHERE recording = recording.id AND state = 'failed')
             THEN 'failed' ELSE 'done' END
         WHERE capture = ? AND state IN ('processing', 'paused')",
    )
    .bind(now_unix_ms)
    .bind(&capture)
    .execute(db)
    .await?;
    Ok(())
}

fn asked_for(config: &RecordingConfig, kind: ArtifactKind) -> bool {
    match kind {
        ArtifactKind::VideoMixed => config.video_mixed,
        ArtifactKind::Transcript => config.transcript.is_some(),
        ArtifactKind::ParticipantEvents => config.participant_events,
        ArtifactKind::MeetingMetadata => config.meeting_metadata,
    }
}

fn artifact_of(row: &SqliteRow) -> Result<Artifact, CatalogError> {
    Ok(Artifact {
        id: read_id(row, "id")?,
        kind: read_name(row, "kind")?,
        state: read_name(row, "state")?,
        sub_code: row.try_get("sub_code")?,
        created_at_unix_ms: row.try_get("created_at_unix_ms")?,
        updated_at_unix_ms: row.try_get("updated_at_unix_ms")?,
        files: read_json(row, "files")?,
    })
}

#[cfg(test)]
mod tests;

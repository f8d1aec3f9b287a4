//! Recordings and their artifacts. The bytes are in `store`; which artifacts a job makes is decided in `studio`.

use media::SourceTime;
use model::{
    Artifact, ArtifactFile, ArtifactFormat, ArtifactId, ArtifactState, CaptureId, Recording, RecordingConfig,
    RecordingId, RecordingQuality, RecordingState,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    Catalog, CatalogError,
    column::{id_bytes, json, new_artifact_id, read_id, read_json, read_json_if_any, read_name, read_name_if_any},
};

/// Loads a recording, with how long it is kept: as long as the capture that asks for the longest; and when the last of its
/// logs was given up.
pub(crate) const LOAD: &str = "SELECT recording.*,
         CASE WHEN count(member.expires_at_unix_ms) = count(*) THEN max(member.expires_at_unix_ms) END
             AS expires_at_unix_ms,
         max(member.log_removed_at_unix_ms) AS log_removed_at_unix_ms
     FROM recording JOIN capture AS member ON coalesce(member.joins, member.recording_id) = recording.id
     WHERE recording.id = ? GROUP BY recording.id";

/// Finds what [`wanted`] answers.
const WANTED: &str = "SELECT * FROM artifact WHERE recording = ?
         AND (state = 'processing' AND edition IS NULL OR stale) ORDER BY n";

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

    /// Marks an artifact as done with these files, which must be durable already. False if it was deleted meanwhile: the
    /// files must then go as well.
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
                    "UPDATE artifact SET state = 'done', sub_code = NULL, files = ?, stale = 0, updated_at_unix_ms = ?
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

    /// Marks an artifact as failed; one that was made before keeps its files and bears the code. False if it is not being
    /// made any more.
    ///
    /// # Errors
    /// If there is no such artifact, or the database fails.
    pub async fn artifact_failed(&self, id: ArtifactId, code: &str, now_unix_ms: i64) -> Result<bool, CatalogError> {
        let code = code.to_owned();
        self.write(move |db| {
            Box::pin(async move {
                let done = sqlx::query(
                    "UPDATE artifact SET state = iif(state = 'processing', 'failed', state), sub_code = ?, stale = 0,
                         updated_at_unix_ms = ?
                     WHERE id = ? AND (state = 'processing' OR stale)",
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

    /// Writes down how whole a recording came out; of several renders the last one counts.
    ///
    /// # Errors
    /// If there is no such recording, or the database fails.
    pub async fn recording_judged(&self, id: RecordingId, quality: RecordingQuality) -> Result<(), CatalogError> {
        self.write(move |db| {
            Box::pin(async move {
                let done = sqlx::query("UPDATE recording SET quality = ? WHERE id = ?")
                    .bind(json(&quality, "quality")?)
                    .bind(id_bytes(id.uuid()))
                    .execute(db)
                    .await?;
                if done.rows_affected() == 0 { Err(CatalogError::UnknownRecording(id)) } else { Ok(()) }
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
        "INSERT INTO recording (id, capture, created_at_unix_ms, started_at_unix_ms, state, updated_at_unix_ms, project)
         SELECT ?, id, ?, ?, ?, ?, project FROM capture WHERE id = ? ON CONFLICT DO NOTHING",
    )
    .bind(id_bytes(id.uuid()))
    .bind(now_unix_ms)
    .bind(started_at.unix_ms())
    .bind(RecordingState::Processing.code())
    .bind(now_unix_ms)
    .bind(id_bytes(capture.uuid()))
    .execute(&mut *db)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    for (n, (kind, format)) in (1_i64..).zip(config.artifacts()) {
        sqlx::query(
            "INSERT INTO artifact
                 (id, recording, n, kind, format, state, files, created_at_unix_ms, updated_at_unix_ms, project)
             SELECT ?1, id, ?3, ?4, ?5, ?6, '[]', ?7, ?7, project FROM recording WHERE id = ?2",
        )
        .bind(id_bytes(new_artifact_id(now_unix_ms)?.uuid()))
        .bind(id_bytes(id.uuid()))
        .bind(n)
        .bind(kind.name())
        .bind(format.map(ArtifactFormat::name))
        .bind(ArtifactState::Processing.code())
        .bind(now_unix_ms)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// A recording with its artifacts, if media was received.
pub(crate) async fn load(db: &mut SqliteConnection, id: RecordingId) -> Result<Option<Recording>, CatalogError> {
    let row = sqlx::query(LOAD).bind(id_bytes(id.uuid())).fetch_optional(&mut *db).await?;
    let Some(row) = row else { return Ok(None) };
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
        expires_at_unix_ms: row.try_get("expires_at_unix_ms")?,
        log_removed_at_unix_ms: row.try_get("log_removed_at_unix_ms")?,
        quality: read_json_if_any(&row, "quality")?,
        metadata: read_json_if_any(&row, "metadata")?,
        artifacts: artifacts.iter().map(artifact_of).collect::<Result<_, _>>()?,
    }))
}

/// What of a recording is to be made, or made once more, but for editions that have a job of their own.
pub(crate) async fn wanted(db: &mut SqliteConnection, id: RecordingId) -> Result<Vec<Artifact>, CatalogError> {
    let rows = sqlx::query(WANTED).bind(id_bytes(id.uuid())).fetch_all(db).await?;
    rows.iter().map(artifact_of).collect()
}

/// Writes down when the media of a recording ended.
pub(crate) async fn complete(
    db: &mut SqliteConnection,
    id: RecordingId,
    completed_at: Option<SourceTime>,
) -> Result<(), CatalogError> {
    sqlx::query("UPDATE recording SET completed_at_unix_ms = coalesce(?, completed_at_unix_ms) WHERE id = ?")
        .bind(completed_at.map(SourceTime::unix_ms))
        .bind(id_bytes(id.uuid()))
        .execute(db)
        .await?;
    Ok(())
}

/// Has everything of a recording that was finished made once more, but for editions; until then it can be used as it is.
pub(crate) async fn reopen(db: &mut SqliteConnection, id: RecordingId, now_unix_ms: i64) -> Result<(), CatalogError> {
    let recording = id_bytes(id.uuid());
    sqlx::query(
        "UPDATE artifact SET stale = 1 WHERE recording = ? AND state IN ('done', 'failed') AND edition IS NULL",
    )
    .bind(&recording)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "UPDATE recording SET state = 'processing', updated_at_unix_ms = ?
         WHERE id = ? AND state IN ('done', 'failed')",
    )
    .bind(now_unix_ms)
    .bind(&recording)
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a recording: what is still being made failed with `code`, and the recording is as good as its worst artifact.
pub(crate) async fn settle(
    db: &mut SqliteConnection,
    id: RecordingId,
    code: &str,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    let recording = id_bytes(id.uuid());
    sqlx::query(
        "UPDATE artifact SET state = iif(state = 'processing', 'failed', state), sub_code = ?, stale = 0,
             updated_at_unix_ms = ?
         WHERE recording = ? AND (state = 'processing' AND edition IS NULL OR stale)",
    )
    .bind(code)
    .bind(now_unix_ms)
    .bind(&recording)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "UPDATE recording SET updated_at_unix_ms = ?, state = CASE
             WHEN EXISTS (SELECT 1 FROM artifact
                          WHERE recording = recording.id AND state = 'failed' AND edition IS NULL)
             THEN 'failed' ELSE 'done' END
         WHERE id = ? AND state IN ('processing', 'paused')",
    )
    .bind(now_unix_ms)
    .bind(&recording)
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes one artifact as far as its row tells of it, for `reason`.
pub(crate) async fn delete_one(
    db: &mut SqliteConnection,
    id: ArtifactId,
    reason: &str,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    sqlx::query(
        "UPDATE artifact SET state = 'deleted', sub_code = ?, files = '[]', stale = 0, updated_at_unix_ms = ?
         WHERE id = ?",
    )
    .bind(reason.to_owned())
    .bind(now_unix_ms)
    .bind(id_bytes(id.uuid()))
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes a recording with all that was made of it, as far as rows tell of it, for `reason`; true if it was there.
pub(crate) async fn delete(
    db: &mut SqliteConnection,
    id: RecordingId,
    reason: &str,
    now_unix_ms: i64,
) -> Result<bool, CatalogError> {
    let recording = id_bytes(id.uuid());
    sqlx::query(
        "UPDATE artifact SET state = 'deleted', sub_code = ?, files = '[]', stale = 0, updated_at_unix_ms = ?
         WHERE recording = ? AND state <> 'deleted'",
    )
    .bind(reason.to_owned())
    .bind(now_unix_ms)
    .bind(&recording)
    .execute(&mut *db)
    .await?;
    let done = sqlx::query(
        "UPDATE recording SET state = 'deleted', updated_at_unix_ms = ? WHERE id = ? AND state <> 'deleted'",
    )
    .bind(now_unix_ms)
    .bind(&recording)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// An artifact of its row.
pub(crate) fn artifact_of(row: &SqliteRow) -> Result<Artifact, CatalogError> {
    Ok(Artifact {
        id: read_id(row, "id")?,
        kind: read_name(row, "kind")?,
        format: read_name_if_any(row, "format")?,
        edition: read_json_if_any(row, "edition")?,
        state: read_name(row, "state")?,
        sub_code: row.try_get("sub_code")?,
        created_at_unix_ms: row.try_get("created_at_unix_ms")?,
        updated_at_unix_ms: row.try_get("updated_at_unix_ms")?,
        metadata: read_json_if_any(row, "metadata")?,
        ordered: read_json_if_any(row, "ordered")?,
        files: read_json(row, "files")?,
    })
}

#[cfg(test)]
mod tests;

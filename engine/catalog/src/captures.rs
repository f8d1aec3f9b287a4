//! Captures and their status, which only moves forward. How they come in is in `intake`, who works on them in `work`.

use media::SourceTime;
use model::{
    Capture, CaptureId, CaptureStatus, Recording, RecordingConfig, RecordingId, Retention, StatusChange, StreamRef,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    Catalog, CatalogError, artifacts,
    column::{id_bytes, read_id, read_json, read_name, read_number},
    commands, jobs, left, linked,
    order::latest_first,
    paused,
    reason::Reason,
};

/// Every status, as [`Catalog::counts`] answers them.
const STATUSES: [CaptureStatus; 6] = [
    CaptureStatus::JoiningCall,
    CaptureStatus::InCallNotRecording,
    CaptureStatus::InCallRecording,
    CaptureStatus::CallEnded,
    CaptureStatus::Done,
    CaptureStatus::Fatal,
];

const HOUR_MS: i64 = 3_600_000;

impl Catalog {
    /// One capture with all that belongs to it; `None` if there is none.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn capture(&self, id: CaptureId) -> Result<Option<Capture>, CatalogError> {
        load(&mut *self.read().await?, id).await
    }

    /// The capture of a stream, of several the one that heard the latest; `None` if there is none.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn capture_by_stream(
        &self,
        meeting_uuid: &str,
        stream_id: &str,
    ) -> Result<Option<Capture>, CatalogError> {
        let mut db = self.read().await?;
        let row =
            sqlx::query(concat!("SELECT * FROM capture WHERE meeting_uuid = ? AND stream_id = ?", latest_first!()))
                .bind(meeting_uuid.to_owned())
                .bind(stream_id.to_owned())
                .fetch_optional(&mut *db)
                .await?;
        match row {
            Some(row) => complete(&mut db, &row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The capture that a recording began with; `None` if there is no such recording.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn capture_of_recording(&self, id: RecordingId) -> Result<Option<Capture>, CatalogError> {
        let mut db = self.read().await?;
        let row = sqlx::query("SELECT capture FROM recording WHERE id = ?")
            .bind(id_bytes(id.uuid()))
            .fetch_optional(&mut *db)
            .await?;
        match row {
            Some(row) => load(&mut db, read_id(&row, "capture")?).await,
            None => Ok(None),
        }
    }

    /// The captures whose stream is not over, oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn unfinished_captures(&self) -> Result<Vec<CaptureId>, CatalogError> {
        let rows = sqlx::query(
            "SELECT id FROM capture WHERE status IN ('joining_call', 'in_call_not_recording', 'in_call_recording')
             ORDER BY created_at_unix_ms, id",
        )
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(|row| read_id(row, "id")).collect()
    }

    /// How many captures there are in each status; every status is named.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn counts(&self) -> Result<Vec<(CaptureStatus, u64)>, CatalogError> {
        let rows = sqlx::query("SELECT status, count(*) AS captures FROM capture GROUP BY status")
            .fetch_all(&mut *self.read().await?)
            .await?;
        let mut counts = STATUSES.map(|status| (status, 0));
        for row in &rows {
            let status: CaptureStatus = read_name(row, "status")?;
            if let Some(count) = counts.iter_mut().find(|(of, _)| *of == status) {
                count.1 = read_number(row, "captures")?;
            }
        }
        Ok(counts.to_vec())
    }

    /// Moves a capture to a status; false if that may not follow its present one, or is it.
    ///
    /// # Errors
    /// If there is no such capture, or the database fails.
    pub async fn set_status(
        &self,
        capture: CaptureId,
        status: CaptureStatus,
        sub_code: Option<&str>,
        message: Option<&str>,
        now_unix_ms: i64,
    ) -> Result<bool, CatalogError> {
        let change = StatusChange {
            status,
            sub_code: sub_code.map(str::to_owned),
            message: message.map(str::to_owned),
            at_unix_ms: now_unix_ms,
        };
        self.write(move |db| Box::pin(async move { advance(db, capture, &change).await })).await
    }

    /// Creates the recording of a capture whose first media arrived, with an artifact in `Processing` for each thing
    /// that was asked for. Once for a capture: a later owner gets the same recording, and so does a capture that goes on
    /// with the recording of an earlier one.
    ///
    /// # Errors
    /// If there is no such capture, it is over, or the database fails.
    pub async fn recording_started(
        &self,
        capture: CaptureId,
        started_at: SourceTime,
        now_unix_ms: i64,
    ) -> Result<RecordingId, CatalogError> {
        self.write(move |db| {
            Box::pin(async move {
                let row =
                    sqlx::query("UPDATE capture SET recorded = 1 WHERE id = ? RETURNING status, config, unwanted")
                        .bind(id_bytes(capture.uuid()))
                        .fetch_optional(&mut *db)
                        .await?
                        .ok_or(CatalogError::UnknownCapture(capture))?;
                if read_name::<CaptureStatus>(&row, "status")? >= CaptureStatus::CallEnded {
                    return Err(CatalogError::CaptureOver(capture));
                }
                let id = linked::recording(db, capture).await?;
                artifacts::create(db, capture, id, &read_json(&row, "config")?, started_at, now_unix_ms).await?;
                if read_number::<u8>(&row, "unwanted")? > 0 {
                    // The customer deleted it before there was anything; it is over as soon as its owner hears of that.
                    artifacts::delete(db, id, Reason::Asked.code(), now_unix_ms).await?;
                }
                Ok(id)
            })
        })
        .await
    }
}

/// Loads one capture.
pub(crate) async fn load(db: &mut SqliteConnection, id: CaptureId) -> Result<Option<Capture>, CatalogError> {
    let row =
        sqlx::query("SELECT * FROM capture WHERE id = ?").bind(id_bytes(id.uuid())).fetch_optional(&mut *db).await?;
    match row {
        Some(row) => complete(db, &row).await.map(Some),
        None => Ok(None),
    }
}

/// The status of a capture.
pub(crate) async fn status(db: &mut SqliteConnection, id: CaptureId) -> Result<CaptureStatus, CatalogError> {
    let row = sqlx::query("SELECT status FROM capture WHERE id = ?")
        .bind(id_bytes(id.uuid()))
        .fetch_optional(db)
        .await?
        .ok_or(CatalogError::UnknownCapture(id))?;
    read_name(&row, "status")
}

/// Whether what is received of a capture is stored.
pub(crate) async fn is_stored(db: &mut SqliteConnection, id: CaptureId) -> Result<bool, CatalogError> {
    let row = sqlx::query("SELECT stored FROM capture WHERE id = ?")
        .bind(id_bytes(id.uuid()))
        .fetch_optional(db)
        .await?
        .ok_or(CatalogError::UnknownCapture(id))?;
    Ok(row.try_get("stored")?)
}

/// Moves a capture to a status if that may follow. What an ended capture no longer needs goes with it: its start job,
/// its commands, its secret, and, where nothing is stored, its notice and on whose behalf it ran; and the time begins for which
/// it is kept.
pub(crate) async fn advance(
    db: &mut SqliteConnection,
    id: CaptureId,
    change: &StatusChange,
) -> Result<bool, CatalogError> {
    if !status(db, id).await?.may_become(change.status) {
        return Ok(false);
    }
    sqlx::query("UPDATE capture SET status = ? WHERE id = ?")
        .bind(change.status.code())
        .bind(id_bytes(id.uuid()))
        .execute(&mut *db)
        .await?;
    add_change(db, id, change).await?;
    paused::reflect(db, id, change.status, change.at_unix_ms).await?;
    if change.status >= CaptureStatus::CallEnded {
        jobs::finish(db, jobs::Kind::Start, id).await?;
        commands::forget(db, id).await?;
        left::forget(db, id).await?;
        let row = sqlx::query(
            "UPDATE capture SET signature = NULL, notice = iif(stored, notice, '{}'), operator = iif(stored, operator, NULL)
             WHERE id = ? RETURNING config",
        )
        .bind(id_bytes(id.uuid()))
        .fetch_one(&mut *db)
        .await?;
        set_expiry(db, id, &read_json(&row, "config")?, change.at_unix_ms).await?;
    }
    Ok(true)
}

/// Writes down that the stream of a capture was over at `ended_at_unix_ms`, the first time that is said, and with it until when
/// its content is kept.
async fn set_expiry(
    db: &mut SqliteConnection,
    capture: CaptureId,
    config: &RecordingConfig,
    ended_at_unix_ms: i64,
) -> Result<(), CatalogError> {
    let expires_at_unix_ms = match config.retention {
        Retention::Forever | Retention::Nothing => None,
        Retention::Timed { hours } => Some(ended_at_unix_ms.saturating_add(i64::from(hours).saturating_mul(HOUR_MS))),
    };
    sqlx::query(
        "UPDATE capture SET ended_at_unix_ms = ?, expires_at_unix_ms = ? WHERE id = ? AND ended_at_unix_ms IS NULL",
    )
    .bind(ended_at_unix_ms)
    .bind(expires_at_unix_ms)
    .bind(id_bytes(capture.uuid()))
    .execute(db)
    .await?;
    Ok(())
}

/// Writes a change of status down after those that were before.
pub(crate) async fn add_change(
    db: &mut SqliteConnection,
    id: CaptureId,
    change: &StatusChange,
) -> Result<(), CatalogError> {
    let capture = id_bytes(id.uuid());
    sqlx::query(
        "INSERT INTO status_change (capture, n, status, sub_code, message, at_unix_ms)
         VALUES (?, (SELECT coalesce(max(n), 0) + 1 FROM status_change WHERE capture = ?), ?, ?, ?, ?)",
    )
    .bind(&capture)
    .bind(&capture)
    .bind(change.status.code())
    .bind(change.sub_code.clone())
    .bind(change.message.clone())
    .bind(change.at_unix_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// A capture of its row, with all that belongs to it.
pub(crate) async fn complete(db: &mut SqliteConnection, row: &SqliteRow) -> Result<Capture, CatalogError> {
    let id: CaptureId = read_id(row, "id")?;
    let changes = sqlx::query("SELECT * FROM status_change WHERE capture = ? ORDER BY n")
        .bind(id_bytes(id.uuid()))
        .fetch_all(&mut *db)
        .await?;
    Ok(Capture {
        id,
        project: read_name(row, "project")?,
        stream: StreamRef {
            app: row.try_get("app")?,
            meeting_uuid: row.try_get("meeting_uuid")?,
            stream_id: row.try_get("stream_id")?,
        },
        server_urls: row.try_get("server_urls")?,
        created_at_unix_ms: row.try_get("created_at_unix_ms")?,
        config: read_json(row, "config")?,
        metadata: read_json(row, "metadata")?,
        changes: changes.iter().map(change_of).collect::<Result<_, _>>()?,
        recording: own_recording(db, id, row).await?,
    })
}

/// The recording that a capture has media in; a capture without any has none, though it may share one.
async fn own_recording(
    db: &mut SqliteConnection,
    id: CaptureId,
    row: &SqliteRow,
) -> Result<Option<Recording>, CatalogError> {
    if read_number::<u8>(row, "recorded")? == 0 {
        return Ok(None);
    }
    let recording = linked::recording(db, id).await?;
    artifacts::load(db, recording).await
}

fn change_of(row: &SqliteRow) -> Result<StatusChange, CatalogError> {
    Ok(StatusChange {
        status: read_name(row, "status")?,
        sub_code: row.try_get("sub_code")?,
        message: row.try_get("message")?,
        at_unix_ms: row.try_get("at_unix_ms")?,
    })
}

#[cfg(test)]
mod tests;

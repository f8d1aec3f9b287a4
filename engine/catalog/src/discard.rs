//! What customers delete: a recording with all that belongs to it, or one artifact. How content is deleted is in `purge`.
//!
//! A capture that runs is stopped first, and its content goes when it has ended; the recording counts as deleted at once.

use model::{ArtifactId, CaptureId, CaptureStatus, Command, RecordingId};
use sqlx::SqliteConnection;

use crate::{
    Catalog, CatalogError, artifacts, captures,
    column::{id_bytes, read_id, read_number},
    commands, endpoints, jobs, linked, purge,
    reason::Reason,
};

impl Catalog {
    /// Deletes everything of the recording of a capture, and answers its captures that still run, whose owners were told to
    /// stop. What was deleted before stays deleted.
    ///
    /// # Errors
    /// If there is no such capture, or it could not be made durable.
    pub async fn discard(&self, capture: CaptureId, now_unix_ms: i64) -> Result<Vec<CaptureId>, CatalogError> {
        self.write(move |db| Box::pin(discard(db, capture, now_unix_ms))).await
    }

    /// Deletes one artifact: its row says so at once, a purge of its files is queued, and whoever makes it finds out. False if
    /// there is none, or it was deleted before.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn discard_artifact(&self, id: ArtifactId, now_unix_ms: i64) -> Result<bool, CatalogError> {
        self.write(move |db| {
            Box::pin(async move {
                let Some(capture) = owner(db, id).await? else { return Ok(false) };
                artifacts::delete_one(db, id, Reason::Asked.code(), now_unix_ms).await?;
                jobs::finish_edition(db, id).await?;
                jobs::queue_purge_of(db, capture, id, now_unix_ms).await?;
                Ok(true)
            })
        })
        .await
    }
}

/// The capture that the recording of an artifact began with, unless the artifact is deleted.
async fn owner(db: &mut SqliteConnection, id: ArtifactId) -> Result<Option<CaptureId>, CatalogError> {
    let row = sqlx::query(
        "SELECT recording.capture FROM artifact JOIN recording ON recording.id = artifact.recording
         WHERE artifact.id = ? AND artifact.state <> 'deleted'",
    )
    .bind(id_bytes(id.uuid()))
    .fetch_optional(db)
    .await?;
    row.map(|row| read_id(&row, "capture")).transpose()
}

async fn discard(
    db: &mut SqliteConnection,
    capture: CaptureId,
    now_unix_ms: i64,
) -> Result<Vec<CaptureId>, CatalogError> {
    let recording: RecordingId = linked::recording(db, capture).await?;
    let members = linked::members(db, recording).await?;
    if let Some(over) = members.iter().find(|member| member.is_over()) {
        purge::delete(db, over.capture, Reason::Asked, now_unix_ms).await?;
    } else {
        artifacts::delete(db, recording, Reason::Asked.code(), now_unix_ms).await?;
        endpoints::deleted(db, recording, Reason::Asked.code(), now_unix_ms).await?;
    }
    let mut running = Vec::new();
    for member in members.iter().filter(|member| !member.is_over()) {
        let done = sqlx::query("UPDATE capture SET unwanted = 1 WHERE id = ? AND NOT unwanted")
            .bind(id_bytes(member.capture.uuid()))
            .execute(&mut *db)
            .await?;
        if done.rows_affected() > 0 {
            commands::queue(db, member.capture, &Command::Stop).await?;
            running.push(member.capture);
        }
    }
    Ok(running)
}

/// Deletes everything of the recording of a capture that has just ended, if the customer asked for that while it ran; true
/// if so.
pub(crate) async fn after_end(
    db: &mut SqliteConnection,
    capture: CaptureId,
    now_unix_ms: i64,
) -> Result<bool, CatalogError> {
    debug_assert!(captures::status(db, capture).await? >= CaptureStatus::CallEnded);
    let row = sqlx::query("SELECT unwanted FROM capture WHERE id = ?")
        .bind(id_bytes(capture.uuid()))
        .fetch_one(&mut *db)
        .await?;
    if read_number::<u8>(&row, "unwanted")? == 0 {
        return Ok(false);
    }
    purge::delete(db, capture, Reason::Asked, now_unix_ms).await?;
    Ok(true)
}

#[cfg(test)]
mod tests;

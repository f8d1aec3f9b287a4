//! Transcripts that are ordered of a recording which is over. Each is made by a job of its own, as an edition is; those that the
//! configuration asks for are in `artifacts`.

use model::{Artifact, ArtifactKind, ArtifactState, Edition, Labels, RecordingId, TranscriptOrder};
use sqlx::SqliteConnection;

use crate::{
    Catalog, CatalogError, Ordered,
    column::{id_bytes, json, new_artifact_id},
    editions, jobs,
};

/// How many transcripts of one recording may exist that were not deleted (recording-api §5.3).
pub const MOST_TRANSCRIPTS: u32 = 10;

/// The sub-code of a transcript by somebody who makes none here.
const SUB_CODE: &str = "provider_not_configured";

impl Catalog {
    /// Queues one more transcript of a recording that is over, with these labels. One that nobody here can make has failed when this
    /// returns, and was told as any other.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn order_transcript(
        &self,
        recording: RecordingId,
        order: TranscriptOrder,
        labels: Labels,
        now_unix_ms: i64,
    ) -> Result<Ordered, CatalogError> {
        self.write(move |db| Box::pin(async move { queue(db, recording, &order, &labels, now_unix_ms).await })).await
    }
}

async fn queue(
    db: &mut SqliteConnection,
    recording: RecordingId,
    order: &TranscriptOrder,
    labels: &Labels,
    now_unix_ms: i64,
) -> Result<Ordered, CatalogError> {
    let is_transcript = |artifact: &Artifact| artifact.kind == ArtifactKind::Transcript;
    let capture = match editions::made_of(db, recording, is_transcript, MOST_TRANSCRIPTS).await? {
        Ok(capture) => capture,
        Err(refusal) => return Ok(refusal),
    };
    let id = new_artifact_id(now_unix_ms)?;
    sqlx::query(
        "INSERT INTO artifact
             (id, recording, n, kind, edition, ordered, metadata, state, files, created_at_unix_ms, updated_at_unix_ms)
         SELECT ?, ?, coalesce(max(n), 0) + 1, ?, ?, ?, ?, ?, '[]', ?, ? FROM artifact WHERE recording = ?",
    )
    .bind(id_bytes(id.uuid()))
    .bind(id_bytes(recording.uuid()))
    .bind(ArtifactKind::Transcript.name())
    .bind(json(&Edition::default(), "edition")?)
    .bind(json(order, "ordered")?)
    .bind(json(labels, "metadata")?)
    .bind(ArtifactState::Processing.code())
    .bind(now_unix_ms)
    .bind(now_unix_ms)
    .bind(id_bytes(recording.uuid()))
    .execute(&mut *db)
    .await?;
    if order.can_be_made() {
        jobs::queue_edition(db, capture, id, now_unix_ms).await?;
        return Ok(Ordered::Queued(id));
    }
    // A change of its own, so that its failure is told after its beginning.
    sqlx::query("UPDATE artifact SET state = ?, sub_code = ? WHERE id = ?")
        .bind(ArtifactState::Failed.code())
        .bind(SUB_CODE)
        .bind(id_bytes(id.uuid()))
        .execute(db)
        .await?;
    Ok(Ordered::Queued(id))
}

#[cfg(test)]
mod tests;

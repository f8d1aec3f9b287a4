//! What remains known of files that were deleted. It is written down by a trigger (`0018_receipts.sql`), in the transaction of the deletion
//! itself; removing the files is the studio's business, what else remains is in `purge`.

use model::{ArtifactId, DeletedFile, RecordingId};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    Catalog, CatalogError,
    column::{id_bytes, read_id, read_name, read_number},
};

/// Finds the deleted files of a recording.
const OF_RECORDING: &str = "SELECT deleted_file.*, artifact.kind FROM deleted_file
     JOIN artifact ON artifact.id = deleted_file.artifact WHERE artifact.recording = ? ORDER BY artifact.n, deleted_file.n";
/// The same of an artifact.
const OF_ARTIFACT: &str = "SELECT deleted_file.*, artifact.kind FROM deleted_file
     JOIN artifact ON artifact.id = deleted_file.artifact WHERE artifact.id = ? ORDER BY deleted_file.n";

impl Catalog {
    /// The files of a recording that were deleted, with those of artifacts that were deleted alone, in the order of its artifacts.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn deleted_files(&self, recording: RecordingId) -> Result<Vec<DeletedFile>, CatalogError> {
        of_recording(&mut *self.read().await?, recording).await
    }
}

/// The files of a recording that were deleted.
pub(crate) async fn of_recording(
    db: &mut SqliteConnection,
    recording: RecordingId,
) -> Result<Vec<DeletedFile>, CatalogError> {
    let rows = sqlx::query(OF_RECORDING).bind(id_bytes(recording.uuid())).fetch_all(db).await?;
    rows.iter().map(file_of).collect()
}

/// The files of an artifact that were deleted.
pub(crate) async fn of_artifact(
    db: &mut SqliteConnection,
    artifact: ArtifactId,
) -> Result<Vec<DeletedFile>, CatalogError> {
    let rows = sqlx::query(OF_ARTIFACT).bind(id_bytes(artifact.uuid())).fetch_all(db).await?;
    rows.iter().map(file_of).collect()
}

fn file_of(row: &SqliteRow) -> Result<DeletedFile, CatalogError> {
    Ok(DeletedFile {
        artifact: read_id(row, "artifact")?,
        kind: read_name(row, "kind")?,
        name: row.try_get("name")?,
        bytes: read_number(row, "bytes")?,
        sha256: row.try_get("sha256")?,
        at_unix_ms: row.try_get("at_unix_ms")?,
    })
}

#[cfg(test)]
mod tests;

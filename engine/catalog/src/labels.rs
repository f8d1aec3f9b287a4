//! The customer's own labels, changed after the request. Those of the request itself are in its configuration.

use model::{ArtifactId, CaptureId, Labels, RecordingId};

use crate::{
    Catalog, CatalogError,
    column::{id_bytes, json},
};

impl Catalog {
    /// Replaces the labels of a capture; false if there is none of that id.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn label_capture(&self, id: CaptureId, labels: Labels) -> Result<bool, CatalogError> {
        self.label("UPDATE capture SET metadata = ? WHERE id = ?", id_bytes(id.uuid()), labels).await
    }

    /// Replaces the labels of a recording; false if there is none of that id.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn label_recording(&self, id: RecordingId, labels: Labels) -> Result<bool, CatalogError> {
        self.label("UPDATE recording SET metadata = ? WHERE id = ?", id_bytes(id.uuid()), labels).await
    }

    /// Replaces the labels of an artifact; false if there is none of that id.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn label_artifact(&self, id: ArtifactId, labels: Labels) -> Result<bool, CatalogError> {
        self.label("UPDATE artifact SET metadata = ? WHERE id = ?", id_bytes(id.uuid()), labels).await
    }

    async fn label(&self, statement: &'static str, id: Vec<u8>, labels: Labels) -> Result<bool, CatalogError> {
        let labels = json(&labels, "metadata")?;
        self.write(move |db| {
            Box::pin(async move {
                let done = sqlx::query(statement).bind(labels).bind(id).execute(db).await?;
                Ok(done.rows_affected() > 0)
            })
        })
        .await
    }
}

//! Whether a capture is recorded, as the customer wants it. Who obeys is in `ingest`, what the recording says of it in `paused`.

use model::{CaptureId, CaptureStatus, Command};
use sqlx::SqliteConnection;

use crate::{Catalog, CatalogError, captures, column::id_bytes, commands};

impl Catalog {
    /// Has a capture not recorded from now on, or recorded again, and tells its owner; false if it is over. It lasts, whoever owns the
    /// capture or goes on with its stream.
    ///
    /// # Errors
    /// If there is no such capture, or it could not be made durable.
    pub async fn withhold(&self, capture: CaptureId, is_withheld: bool) -> Result<bool, CatalogError> {
        self.write(move |db| Box::pin(withhold(db, capture, is_withheld))).await
    }
}

async fn withhold(db: &mut SqliteConnection, capture: CaptureId, is_withheld: bool) -> Result<bool, CatalogError> {
    if captures::status(db, capture).await? >= CaptureStatus::CallEnded {
        return Ok(false);
    }
    sqlx::query("UPDATE capture SET withheld = ? WHERE id = ?")
        .bind(is_withheld)
        .bind(id_bytes(capture.uuid()))
        .execute(&mut *db)
        .await?;
    commands::queue(db, capture, &if is_withheld { Command::Pause } else { Command::Resume }).await?;
    Ok(true)
}

#[cfg(test)]
mod tests;

//! Consent that was withdrawn: who is told, and what is deleted because of it (fault matrix C20). How content is deleted is
//! in `purge`.

use model::{CaptureId, CaptureStatus};
use sqlx::SqliteConnection;

use crate::{
    Catalog, CatalogError, captures,
    commands::{self, WITHDRAWN},
    linked, purge,
    reason::Reason,
};

impl Catalog {
    /// Deletes the recording of a capture because consent was withdrawn: a capture that runs is told so and deletes when it
    /// ends, of one that is over everything is gone from the rows at once and a purge is queued. False, and without
    /// effect, where that happened before.
    ///
    /// # Errors
    /// If there is no such capture, or the database fails.
    pub async fn revoke(&self, capture: CaptureId, now_unix_ms: i64) -> Result<bool, CatalogError> {
        self.write(move |db| {
            Box::pin(async move {
                if captures::status(db, capture).await? < CaptureStatus::CallEnded {
                    return tell(db, capture).await;
                }
                withdraw(db, capture, now_unix_ms).await
            })
        })
        .await
    }
}

/// Tells the owner of a capture that consent was withdrawn; true unless that was told before. From then on it ends in no
/// other way ([`is_told`]).
async fn tell(db: &mut SqliteConnection, capture: CaptureId) -> Result<bool, CatalogError> {
    if is_told(db, capture).await? {
        return Ok(false);
    }
    commands::queue(db, capture, &WITHDRAWN).await?;
    Ok(true)
}

/// Whether it was announced that consent was withdrawn for a capture that runs, heard by its owner or not.
pub(crate) async fn is_told(db: &mut SqliteConnection, capture: CaptureId) -> Result<bool, CatalogError> {
    commands::has_kind(db, capture, &WITHDRAWN).await
}

/// Takes everything of the recording of a capture that is over out of the rows, and queues the purge of its files; its
/// captures that still run are told.
pub(crate) async fn withdraw(
    db: &mut SqliteConnection,
    capture: CaptureId,
    now_unix_ms: i64,
) -> Result<bool, CatalogError> {
    let is_new = purge::delete(db, capture, Reason::Revoked, now_unix_ms).await?;
    if is_new {
        let recording = linked::recording(db, capture).await?;
        for member in linked::members(db, recording).await?.into_iter().filter(|member| !member.is_over()) {
            tell(db, member.capture).await?;
        }
    }
    Ok(is_new)
}

#[cfg(test)]
mod tests;

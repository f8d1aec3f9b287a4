//! Rows of commands: what a capture's owner shall do. Who may ask for what is decided in `intake`.
//!
//! Of each kind a capture has one row at most, however often it is asked for. Consent that was withdrawn is a kind of its own:
//! no other stop stands in its way.

use model::{CaptureId, Command};
use sqlx::SqliteConnection;

use crate::{
    Catalog, CatalogError,
    column::{id_bytes, json, read_id, read_json},
};

/// The platform's number for consent that was withdrawn (protocol §10.3).
pub(crate) const REVOKED: i64 = 8;

/// The platform announced that consent was withdrawn.
pub(crate) const WITHDRAWN: Command = Command::Stopped { reason: Some(REVOKED) };

impl Catalog {
    /// The commands of a capture that nobody took yet, oldest first; they are taken from then on. An owner that dies
    /// before it obeyed loses none: whoever claims the capture next gets them again.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn take_commands(&self, capture: CaptureId) -> Result<Vec<Command>, CatalogError> {
        // Polled for every capture, so the writer is only asked when there is something.
        if !any(&mut *self.read().await?, capture).await? {
            return Ok(Vec::new());
        }
        self.write(move |db| Box::pin(take(db, capture))).await
    }

    /// The captures with commands that nobody took yet. Asked over and over for all at once, so that no capture has to ask for
    /// itself.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn commanded(&self) -> Result<Vec<CaptureId>, CatalogError> {
        // Only of captures that are not over there are any rows.
        let rows = sqlx::query("SELECT DISTINCT capture FROM command WHERE taken = 0")
            .fetch_all(&mut *self.read().await?)
            .await?;
        rows.iter().map(|row| read_id(row, "capture")).collect()
    }
}

async fn any(db: &mut SqliteConnection, capture: CaptureId) -> Result<bool, CatalogError> {
    let row = sqlx::query("SELECT 1 FROM command WHERE capture = ? AND taken = 0 LIMIT 1")
        .bind(id_bytes(capture.uuid()))
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

async fn take(db: &mut SqliteConnection, capture: CaptureId) -> Result<Vec<Command>, CatalogError> {
    let rows = sqlx::query("SELECT body FROM command WHERE capture = ? AND taken = 0 ORDER BY n")
        .bind(id_bytes(capture.uuid()))
        .fetch_all(&mut *db)
        .await?;
    sqlx::query("UPDATE command SET taken = 1 WHERE capture = ?").bind(id_bytes(capture.uuid())).execute(db).await?;
    rows.iter().map(|row| read_json(row, "body")).collect()
}

/// Queues a command, in place of those of its kind that came before.
pub(crate) async fn queue(
    db: &mut SqliteConnection,
    capture: CaptureId,
    command: &Command,
) -> Result<(), CatalogError> {
    sqlx::query("DELETE FROM command WHERE capture = ? AND kind = ?")
        .bind(id_bytes(capture.uuid()))
        .bind(kind(command))
        .execute(&mut *db)
        .await?;
    sqlx::query("INSERT INTO command (capture, kind, body, taken) VALUES (?, ?, ?, 0)")
        .bind(id_bytes(capture.uuid()))
        .bind(kind(command))
        .bind(json(command, "body")?)
        .execute(db)
        .await?;
    Ok(())
}

/// Whether a command of the same kind was queued before.
pub(crate) async fn has_kind(
    db: &mut SqliteConnection,
    capture: CaptureId,
    command: &Command,
) -> Result<bool, CatalogError> {
    one_of_kind(db, "SELECT 1 FROM command WHERE capture = ? AND kind = ? LIMIT 1", capture, command).await
}

/// Whether a command of the same kind was queued and nobody took it yet.
pub(crate) async fn waits(
    db: &mut SqliteConnection,
    capture: CaptureId,
    command: &Command,
) -> Result<bool, CatalogError> {
    one_of_kind(db, "SELECT 1 FROM command WHERE capture = ? AND kind = ? AND taken = 0 LIMIT 1", capture, command)
        .await
}

async fn one_of_kind(
    db: &mut SqliteConnection,
    query: &'static str,
    capture: CaptureId,
    command: &Command,
) -> Result<bool, CatalogError> {
    let row = sqlx::query(query).bind(id_bytes(capture.uuid())).bind(kind(command)).fetch_optional(db).await?;
    Ok(row.is_some())
}

/// Offers the commands of a capture to its new owner: all but those that its fresh connection makes pointless.
pub(crate) async fn offer_again(db: &mut SqliteConnection, capture: CaptureId) -> Result<(), CatalogError> {
    sqlx::query("UPDATE command SET taken = (kind IN ('moved', 'interrupted')) WHERE capture = ?")
        .bind(id_bytes(capture.uuid()))
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets the commands of a capture that is over.
pub(crate) async fn forget(db: &mut SqliteConnection, capture: CaptureId) -> Result<(), CatalogError> {
    sqlx::query("DELETE FROM command WHERE capture = ?").bind(id_bytes(capture.uuid())).execute(db).await?;
    Ok(())
}

const fn kind(command: &Command) -> &'static str {
    match command {
        Command::Stop => "stop",
        Command::Stopped { reason: Some(REVOKED) } => "revoked",
        Command::Stopped { .. } => "stopped",
        Command::Interrupted => "interrupted",
        Command::Watch { .. } => "watch",
        // Of the two only what was said last counts.
        Command::Pause | Command::Resume => "pause",
        Command::Moved { .. } => "moved",
    }
}

#[cfg(test)]
mod tests;

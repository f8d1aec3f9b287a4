//! Who waits for whom: of the deliveries to one receiver that concern one recording, are in turn and wait, the first is free and
//! all others stand behind it. Each transaction that puts one in or takes one away leaves it so; what is due is found in
//! `deliveries`.

use model::{RecordingId, WebhookEndpointId};
use sqlx::SqliteConnection;

use crate::{CatalogError, column::id_bytes};

/// Does what [`free_first`] says.
pub(super) const FREE_FIRST: &str = "UPDATE webhook_delivery SET behind = 0
     WHERE n = (SELECT min(n) FROM webhook_delivery
         WHERE endpoint = ? AND recording = ? AND state = 'waiting' AND in_turn)";

/// Lets the first go, after one before it went away.
pub(super) async fn free_first(
    db: &mut SqliteConnection,
    endpoint: WebhookEndpointId,
    recording: RecordingId,
) -> Result<(), CatalogError> {
    let (endpoint, recording) = (id_bytes(endpoint.uuid()), id_bytes(recording.uuid()));
    sqlx::query(FREE_FIRST).bind(endpoint).bind(recording).execute(db).await?;
    Ok(())
}

/// Lines all of them up, after some were put in before others.
pub(super) async fn line_up(
    db: &mut SqliteConnection,
    endpoint: WebhookEndpointId,
    recording: RecordingId,
) -> Result<(), CatalogError> {
    sqlx::query(
        "UPDATE webhook_delivery SET behind = 1
         WHERE endpoint = ? AND recording = ? AND state = 'waiting' AND in_turn AND NOT behind",
    )
    .bind(id_bytes(endpoint.uuid()))
    .bind(id_bytes(recording.uuid()))
    .execute(&mut *db)
    .await?;
    free_first(db, endpoint, recording).await
}

#[cfg(test)]
mod tests;

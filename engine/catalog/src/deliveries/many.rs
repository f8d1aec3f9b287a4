//! What moves any number of a receiver's deliveries: replays, giving up, forgetting. Each goes a slice an operation, so that the one
//! writer is never held for all of them; what is broken off between two slices is asked for again.

use std::collections::BTreeSet;

use model::{RecordingId, WebhookEndpointId};

use super::{SUB_CODE, turn};
use crate::{
    Catalog, CatalogError,
    column::{id_bytes, json, read_id},
};

/// How many deliveries one operation moves.
const SLICE: u16 = 500;

/// Finds what [`Catalog::replay_deliveries`] moves next.
pub(super) const TO_REPLAY: &str = "SELECT n FROM webhook_delivery
     WHERE endpoint = ? AND n > ? AND n <= ? AND created_at_unix_ms >= ? AND (state = 'dead' OR state = 'delivered' AND NOT ?)
     ORDER BY n LIMIT ?";

/// Does a slice of what [`Catalog::give_up_waiting`] says.
pub(super) const GIVE_UP: &str = "UPDATE webhook_delivery SET state = 'dead', code = ?, finished_at_unix_ms = ?
     WHERE EXISTS (SELECT 1 FROM webhook_endpoint WHERE id = ? AND disabled IS NOT NULL) AND n IN (
         SELECT n FROM webhook_delivery WHERE endpoint = ? AND state = 'waiting' LIMIT ?)";

/// Does a slice of what [`Catalog::forget_deliveries`] says.
pub(super) const FORGET: &str = "DELETE FROM webhook_delivery WHERE n IN (
         SELECT n FROM webhook_delivery WHERE endpoint = ? ORDER BY n LIMIT ?)";

impl Catalog {
    /// Has everything brought once more that was queued for a receiver since a moment, or of it only the dead letters, in the
    /// order of before. Answers how many that are; of one that is disabled meanwhile, the rest stays.
    ///
    /// # Errors
    /// If it could not be made durable; then some may be in the queue.
    pub async fn replay_deliveries(
        &self,
        endpoint: WebhookEndpointId,
        since_unix_ms: i64,
        only_dead: bool,
        now_unix_ms: i64,
    ) -> Result<u64, CatalogError> {
        let (mut after, mut replayed) = (0, 0);
        // What is queued meanwhile needs no replay.
        let last: Option<i64> = sqlx::query_scalar("SELECT max(n) FROM webhook_delivery WHERE endpoint = ?")
            .bind(id_bytes(endpoint.uuid()))
            .fetch_one(&mut *self.read().await?)
            .await?;
        loop {
            let slice: Vec<i64> = sqlx::query_scalar(TO_REPLAY)
                .bind(id_bytes(endpoint.uuid()))
                .bind(after)
                .bind(last)
                .bind(since_unix_ms)
                .bind(only_dead)
                .bind(SLICE)
                .fetch_all(&mut *self.read().await?)
                .await?;
            let Some(end) = slice.last() else { return Ok(replayed) };
            after = *end;
            replayed += self.replay_slice(endpoint, &slice, only_dead, now_unix_ms).await?;
        }
    }

    async fn replay_slice(
        &self,
        endpoint: WebhookEndpointId,
        slice: &[i64],
        only_dead: bool,
        now_unix_ms: i64,
    ) -> Result<u64, CatalogError> {
        let slice = json(&slice, "n")?;
        self.write(move |db| {
            Box::pin(async move {
                let rows = sqlx::query(
                    "UPDATE webhook_delivery SET state = 'waiting', in_turn = 1, behind = 1, round = round + 1,
                         attempts = 0, code = NULL, next_at_unix_ms = ?, finished_at_unix_ms = NULL
                     WHERE n IN (SELECT value FROM json_each(?)) AND (state = 'dead' OR state = 'delivered' AND NOT ?)
                         AND EXISTS (SELECT 1 FROM webhook_endpoint WHERE id = ? AND disabled IS NULL)
                     RETURNING recording",
                )
                .bind(now_unix_ms)
                .bind(slice)
                .bind(only_dead)
                .bind(id_bytes(endpoint.uuid()))
                .fetch_all(&mut *db)
                .await?;
                let recordings: Result<BTreeSet<RecordingId>, _> =
                    rows.iter().map(|row| read_id(row, "recording")).collect();
                for recording in recordings? {
                    turn::line_up(db, endpoint, recording).await?;
                }
                Ok(rows.len() as u64)
            })
        })
        .await
    }

    /// Makes what waits for a receiver dead letters, for as long as it is disabled.
    ///
    /// # Errors
    /// If it could not be made durable; then some may be given up.
    pub(crate) async fn give_up_waiting(
        &self,
        endpoint: WebhookEndpointId,
        now_unix_ms: i64,
    ) -> Result<(), CatalogError> {
        let id = || id_bytes(endpoint.uuid());
        loop {
            let (disabled, of_it) = (id(), id());
            let slice = self.write(move |db| {
                Box::pin(async move {
                    let query = sqlx::query(GIVE_UP).bind(SUB_CODE).bind(now_unix_ms).bind(disabled);
                    Ok(query.bind(of_it).bind(SLICE).execute(db).await?.rows_affected())
                })
            });
            if slice.await? < u64::from(SLICE) {
                return Ok(());
            }
        }
    }

    /// Gives up what still waits for receivers that are disabled: a process that ended left it between two slices.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn give_up_for_disabled(&self, now_unix_ms: i64) -> Result<(), CatalogError> {
        let rows = sqlx::query(
            "SELECT id FROM webhook_endpoint WHERE disabled IS NOT NULL AND EXISTS (
                 SELECT 1 FROM webhook_delivery WHERE endpoint = webhook_endpoint.id AND state = 'waiting')",
        )
        .fetch_all(&mut *self.read().await?)
        .await?;
        for row in &rows {
            self.give_up_waiting(read_id(row, "id")?, now_unix_ms).await?;
        }
        Ok(())
    }

    /// Forgets all deliveries of a receiver that is about to go.
    ///
    /// # Errors
    /// If it could not be made durable; then some may be forgotten.
    pub(crate) async fn forget_deliveries(&self, endpoint: WebhookEndpointId) -> Result<(), CatalogError> {
        loop {
            let slice = self.write(move |db| {
                Box::pin(async move {
                    let query = sqlx::query(FORGET).bind(id_bytes(endpoint.uuid())).bind(SLICE);
                    Ok(query.execute(db).await?.rows_affected())
                })
            });
            if slice.await? < u64::from(SLICE) {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests;

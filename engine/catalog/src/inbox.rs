//! The memory of what the platform told: which deliveries were seen, which streams are over. What follows from it for
//! captures is in `intake`.

use sqlx::{Row, SqliteConnection};

use crate::{Catalog, CatalogError};

/// How long it lasts. Customers are promised seven days; a day more covers clocks that were set.
const MEMORY_MS: i64 = 8 * 24 * 60 * 60 * 1000;

impl Catalog {
    /// Remembers a webhook delivery by its key for at least seven days; true if the key is new.
    ///
    /// # Errors
    /// If it could not be made durable; the delivery must then not be acknowledged.
    pub async fn remember_delivery(&self, key: &str, now_unix_ms: i64) -> Result<bool, CatalogError> {
        let key = key.to_owned();
        self.write(move |db| Box::pin(remember(db, key, now_unix_ms))).await
    }
}

async fn remember(db: &mut SqliteConnection, key: String, now_unix_ms: i64) -> Result<bool, CatalogError> {
    sqlx::query("DELETE FROM delivery WHERE seen_at_unix_ms < ?")
        .bind(now_unix_ms.saturating_sub(MEMORY_MS))
        .execute(&mut *db)
        .await?;
    let done = sqlx::query("INSERT INTO delivery (key, seen_at_unix_ms) VALUES (?, ?) ON CONFLICT (key) DO NOTHING")
        .bind(key)
        .bind(now_unix_ms)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Leaves a tombstone for a stream; the latest stop of several counts.
pub(crate) async fn entomb(
    db: &mut SqliteConnection,
    app: &str,
    stream_id: &str,
    reason: Option<i64>,
    stopped_at_unix_ms: i64,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    sqlx::query("DELETE FROM stopped_stream WHERE seen_at_unix_ms < ?")
        .bind(now_unix_ms.saturating_sub(MEMORY_MS))
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO stopped_stream (stream_id, app, reason, stopped_at_unix_ms, seen_at_unix_ms)
         VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (stream_id) DO UPDATE SET app = excluded.app, reason = excluded.reason,
             stopped_at_unix_ms = excluded.stopped_at_unix_ms, seen_at_unix_ms = excluded.seen_at_unix_ms
         WHERE excluded.stopped_at_unix_ms > stopped_stream.stopped_at_unix_ms",
    )
    .bind(stream_id)
    .bind(app)
    .bind(reason)
    .bind(stopped_at_unix_ms)
    .bind(now_unix_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a stream stopped at or after a moment of the platform's clock.
pub(crate) async fn stopped_since(
    db: &mut SqliteConnection,
    stream_id: &str,
    unix_ms: i64,
) -> Result<bool, CatalogError> {
    let row = sqlx::query("SELECT stopped_at_unix_ms FROM stopped_stream WHERE stream_id = ?")
        .bind(stream_id)
        .fetch_optional(db)
        .await?;
    Ok(match row {
        Some(row) => row.try_get::<i64, _>(0)? >= unix_ms,
        None => false,
    })
}

#[cfg(test)]
mod tests;

//! The memory of what the platform told: which deliveries were seen, which streams are over. What follows from it for
//! captures is in `intake` and `told`.

use model::{FOREIGN_APP, StreamRef};
use sqlx::SqliteConnection;

use crate::{Catalog, CatalogError, commands::REVOKED};

/// How long it lasts. Customers are promised seven days; a day more covers clocks that were set.
const MEMORY_MS: i64 = 8 * 24 * 60 * 60 * 1000;

/// One delivery of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The same for every delivery of one notice.
    pub key: String,
    /// When it was that the notice tells of, in milliseconds of the platform's clock.
    pub told_unix_ms: i64,
    /// Now, in milliseconds of this machine's wall clock since the Unix epoch.
    pub now_unix_ms: i64,
}

impl Catalog {
    /// Remembers a webhook delivery by its key for at least seven days; true if the key is new.
    ///
    /// # Errors
    /// If it could not be made durable; the delivery must then not be acknowledged.
    pub async fn remember_delivery(&self, key: &str, now_unix_ms: i64) -> Result<bool, CatalogError> {
        let key = key.to_owned();
        self.write(move |db| Box::pin(async move { remember(db, &key, now_unix_ms).await })).await
    }
}

/// Remembers a delivery; true if its key is new.
pub(crate) async fn remember(db: &mut SqliteConnection, key: &str, now_unix_ms: i64) -> Result<bool, CatalogError> {
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

/// Leaves a tombstone for a stream; the latest stop of several counts, and consent that was withdrawn before every other.
pub(crate) async fn entomb(
    db: &mut SqliteConnection,
    app: &str,
    stream_id: &str,
    reason: Option<i64>,
    stopped_at_unix_ms: i64,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    sqlx::query("DELETE FROM stopped WHERE seen_at_unix_ms < ?")
        .bind(now_unix_ms.saturating_sub(MEMORY_MS))
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO stopped (stream_id, app, reason, stopped_at_unix_ms, seen_at_unix_ms)
         VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (stream_id, app) DO UPDATE SET reason = iif(stopped.reason = ?, stopped.reason, excluded.reason),
             stopped_at_unix_ms = max(excluded.stopped_at_unix_ms, stopped.stopped_at_unix_ms),
             seen_at_unix_ms = excluded.seen_at_unix_ms
         WHERE excluded.stopped_at_unix_ms > stopped.stopped_at_unix_ms OR excluded.reason = ?",
    )
    .bind(stream_id)
    .bind(app)
    .bind(reason)
    .bind(stopped_at_unix_ms)
    .bind(now_unix_ms)
    .bind(REVOKED)
    .bind(REVOKED)
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a stream stopped at or after a moment of the platform's clock, or whenever consent for it was withdrawn. Only the
/// word of its own app counts, or of any where the app is not one of ours.
pub(crate) async fn stopped_since(
    db: &mut SqliteConnection,
    stream: &StreamRef,
    unix_ms: i64,
) -> Result<bool, CatalogError> {
    let row = sqlx::query(
        "SELECT 1 FROM stopped WHERE stream_id = ? AND (app = ? OR ? = ?) AND (stopped_at_unix_ms >= ? OR reason = ?)
         LIMIT 1",
    )
    .bind(&stream.stream_id)
    .bind(&stream.app)
    .bind(&stream.app)
    .bind(FOREIGN_APP)
    .bind(unix_ms)
    .bind(REVOKED)
    .fetch_optional(db)
    .await?;
    Ok(row.is_some())
}

#[cfg(test)]
mod tests;

//! Brings a database to the newest schema. The statements are in `migrations/`; what they hold is the aggregates'
//! business. A migration that was released is never changed.

use sqlx::{Row, SqliteConnection};

use crate::CatalogError;

/// Every migration, oldest first; the place in this list, from 1, is the version.
const MIGRATIONS: [&str; 1] = [include_str!("../migrations/0001_captures.sql")];

/// Applies the migrations that the database lacks, each in a transaction of its own.
///
/// # Errors
/// If the database is newer than this program, or refuses a statement.
pub(crate) async fn migrate(db: &mut SqliteConnection, now_unix_ms: i64) -> Result<(), CatalogError> {
    sqlx::raw_sql(
        "CREATE TABLE IF NOT EXISTS schema_version (
            version INTEGER PRIMARY KEY NOT NULL,
            applied_at_unix_ms INTEGER NOT NULL
        ) STRICT",
    )
    .execute(&mut *db)
    .await?;
    let found: i64 =
        sqlx::query("SELECT coalesce(max(version), 0) FROM schema_version").fetch_one(&mut *db).await?.try_get(0)?;
    if found > MIGRATIONS.len() as i64 {
        return Err(CatalogError::NewerSchema { found, known: MIGRATIONS.len() as i64 });
    }
    for (version, script) in (1_i64..).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        if let Err(error) = apply(db, version, script, now_unix_ms).await {
            // Fails if SQLite rolled back by itself; the first error is the one to tell.
            let _ = sqlx::query("ROLLBACK").execute(&mut *db).await;
            return Err(error.into());
        }
        tracing::info!(version, "the catalogue's schema was brought up to date");
    }
    Ok(())
}

async fn apply(
    db: &mut SqliteConnection,
    version: i64,
    script: &'static str,
    now_unix_ms: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *db).await?;
    sqlx::raw_sql(script).execute(&mut *db).await?;
    sqlx::query("INSERT INTO schema_version (version, applied_at_unix_ms) VALUES (?, ?)")
        .bind(version)
        .bind(now_unix_ms)
        .execute(&mut *db)
        .await?;
    sqlx::query("COMMIT").execute(&mut *db).await.map(|_| ())
}

//! Brings a database to the newest schema. The statements are in `migrations/`; what they hold is the aggregates'
//! business. A migration that was released is never changed.

use sqlx::{Row, SqliteConnection};

use crate::CatalogError;

/// Every migration, oldest first; the place in this list, from 1, is the version.
const MIGRATIONS: [&str; 18] = [
    include_str!("../migrations/0001_captures.sql"),
    include_str!("../migrations/0002_linked_and_revoked.sql"),
    include_str!("../migrations/0003_streams_again.sql"),
    include_str!("../migrations/0004_crashes.sql"),
    include_str!("../migrations/0005_retention.sql"),
    include_str!("../migrations/0006_streaming_only.sql"),
    include_str!("../migrations/0007_formats.sql"),
    include_str!("../migrations/0008_projects.sql"),
    include_str!("../migrations/0009_webhooks.sql"),
    include_str!("../migrations/0010_realtime_endpoints.sql"),
    include_str!("../migrations/0011_failing_run.sql"),
    include_str!("../migrations/0012_behind.sql"),
    include_str!("../migrations/0013_round.sql"),
    include_str!("../migrations/0014_endpoint_notices.sql"),
    include_str!("../migrations/0015_lists_and_texts.sql"),
    include_str!("../migrations/0016_withheld_and_transcripts.sql"),
    include_str!("../migrations/0017_project_secrets.sql"),
    include_str!("../migrations/0018_receipts.sql"),
];

/// Applies the migrations that the database lacks, each in a transaction of its own.
///
/// # Errors
/// If the database is newer than this program, refuses a statement, or a migration leaves a row that refers to nothing.
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
    // A table that is made anew must not take along what refers to it; within a transaction this cannot be said.
    sqlx::query("PRAGMA foreign_keys = OFF").execute(&mut *db).await?;
    for (version, script) in (1_i64..).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        if let Err(error) = apply(db, version, script, now_unix_ms).await {
            // Fails if SQLite rolled back by itself; the first error is the one to tell.
            let _ = sqlx::query("ROLLBACK").execute(&mut *db).await;
            return Err(error);
        }
        tracing::info!(version, "the catalogue's schema was brought up to date");
    }
    sqlx::query("PRAGMA foreign_keys = ON").execute(db).await?;
    Ok(())
}

/// Whether the database is as this program expects it, for whoever opens one that another process has brought up to date.
///
/// # Errors
/// If it is older, or newer.
pub(crate) async fn check(db: &mut SqliteConnection) -> Result<(), CatalogError> {
    let found: i64 =
        sqlx::query("SELECT coalesce(max(version), 0) FROM schema_version").fetch_one(db).await?.try_get(0)?;
    let known = MIGRATIONS.len() as i64;
    match found {
        _ if found > known => Err(CatalogError::NewerSchema { found, known }),
        _ if found < known => Err(CatalogError::OlderSchema { found, known }),
        _ => Ok(()),
    }
}

async fn apply(
    db: &mut SqliteConnection,
    version: i64,
    script: &'static str,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *db).await?;
    sqlx::raw_sql(script).execute(&mut *db).await?;
    if sqlx::query("PRAGMA foreign_key_check").fetch_optional(&mut *db).await?.is_some() {
        let why = format!("a row refers to nothing after migration {version}");
        return Err(CatalogError::Unreadable { column: "reference", why });
    }
    sqlx::query("INSERT INTO schema_version (version, applied_at_unix_ms) VALUES (?, ?)")
        .bind(version)
        .bind(now_unix_ms)
        .execute(&mut *db)
        .await?;
    sqlx::query("COMMIT").execute(&mut *db).await?;
    Ok(())
}

#[cfg(test)]
mod tests;

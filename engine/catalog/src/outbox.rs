//! The outbox: changes of state that nobody was told of yet. They are written down by triggers (`0009_webhooks.sql`, `0014_endpoint_notices.sql`), each in
//! the transaction of the change itself, so a change is told if and only if it happened, and never before. Which receivers hear
//! of it and in which words is decided in `deliver`; bringing it to them is in `deliveries`.

use model::{CaptureId, Notice, RecordingState, Subject, WebhookMessage};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    Catalog, CatalogError, captures,
    column::{read_id, read_id_if_any},
    deliveries, endpoints, linked, receipts,
};

/// The code of what was deleted.
const DELETED: &str = RecordingState::Deleted.code();

/// Finds what [`Catalog::notices`] answers.
const WAITING: &str = "SELECT * FROM notice ORDER BY n LIMIT ?";

impl Catalog {
    /// The oldest changes of state that are to be told, at most `limit`, in the order in which they were committed.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn notices(&self, limit: u32) -> Result<Vec<Notice>, CatalogError> {
        let mut db = self.read().await?;
        let rows = sqlx::query(WAITING).bind(i64::from(limit)).fetch_all(&mut *db).await?;
        let mut notices = Vec::with_capacity(rows.len());
        for row in &rows {
            notices.push(notice_of(&mut db, row).await?);
        }
        Ok(notices)
    }

    /// Puts what notices mean to their receivers on its way, in this order, and takes the notices out of the outbox, all or
    /// nothing. A notice that is not there any more was taken out before and has no effect. What is for a receiver that is disabled
    /// is a dead letter at once.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn expand_notices(
        &self,
        expanded: Vec<(Notice, Vec<WebhookMessage>)>,
        now_unix_ms: i64,
    ) -> Result<(), CatalogError> {
        self.write(move |db| Box::pin(expand(db, expanded, now_unix_ms))).await
    }
}

async fn expand(
    db: &mut SqliteConnection,
    expanded: Vec<(Notice, Vec<WebhookMessage>)>,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    for (notice, messages) in expanded {
        let taken = sqlx::query("DELETE FROM notice WHERE n = ?").bind(notice.number).execute(&mut *db).await?;
        if taken.rows_affected() == 0 {
            continue;
        }
        for message in messages {
            deliveries::queue(db, notice.recording, &message, now_unix_ms).await?;
        }
    }
    Ok(())
}

async fn notice_of(db: &mut SqliteConnection, row: &SqliteRow) -> Result<Notice, CatalogError> {
    let id: CaptureId = read_id(row, "capture")?;
    let capture = captures::load(db, id).await?.ok_or(CatalogError::UnknownCapture(id))?;
    let (artifact, endpoint) = (read_id_if_any(row, "artifact")?, read_id_if_any(row, "realtime_endpoint")?);
    let subject = match (row.try_get::<&str, _>("subject")?, artifact, endpoint) {
        ("capture", ..) => Subject::Capture,
        (_, Some(artifact), _) => Subject::Artifact(artifact),
        (_, None, Some(endpoint)) => Subject::Endpoint(endpoint),
        (_, None, None) => Subject::Recording,
    };
    let endpoint = match endpoint {
        Some(endpoint) => endpoints::load(db, endpoint).await?,
        None => None,
    };
    let recording = linked::recording(db, id).await?;
    let code: String = row.try_get("code")?;
    let deleted = match subject {
        Subject::Artifact(artifact) if code == DELETED => receipts::of_artifact(db, artifact).await?,
        Subject::Recording if code == DELETED => receipts::of_recording(db, recording).await?,
        _ => Vec::new(),
    };
    Ok(Notice {
        number: row.try_get("n")?,
        subject,
        code,
        sub_code: row.try_get("sub_code")?,
        at_unix_ms: row.try_get("at_unix_ms")?,
        recording,
        capture,
        endpoint,
        deleted,
    })
}

#[cfg(test)]
mod tests;

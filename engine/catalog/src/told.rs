//! What the platform tells of a stream after its start: that it is over, that it lost us. How captures come in is in
//! `intake`, the memory of what was told in `inbox`.

use model::{CaptureId, CaptureStatus, Command, FOREIGN_APP};
use sqlx::SqliteConnection;

use crate::{
    Catalog, CatalogError, Delivery,
    column::{id_bytes, read_id, read_name},
    commands::{self, REVOKED},
    inbox,
    order::latest_first,
};

/// Whom a stop concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// A capture that runs; its owner is told.
    Running(CaptureId),
    /// A capture that is over already.
    Over(CaptureId),
    /// No capture that is known.
    Nobody,
}

/// What became of an interruption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// It was delivered before, and had its effect then.
    Repeated,
    /// A capture that runs; its owner is told.
    Told(CaptureId),
    /// No capture that runs.
    Nobody,
}

impl Catalog {
    /// Takes the platform's announcement to `app` in that a stream is over, at `at_unix_ms` of the platform's clock. It is
    /// remembered for at least seven days, known stream or not; a start that is older has no effect from then on, and after
    /// consent was withdrawn none has. A running capture gets [`Command::Stopped`], once, and once more where consent was
    /// withdrawn. What one app is told does not concern the streams of another; those of which only the customer knows the
    /// app are concerned by every word.
    ///
    /// # Errors
    /// If it could not be made durable; it must then not be acknowledged.
    pub async fn stop_stream(
        &self,
        app: &str,
        stream_id: &str,
        reason: Option<i64>,
        at_unix_ms: i64,
        now_unix_ms: i64,
    ) -> Result<Stopped, CatalogError> {
        let (app, stream_id) = (app.to_owned(), stream_id.to_owned());
        self.write(move |db| {
            Box::pin(async move {
                inbox::entomb(db, &app, &stream_id, reason, at_unix_ms, now_unix_ms).await?;
                stop(db, &app, &stream_id, reason, at_unix_ms).await
            })
        })
        .await
    }

    /// Takes the platform's announcement to `app` in that it lost the connection of a stream, and remembers its delivery with
    /// it, both or neither. A running capture gets [`Command::Interrupted`], of which never more than one waits, or
    /// [`Command::Moved`] where `server_urls` are others than before. Only once: a notice that comes again could lead back to
    /// an address which a later one replaced.
    ///
    /// # Errors
    /// If it could not be made durable; it must then not be acknowledged.
    pub async fn interrupt_stream(
        &self,
        app: &str,
        stream_id: &str,
        server_urls: Option<&str>,
        delivery: Delivery,
    ) -> Result<Interruption, CatalogError> {
        let (app, stream_id) = (app.to_owned(), stream_id.to_owned());
        let server_urls = server_urls.map(str::to_owned);
        self.write(move |db| {
            Box::pin(async move {
                if !inbox::remember(db, &delivery.key, delivery.now_unix_ms).await? {
                    return Ok(Interruption::Repeated);
                }
                interrupt(db, &app, &stream_id, server_urls.as_deref(), delivery.told_unix_ms).await
            })
        })
        .await
    }
}

async fn stop(
    db: &mut SqliteConnection,
    app: &str,
    stream_id: &str,
    reason: Option<i64>,
    at_unix_ms: i64,
) -> Result<Stopped, CatalogError> {
    // Consent is withdrawn for the whole stream, whichever of its starts was told of last.
    let until_unix_ms = if reason == Some(REVOKED) { i64::MAX } else { at_unix_ms };
    let Some((id, status)) = latest(db, app, stream_id, until_unix_ms).await? else { return Ok(Stopped::Nobody) };
    if status >= CaptureStatus::CallEnded {
        return Ok(Stopped::Over(id));
    }
    let command = Command::Stopped { reason };
    if !commands::has_kind(db, id, &command).await? {
        commands::queue(db, id, &command).await?;
    }
    Ok(Stopped::Running(id))
}

/// Tells the owner of a running capture to look after its connections, or where the stream is now. From then on whatever
/// the platform said before is old news, and leads nowhere.
pub(crate) async fn interrupt(
    db: &mut SqliteConnection,
    app: &str,
    stream_id: &str,
    server_urls: Option<&str>,
    at_unix_ms: i64,
) -> Result<Interruption, CatalogError> {
    let Some((id, status)) = latest(db, app, stream_id, at_unix_ms).await? else { return Ok(Interruption::Nobody) };
    if status >= CaptureStatus::CallEnded {
        return Ok(Interruption::Nobody);
    }
    if let Some(server_urls) = server_urls {
        let moved = sqlx::query(
            "UPDATE capture SET server_urls = ?, notice_unix_ms = max(notice_unix_ms, ?)
             WHERE id = ? AND server_urls <> ?",
        )
        .bind(server_urls)
        .bind(at_unix_ms)
        .bind(id_bytes(id.uuid()))
        .bind(server_urls)
        .execute(&mut *db)
        .await?;
        if moved.rows_affected() > 0 {
            commands::queue(db, id, &Command::Moved { server_urls: server_urls.to_owned() }).await?;
            return Ok(Interruption::Told(id));
        }
    }
    if !commands::waits(db, id, &Command::Interrupted).await? {
        commands::queue(db, id, &Command::Interrupted).await?;
    }
    Ok(Interruption::Told(id))
}

/// The capture of a stream that heard the latest by a moment of the platform's clock, as far as it is any business of `app`.
async fn latest(
    db: &mut SqliteConnection,
    app: &str,
    stream_id: &str,
    until_unix_ms: i64,
) -> Result<Option<(CaptureId, CaptureStatus)>, CatalogError> {
    let row = sqlx::query(concat!(
        "SELECT id, status FROM capture WHERE stream_id = ? AND notice_unix_ms <= ? AND app IN (?, ?)",
        latest_first!()
    ))
    .bind(stream_id)
    .bind(until_unix_ms)
    .bind(app)
    .bind(FOREIGN_APP)
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok((read_id(&row, "id")?, read_name(&row, "status")?))).transpose()
}

#[cfg(test)]
mod tests;

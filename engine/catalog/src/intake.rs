//! How captures come in, and what the outside wants of them: starts, stops, commands, each durable when it is answered
//! and without effect when it comes again. Who works on them is in `work`.

use std::sync::Arc;

use model::{CaptureId, CaptureStatus, Command, NewCapture, StatusChange};
use sqlx::{Row, SqliteConnection};

use crate::{
    Catalog, CatalogError, captures,
    catalog::now_unix_ms,
    column::{id_bytes, json, read_id, read_name},
    commands, events, inbox, jobs,
    seal::Seal,
};

/// What became of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is a new capture, and its start is queued.
    New(CaptureId),
    /// The stream is being captured already.
    Known(CaptureId),
    /// The stream is over: its capture ended, or its stop came before this start, which is then written down as a
    /// capture that is `fatal` with the sub-code `stream_already_ended`.
    Finished(CaptureId),
    /// The stream is being captured already, and has a new address: [`Command::Moved`] is queued.
    Moved(CaptureId),
}

impl Admission {
    /// The capture that the start belongs to.
    pub const fn capture(self) -> CaptureId {
        match self {
            Self::New(id) | Self::Known(id) | Self::Finished(id) | Self::Moved(id) => id,
        }
    }
}

impl Catalog {
    /// Takes a start in. A stream, named by meeting and stream id whatever the app, is captured once, however often and
    /// from how many sides it is announced.
    ///
    /// # Errors
    /// If it could not be made durable; it must then not be acknowledged.
    pub async fn start_capture(&self, new: NewCapture) -> Result<Admission, CatalogError> {
        let seal = Arc::clone(&self.seal);
        self.write(move |db| Box::pin(async move { admit(db, &seal, &new).await })).await
    }

    /// Takes the platform's announcement in that a stream is over, at `at_unix_ms` of the platform's clock. It is
    /// remembered for at least seven days, known stream or not; a start that is older has no effect from then on. A
    /// running capture gets [`Command::Stopped`], once, and is answered.
    ///
    /// # Errors
    /// If it could not be made durable; it must then not be acknowledged.
    pub async fn stop_stream(
        &self,
        app: &str,
        stream_id: &str,
        reason: Option<i64>,
        at_unix_ms: i64,
    ) -> Result<Option<CaptureId>, CatalogError> {
        let (app, stream_id) = (app.to_owned(), stream_id.to_owned());
        self.write(move |db| Box::pin(async move { stop(db, &app, &stream_id, reason, at_unix_ms).await })).await
    }

    /// Queues a command for the owner of a capture; false if the capture is over.
    ///
    /// # Errors
    /// If there is no such capture, or the database fails.
    pub async fn enqueue(&self, capture: CaptureId, command: Command) -> Result<bool, CatalogError> {
        self.write(move |db| {
            Box::pin(async move {
                if captures::status(db, capture).await? >= CaptureStatus::CallEnded {
                    return Ok(false);
                }
                commands::queue(db, capture, &command).await?;
                Ok(true)
            })
        })
        .await
    }
}

async fn admit(db: &mut SqliteConnection, seal: &Seal, new: &NewCapture) -> Result<Admission, CatalogError> {
    let stopped = inbox::stopped_since(db, &new.stream.stream_id, new.notice_unix_ms).await?;
    let known = sqlx::query(
        "SELECT id, status, server_urls, notice_unix_ms FROM capture WHERE meeting_uuid = ? AND stream_id = ?",
    )
    .bind(&new.stream.meeting_uuid)
    .bind(&new.stream.stream_id)
    .fetch_optional(&mut *db)
    .await?;
    let Some(known) = known else {
        insert(db, seal, new).await?;
        if stopped {
            let change = already_ended(new.now_unix_ms);
            captures::advance(db, new.id, &change).await?;
            events::announce(db, new.id, &change).await?;
            return Ok(Admission::Finished(new.id));
        }
        jobs::queue(db, jobs::Kind::Start, new.id, new.now_unix_ms).await?;
        return Ok(Admission::New(new.id));
    };
    let id = read_id(&known, "id")?;
    if stopped || read_name::<CaptureStatus>(&known, "status")? >= CaptureStatus::CallEnded {
        return Ok(Admission::Finished(id));
    }
    let outdated = new.notice_unix_ms != 0 && new.notice_unix_ms < known.try_get::<i64, _>("notice_unix_ms")?;
    let same_place = known.try_get::<&str, _>("server_urls")? == new.server_urls;
    if outdated || same_place {
        return Ok(Admission::Known(id));
    }
    relocate(db, seal, id, new).await?;
    Ok(Admission::Moved(id))
}

async fn insert(db: &mut SqliteConnection, seal: &Seal, new: &NewCapture) -> Result<(), CatalogError> {
    sqlx::query(
        "INSERT INTO capture (id, recording_id, app, meeting_uuid, stream_id, server_urls, notice, notice_unix_ms,
             signature, config, metadata, status, epoch, created_at_unix_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
    )
    .bind(id_bytes(new.id.uuid()))
    .bind(id_bytes(new.recording_id.uuid()))
    .bind(&new.stream.app)
    .bind(&new.stream.meeting_uuid)
    .bind(&new.stream.stream_id)
    .bind(&new.server_urls)
    .bind(&new.notice)
    .bind(new.notice_unix_ms)
    .bind(sealed_signature(seal, new.id, new)?)
    .bind(json(&new.config, "config")?)
    .bind(json(&new.metadata, "metadata")?)
    .bind(CaptureStatus::JoiningCall.code())
    .bind(new.now_unix_ms)
    .execute(&mut *db)
    .await?;
    let change =
        StatusChange { status: CaptureStatus::JoiningCall, sub_code: None, message: None, at_unix_ms: new.now_unix_ms };
    captures::add_change(db, new.id, &change).await
}

/// Writes a new address down, both where a running owner looks and where the next one will.
async fn relocate(db: &mut SqliteConnection, seal: &Seal, id: CaptureId, new: &NewCapture) -> Result<(), CatalogError> {
    sqlx::query(
        "UPDATE capture SET server_urls = ?, notice = ?, notice_unix_ms = max(notice_unix_ms, ?),
             signature = coalesce(?, signature) WHERE id = ?",
    )
    .bind(&new.server_urls)
    .bind(&new.notice)
    .bind(new.notice_unix_ms)
    .bind(sealed_signature(seal, id, new)?)
    .bind(id_bytes(id.uuid()))
    .execute(&mut *db)
    .await?;
    commands::queue(db, id, &Command::Moved { server_urls: new.server_urls.clone() }).await
}

async fn stop(
    db: &mut SqliteConnection,
    app: &str,
    stream_id: &str,
    reason: Option<i64>,
    at_unix_ms: i64,
) -> Result<Option<CaptureId>, CatalogError> {
    inbox::entomb(db, app, stream_id, reason, at_unix_ms, now_unix_ms()).await?;
    let row = sqlx::query(
        "SELECT id FROM capture WHERE stream_id = ? AND notice_unix_ms <= ?
             AND status IN ('joining_call', 'in_call_not_recording', 'in_call_recording')
         ORDER BY created_at_unix_ms DESC, id DESC LIMIT 1",
    )
    .bind(stream_id)
    .bind(at_unix_ms)
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let id = read_id(&row, "id")?;
    let command = Command::Stopped { reason };
    if !commands::has_kind(db, id, &command).await? {
        commands::queue(db, id, &command).await?;
    }
    Ok(Some(id))
}

fn sealed_signature(seal: &Seal, id: CaptureId, new: &NewCapture) -> Result<Option<Vec<u8>>, CatalogError> {
    let signature = new.signature.as_ref();
    signature.map(|signature| seal.seal(id.uuid().as_bytes(), signature.expose())).transpose()
}

fn already_ended(now_unix_ms: i64) -> StatusChange {
    StatusChange {
        status: CaptureStatus::Fatal,
        sub_code: Some("stream_already_ended".to_owned()),
        message: Some("The platform announced the end of this stream before its start arrived here.".to_owned()),
        at_unix_ms: now_unix_ms,
    }
}

#[cfg(test)]
mod tests;

//! How captures come in: starts, from the platform or from a customer, each durable when it is answered and without effect
//! when it comes again. What the platform tells of a stream later is in `told`, who works on captures in `work`.

use std::sync::Arc;

use model::{
    Capture, CaptureId, CaptureStatus, Command, NewCapture, Project, RecordingId, Retention, StatusChange, StreamRef,
};
use sqlx::{Row, SqliteConnection};

use crate::{
    Catalog, CatalogError, Delivery, captures,
    column::{id_bytes, json, read_id, read_name, read_number},
    commands, endpoints, events, inbox, jobs, linked,
    order::latest_first,
    seal::Seal,
    told,
};

/// What became of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is a new capture, and its start is queued. Where the stream broke off before and was announced once more, it goes
    /// on with the recording of the earlier capture.
    New(CaptureId),
    /// The stream is being captured already.
    Known(CaptureId),
    /// The stream is over: its capture ended, or its stop came before this start, which is then written down as a
    /// capture that is `fatal` with the sub-code `stream_already_ended`.
    Finished(CaptureId),
    /// The stream is being captured already, and has a new address: [`Command::Moved`] is queued.
    Moved(CaptureId),
    /// The customer wants nothing of the stream stored, and this capture stores it, or did. Nothing was changed.
    Stored(CaptureId),
    /// The stream is, or was, captured for another project, and nothing was changed: it must not learn anything of the capture.
    Foreign(CaptureId),
}

impl Admission {
    /// The capture that the start belongs to.
    pub const fn capture(self) -> CaptureId {
        match self {
            Self::New(id)
            | Self::Known(id)
            | Self::Finished(id)
            | Self::Moved(id)
            | Self::Stored(id)
            | Self::Foreign(id) => id,
        }
    }
}

/// Who says that a stream can be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Voice {
    /// The platform itself.
    Platform {
        /// Whether it is the first delivery of what it says.
        is_first: bool,
    },
    /// Whoever passes on what the platform told him, and perhaps long ago.
    Customer,
}

impl Catalog {
    /// Takes a customer's wish in. A stream, named by meeting and stream id whatever the app, is captured once, however
    /// often and from how many sides it is announced. One that runs is moved only by a notice that is known to be newer. A
    /// wish that nothing be stored is never answered with a capture that stores.
    ///
    /// # Errors
    /// If it could not be made durable, or [`CatalogError::Full`] if it would open one capture more than there is room for; it
    /// must then not be acknowledged, and nothing was changed.
    pub async fn start_capture(&self, new: NewCapture) -> Result<Admission, CatalogError> {
        let (seal, room) = (Arc::clone(&self.seal), self.room());
        self.write(move |db| Box::pin(async move { admit(db, &seal, &new, Voice::Customer, room).await })).await
    }

    /// Takes the platform's announcement of a start in, as [`Catalog::start_capture`] does a wish, and remembers the delivery
    /// with it, both or neither. The first delivery of a notice about a stream that runs at the same address is
    /// [`Command::Interrupted`] to its owner, if it `is_fresh`. One that is not fresh and was delivered before is answered
    /// `None`, and has no effect. The platform does not say what is wanted: of a new stream nothing is stored, whatever `new`
    /// says, where nothing was of an earlier one of the same app in the same meeting.
    ///
    /// # Errors
    /// As [`Catalog::start_capture`]; the delivery is then not remembered either.
    pub async fn announce_start(
        &self,
        new: NewCapture,
        delivery: Delivery,
        is_fresh: bool,
    ) -> Result<Option<Admission>, CatalogError> {
        let (seal, room) = (Arc::clone(&self.seal), self.room());
        self.write(move |db| Box::pin(async move { announce(db, &seal, &new, &delivery, is_fresh, room).await })).await
    }

    /// Whether one more capture could be opened.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn has_room_for_capture(&self) -> Result<bool, CatalogError> {
        Ok(self.open_captures().await? < self.room())
    }

    /// How many captures are open: wait for an owner, have one, or are to be taken up again.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn open_captures(&self) -> Result<u32, CatalogError> {
        jobs::open_captures(&mut *self.read().await?).await
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

async fn announce(
    db: &mut SqliteConnection,
    seal: &Seal,
    new: &NewCapture,
    delivery: &Delivery,
    is_fresh: bool,
    room: u32,
) -> Result<Option<Admission>, CatalogError> {
    let is_first = inbox::remember(db, &delivery.key, delivery.now_unix_ms).await?;
    if !is_first && !is_fresh {
        return Ok(None);
    }
    let admission = admit(db, seal, new, Voice::Platform { is_first }, room).await?;
    if let Admission::Known(_) = admission
        && is_first
        && is_fresh
    {
        // Announced once more, at another time: the platform may have lost us (protocol §2.6).
        told::interrupt(db, &new.stream.app, &new.stream.stream_id, None, delivery.told_unix_ms).await?;
    }
    Ok(Some(admission))
}

async fn admit(
    db: &mut SqliteConnection,
    seal: &Seal,
    new: &NewCapture,
    voice: Voice,
    room: u32,
) -> Result<Admission, CatalogError> {
    let is_stopped = inbox::stopped_since(db, &new.stream, new.notice_unix_ms).await?;
    let Some(known) = Known::of(db, &new.stream).await? else {
        let new = &inheriting(db, new, voice).await?;
        let joins = linked::to_join(db, new).await?;
        insert(db, seal, new, joins).await?;
        if is_stopped {
            let change = already_ended(new.now_unix_ms);
            captures::advance(db, new.id, &change).await?;
            events::announce(db, new.id, &change).await?;
            return Ok(Admission::Finished(new.id));
        }
        open(db, new, room).await?;
        return Ok(Admission::New(new.id));
    };
    if voice == Voice::Customer && known.project != new.project {
        return Ok(Admission::Foreign(known.id));
    }
    let is_newer = new.notice_unix_ms > known.notice_unix_ms;
    // Whoever wants nothing stored must hear that something is.
    let is_against = voice == Voice::Customer && !new.config.retention.stores() && known.is_stored;
    let unchanged = if is_against { Admission::Stored(known.id) } else { Admission::Finished(known.id) };
    if known.status >= CaptureStatus::CallEnded {
        let is_first = voice != Voice::Platform { is_first: false };
        if is_stopped || !known.broke_off || !is_newer || !is_first {
            return Ok(unchanged);
        }
        capture_again(db, seal, new, &known, voice, room).await?;
        return Ok(Admission::New(new.id));
    }
    if is_stopped || is_against {
        return Ok(unchanged);
    }
    let is_heeded = match voice {
        // What is as old as the latest, or does not say how old it is, could lead back when it is delivered again.
        Voice::Platform { is_first } => {
            is_newer || is_first && (new.notice_unix_ms == known.notice_unix_ms || new.notice_unix_ms == 0)
        }
        Voice::Customer => is_newer,
    };
    if !is_heeded || known.server_urls == new.server_urls {
        return Ok(Admission::Known(known.id));
    }
    relocate(db, seal, known.id, new, voice).await?;
    Ok(Admission::Moved(known.id))
}

/// The capture of a stream that was announced before.
struct Known {
    id: CaptureId,
    project: Project,
    status: CaptureStatus,
    server_urls: String,
    /// What the platform said; `None` where nothing is stored, for then it goes when the capture ends.
    notice: Option<String>,
    notice_unix_ms: i64,
    operator: Option<String>,
    /// The recording that its media belongs to.
    recording: RecordingId,
    /// Whether it ended before its stream is known to be over, and nothing of it was deleted.
    broke_off: bool,
    /// Whether what was received of it is stored: not where it is only streamed, nor once it was deleted.
    is_stored: bool,
    /// Whether it has a log that is kept.
    has_log: bool,
}

impl Known {
    /// The capture that heard the latest of a stream: of several only that one can run.
    async fn of(db: &mut SqliteConnection, stream: &StreamRef) -> Result<Option<Self>, CatalogError> {
        let row = sqlx::query(concat!(
            "SELECT id, project, status, server_urls, iif(stored, notice, NULL) AS notice, notice_unix_ms, operator, coalesce(joins, recording_id) AS recording,
                 cut_short AND NOT EXISTS (SELECT 1 FROM audit WHERE audit.capture = capture.id) AS broke_off,
                 stored AND NOT erased AS is_stored, stored AND log_removed_at_unix_ms IS NULL AS has_log
             FROM capture WHERE meeting_uuid = ? AND stream_id = ?",
            latest_first!()
        ))
        .bind(&stream.meeting_uuid)
        .bind(&stream.stream_id)
        .fetch_optional(db)
        .await?;
        row.map(|row| {
            Ok(Self {
                id: read_id(&row, "id")?,
                project: read_name(&row, "project")?,
                status: read_name(&row, "status")?,
                server_urls: row.try_get("server_urls")?,
                notice: row.try_get("notice")?,
                notice_unix_ms: row.try_get("notice_unix_ms")?,
                operator: row.try_get("operator")?,
                recording: read_id(&row, "recording")?,
                broke_off: read_number::<u8>(&row, "broke_off")? > 0,
                is_stored: read_number::<u8>(&row, "is_stored")? > 0,
                has_log: read_number::<u8>(&row, "has_log")? > 0,
            })
        })
        .transpose()
    }
}

/// What is wanted of a stream that was not announced before. The platform passes on nobody's wish, so there the wish counts
/// that nothing of an earlier stream be stored; a customer decides anew.
async fn inheriting(db: &mut SqliteConnection, new: &NewCapture, voice: Voice) -> Result<NewCapture, CatalogError> {
    let mut new = new.clone();
    if voice != Voice::Customer && linked::is_after_unstored(db, &new.stream).await? {
        new.config.retention = Retention::Nothing;
    }
    Ok(new)
}

/// Has a stream that broke off captured once more, with what was asked for the first time, into the same recording; into one of
/// its own if the first time has no log, or none any more. Where the customer says now that nothing is to be stored, nothing is
/// from here on.
async fn capture_again(
    db: &mut SqliteConnection,
    seal: &Seal,
    new: &NewCapture,
    known: &Known,
    voice: Voice,
    room: u32,
) -> Result<(), CatalogError> {
    let Capture { mut config, metadata, .. } =
        captures::load(db, known.id).await?.ok_or(CatalogError::UnknownCapture(known.id))?;
    if voice == Voice::Customer && !new.config.retention.stores() {
        config.retention = Retention::Nothing;
    }
    let notice = match (voice, &known.notice) {
        (Voice::Customer, Some(notice)) => notice,
        _ => &new.notice,
    };
    let operator = known.operator.clone().or_else(|| new.operator.clone());
    let again = NewCapture {
        project: known.project.clone(),
        config,
        metadata,
        operator,
        notice: notice.clone(),
        ..new.clone()
    };
    let joins = (known.has_log && again.config.retention.stores()).then_some(known.recording);
    insert(db, seal, &again, joins).await?;
    // Whoever wanted nothing recorded when the stream broke off wants nothing of the rest either.
    sqlx::query("UPDATE capture SET withheld = (SELECT withheld FROM capture WHERE id = ?) WHERE id = ?")
        .bind(id_bytes(known.id.uuid()))
        .bind(id_bytes(again.id.uuid()))
        .execute(&mut *db)
        .await?;
    open(db, &again, room).await
}

/// Queues the start of a capture. Everything of the operation is taken back if that is one more than there is room for.
async fn open(db: &mut SqliteConnection, new: &NewCapture, room: u32) -> Result<(), CatalogError> {
    let open = jobs::open_captures(db).await?;
    if open >= room {
        return Err(CatalogError::Full { open, room });
    }
    jobs::queue(db, jobs::Kind::Start, new.id, new.now_unix_ms).await
}

async fn insert(
    db: &mut SqliteConnection,
    seal: &Seal,
    new: &NewCapture,
    joins: Option<RecordingId>,
) -> Result<(), CatalogError> {
    sqlx::query(
        "INSERT INTO capture (id, recording_id, app, meeting_uuid, stream_id, server_urls, notice, notice_unix_ms,
             signature, config, metadata, status, epoch, created_at_unix_ms, operator, joins, stored, project, withheld)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)",
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
    .bind(&new.operator)
    .bind(joins.map(|id| id_bytes(id.uuid())))
    .bind(new.config.retention.stores())
    .bind(new.project.name())
    .bind(new.config.starts_by_hand)
    .execute(&mut *db)
    .await?;
    let change =
        StatusChange { status: CaptureStatus::JoiningCall, sub_code: None, message: None, at_unix_ms: new.now_unix_ms };
    captures::add_change(db, new.id, &change).await?;
    endpoints::create(db, new).await
}

/// Writes a new address down, both where a running owner looks and where the next one will. What a customer passes on does
/// not say which product it is of, so the platform's own notice stays.
async fn relocate(
    db: &mut SqliteConnection,
    seal: &Seal,
    id: CaptureId,
    new: &NewCapture,
    voice: Voice,
) -> Result<(), CatalogError> {
    let notice = match voice {
        Voice::Platform { .. } => Some(&new.notice),
        Voice::Customer => None,
    };
    sqlx::query(
        "UPDATE capture SET server_urls = ?, notice = coalesce(?, notice), notice_unix_ms = max(notice_unix_ms, ?),
             signature = coalesce(?, signature) WHERE id = ?",
    )
    .bind(&new.server_urls)
    .bind(notice)
    .bind(new.notice_unix_ms)
    .bind(sealed_signature(seal, id, new)?)
    .bind(id_bytes(id.uuid()))
    .execute(&mut *db)
    .await?;
    commands::queue(db, id, &Command::Moved { server_urls: new.server_urls.clone() }).await
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

//! The event log of each capture: contiguous within an epoch, never rewritten. What events mean is in `model`.

use std::collections::HashMap;

use media::SourceTime;
use model::{CaptureId, CaptureStatus, Cursor, Epoch, Event, EventBody, SequencedEvent, StatusChange};
use sqlx::{Row, SqliteConnection};

use crate::{
    Catalog, CatalogError, captures,
    column::{id_bytes, json, number, read_json, read_name, read_number},
};

impl Catalog {
    /// Appends events, all or none. What is there already with the same content is passed over, so that a batch may be
    /// sent again.
    ///
    /// # Errors
    /// If there is no such capture, or nothing of it is stored; if a cursor names another event, leaves a hole, or is new in an
    /// epoch or a capture that is over; if they could not be made durable.
    pub async fn append_events(&self, capture: CaptureId, events: Vec<SequencedEvent>) -> Result<(), CatalogError> {
        if events.is_empty() {
            return Ok(());
        }
        self.write(move |db| Box::pin(append(db, capture, events))).await
    }

    /// At most `limit` events of a capture that come after a place in its log, in order.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn events_after(
        &self,
        capture: CaptureId,
        after: Cursor,
        limit: u32,
    ) -> Result<Vec<SequencedEvent>, CatalogError> {
        page(&mut *self.read().await?, capture, after, i64::from(limit)).await
    }
}

/// Every event of a capture, in order.
pub(crate) async fn all(db: &mut SqliteConnection, capture: CaptureId) -> Result<Vec<SequencedEvent>, CatalogError> {
    // A negative limit is none.
    page(db, capture, Cursor::START, -1).await
}

async fn page(
    db: &mut SqliteConnection,
    capture: CaptureId,
    after: Cursor,
    limit: i64,
) -> Result<Vec<SequencedEvent>, CatalogError> {
    let rows = sqlx::query(
        "SELECT epoch, seq, body FROM event WHERE capture = ? AND (epoch, seq) > (?, ?)
         ORDER BY epoch, seq LIMIT ?",
    )
    .bind(id_bytes(capture.uuid()))
    .bind(i64::from(after.epoch.0))
    // A cursor beyond every number that can be stored has nothing after it in its epoch.
    .bind(i64::try_from(after.seq).unwrap_or(i64::MAX))
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let cursor = Cursor { epoch: Epoch(read_number(row, "epoch")?), seq: read_number(row, "seq")? };
            Ok(SequencedEvent { cursor, event: read_json(row, "body")? })
        })
        .collect()
}

/// Appends a change of status to the events of a capture that has no owner any more, next in its present epoch; while
/// it has one, the owner does. `None`, and without effect, where nothing is stored: such a capture has no events here.
pub(crate) async fn announce(
    db: &mut SqliteConnection,
    capture: CaptureId,
    change: &StatusChange,
) -> Result<Option<SequencedEvent>, CatalogError> {
    if !captures::is_stored(db, capture).await? {
        return Ok(None);
    }
    let epoch = current_epoch(db, capture).await?;
    let cursor = Cursor { epoch, seq: last_seq(db, capture, epoch).await?.saturating_add(1) };
    let body = EventBody::Status { status: change.status, sub_code: change.sub_code.clone() };
    let event = Event { at: SourceTime::from_unix_ms(change.at_unix_ms), body };
    insert(db, capture, cursor, json(&event, "body")?).await?;
    Ok(Some(SequencedEvent { cursor, event }))
}

/// Removes the events of a capture that `unwanted` names, and counts them. The last of an epoch must stay, so that no
/// cursor ever names two events.
pub(crate) async fn erase(
    db: &mut SqliteConnection,
    capture: CaptureId,
    unwanted: fn(&EventBody) -> bool,
) -> Result<u64, CatalogError> {
    let rows = sqlx::query("SELECT epoch, seq, body FROM event WHERE capture = ? ORDER BY epoch, seq")
        .bind(id_bytes(capture.uuid()))
        .fetch_all(&mut *db)
        .await?;
    let mut removed = 0;
    for row in &rows {
        let event: Event = read_json(row, "body")?;
        if !unwanted(&event.body) {
            continue;
        }
        sqlx::query("DELETE FROM event WHERE capture = ? AND epoch = ? AND seq = ?")
            .bind(id_bytes(capture.uuid()))
            .bind(row.try_get::<i64, _>("epoch")?)
            .bind(row.try_get::<i64, _>("seq")?)
            .execute(&mut *db)
            .await?;
        removed += 1;
    }
    Ok(removed)
}

async fn current_epoch(db: &mut SqliteConnection, capture: CaptureId) -> Result<Epoch, CatalogError> {
    let row = sqlx::query("SELECT epoch FROM capture WHERE id = ?")
        .bind(id_bytes(capture.uuid()))
        .fetch_optional(db)
        .await?
        .ok_or(CatalogError::UnknownCapture(capture))?;
    Ok(Epoch(read_number(&row, "epoch")?))
}

async fn append(
    db: &mut SqliteConnection,
    capture: CaptureId,
    events: Vec<SequencedEvent>,
) -> Result<(), CatalogError> {
    let Some(first) = events.first().map(|event| event.cursor.epoch) else { return Ok(()) };
    let Place { current, over, last } = place(db, capture, first).await?;
    let mut lasts = HashMap::from([(first, last)]);
    for SequencedEvent { cursor, event } in events {
        let last = match lasts.get(&cursor.epoch) {
            Some(last) => *last,
            None => last_seq(db, capture, cursor.epoch).await?,
        };
        let body = json(&event, "body")?;
        if (1..=last).contains(&cursor.seq) {
            if stored(db, capture, cursor).await?.as_deref() != Some(body.as_str()) {
                return Err(CatalogError::EventConflict { capture, cursor });
            }
        } else {
            if last.checked_add(1) != Some(cursor.seq) {
                return Err(CatalogError::EventGap { capture, found: cursor, expected: last.saturating_add(1) });
            }
            if cursor.epoch < current {
                return Err(CatalogError::StaleEpoch { capture, found: cursor.epoch, current });
            }
            // What was erased since must not be followed by more of the same.
            if over {
                return Err(CatalogError::CaptureOver(capture));
            }
            insert(db, capture, cursor, body).await?;
        }
        lasts.insert(cursor.epoch, last.max(cursor.seq));
    }
    Ok(())
}

/// What decides about new events.
struct Place {
    /// The epoch of the owner.
    current: Epoch,
    /// Whether the capture is.
    over: bool,
    /// The number of the last event there is of an epoch; 0 if there is none.
    last: u64,
}

/// The place in which the next event of `epoch` comes, in one question: it is asked for every few words that are said.
async fn place(db: &mut SqliteConnection, capture: CaptureId, epoch: Epoch) -> Result<Place, CatalogError> {
    let row = sqlx::query(
        "SELECT stored, epoch, status,
                (SELECT coalesce(max(seq), 0) FROM event WHERE event.capture = capture.id AND event.epoch = ?2) AS seq
         FROM capture WHERE id = ?1",
    )
    .bind(id_bytes(capture.uuid()))
    .bind(i64::from(epoch.0))
    .fetch_optional(db)
    .await?
    .ok_or(CatalogError::UnknownCapture(capture))?;
    if !row.try_get::<bool, _>("stored")? {
        return Err(CatalogError::NothingStored(capture));
    }
    let status: CaptureStatus = read_name(&row, "status")?;
    let over = status >= CaptureStatus::CallEnded;
    Ok(Place { current: Epoch(read_number(&row, "epoch")?), over, last: read_number(&row, "seq")? })
}

async fn last_seq(db: &mut SqliteConnection, capture: CaptureId, epoch: Epoch) -> Result<u64, CatalogError> {
    let row = sqlx::query("SELECT coalesce(max(seq), 0) AS seq FROM event WHERE capture = ? AND epoch = ?")
        .bind(id_bytes(capture.uuid()))
        .bind(i64::from(epoch.0))
        .fetch_one(db)
        .await?;
    read_number(&row, "seq")
}

async fn stored(db: &mut SqliteConnection, capture: CaptureId, cursor: Cursor) -> Result<Option<String>, CatalogError> {
    let row = sqlx::query("SELECT body FROM event WHERE capture = ? AND epoch = ? AND seq = ?")
        .bind(id_bytes(capture.uuid()))
        .bind(i64::from(cursor.epoch.0))
        .bind(number(cursor.seq, "seq")?)
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| row.try_get("body")).transpose()?)
}

async fn insert(
    db: &mut SqliteConnection,
    capture: CaptureId,
    cursor: Cursor,
    body: String,
) -> Result<(), CatalogError> {
    sqlx::query("INSERT INTO event (capture, epoch, seq, body) VALUES (?, ?, ?, ?)")
        .bind(id_bytes(capture.uuid()))
        .bind(i64::from(cursor.epoch.0))
        .bind(number(cursor.seq, "seq")?)
        .bind(body)
        .execute(db)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests;

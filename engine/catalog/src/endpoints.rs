//! Real-time endpoints: made with their capture, moved along by whoever sends to them. What they are told and how is decided in
//! `deliver`.

use std::collections::BTreeMap;

use model::{
    CaptureId, Cursor, Endpoint, EndpointId, EndpointPlace, EndpointState, EndpointWish, Epoch, NewCapture,
    RecordingId, Transport,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    Catalog, CatalogError,
    column::{id_bytes, json, new_endpoint_id, number, read_id, read_json, read_name, read_number},
};

/// Why an endpoint of a kind that is not served has failed.
const SUB_CODE: &str = "rtmp_not_available";

/// Reads endpoints, with the recording that their capture belongs to.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT realtime_endpoint.*, coalesce(capture.joins, capture.recording_id) AS recording
             FROM realtime_endpoint JOIN capture ON capture.id = realtime_endpoint.capture ",
            $rest
        )
    };
}

impl Catalog {
    /// One endpoint; `None` if there is none.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn endpoint(&self, id: EndpointId) -> Result<Option<Endpoint>, CatalogError> {
        load(&mut *self.read().await?, id).await
    }

    /// The endpoints of a capture, in the order in which they were asked for.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn endpoints_of(&self, capture: CaptureId) -> Result<Vec<Endpoint>, CatalogError> {
        let rows = sqlx::query(select!("WHERE realtime_endpoint.capture = ? ORDER BY realtime_endpoint.n"))
            .bind(id_bytes(capture.uuid()))
            .fetch_all(&mut *self.read().await?)
            .await?;
        rows.iter().map(endpoint_of).collect()
    }

    /// The endpoints of every capture of a recording, in the order in which they were asked for.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn endpoints_of_recording(&self, recording: RecordingId) -> Result<Vec<Endpoint>, CatalogError> {
        let rows = sqlx::query(select!(
            "WHERE coalesce(capture.joins, capture.recording_id) = ?
             ORDER BY realtime_endpoint.created_at_unix_ms, realtime_endpoint.capture, realtime_endpoint.n"
        ))
        .bind(id_bytes(recording.uuid()))
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(endpoint_of).collect()
    }

    /// Every endpoint that is running, oldest first.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn running_endpoints(&self) -> Result<Vec<Endpoint>, CatalogError> {
        let rows = sqlx::query(select!(
            "WHERE realtime_endpoint.state = 'running'
             ORDER BY realtime_endpoint.created_at_unix_ms, realtime_endpoint.capture, realtime_endpoint.n"
        ))
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(endpoint_of).collect()
    }

    /// Writes down how far a running endpoint has come; false, and without effect, if it is running no more, or was further
    /// already.
    ///
    /// # Errors
    /// If there is no such endpoint, or that could not be made durable.
    pub async fn endpoint_came_to(&self, id: EndpointId, place: EndpointPlace) -> Result<bool, CatalogError> {
        self.write(move |db| {
            Box::pin(async move {
                let moved = sqlx::query(
                    "UPDATE realtime_endpoint SET epoch = ?, seq = ?, part = ?, told = ?
                     WHERE id = ? AND state = 'running' AND (epoch, seq, part) <= (?, ?, ?) AND told <= ?",
                )
                .bind(i64::from(place.cursor.epoch.0))
                .bind(number(place.cursor.seq, "seq")?)
                .bind(i64::from(place.part))
                .bind(number(place.seq, "told")?)
                .bind(id_bytes(id.uuid()))
                .bind(i64::from(place.cursor.epoch.0))
                .bind(number(place.cursor.seq, "seq")?)
                .bind(i64::from(place.part))
                .bind(number(place.seq, "told")?)
                .execute(&mut *db)
                .await?;
                changed(db, id, moved.rows_affected()).await
            })
        })
        .await
    }

    /// Ends a running endpoint; false, and without effect, if it is running no more.
    ///
    /// # Errors
    /// If there is no such endpoint, or that could not be made durable.
    pub async fn endpoint_ended(
        &self,
        id: EndpointId,
        state: EndpointState,
        sub_code: Option<&'static str>,
        now_unix_ms: i64,
    ) -> Result<bool, CatalogError> {
        self.write(move |db| {
            Box::pin(async move {
                let ended = sqlx::query(
                    "UPDATE realtime_endpoint SET state = ?, sub_code = ?, updated_at_unix_ms = ?
                     WHERE id = ? AND state = 'running'",
                )
                .bind(state.code())
                .bind(sub_code)
                .bind(now_unix_ms)
                .bind(id_bytes(id.uuid()))
                .execute(&mut *db)
                .await?;
                changed(db, id, ended.rows_affected()).await
            })
        })
        .await
    }

    /// Gives an endpoint other labels; false if there is no such endpoint.
    ///
    /// # Errors
    /// If that could not be made durable.
    pub async fn label_endpoint(
        &self,
        id: EndpointId,
        metadata: BTreeMap<String, Option<String>>,
    ) -> Result<bool, CatalogError> {
        self.write(move |db| {
            Box::pin(async move {
                let labelled = sqlx::query("UPDATE realtime_endpoint SET metadata = ? WHERE id = ?")
                    .bind(json(&metadata, "metadata")?)
                    .bind(id_bytes(id.uuid()))
                    .execute(db)
                    .await?;
                Ok(labelled.rows_affected() > 0)
            })
        })
        .await
    }
}

/// One endpoint; `None` if there is none.
pub(crate) async fn load(db: &mut SqliteConnection, id: EndpointId) -> Result<Option<Endpoint>, CatalogError> {
    let row =
        sqlx::query(select!("WHERE realtime_endpoint.id = ?")).bind(id_bytes(id.uuid())).fetch_optional(db).await?;
    row.as_ref().map(endpoint_of).transpose()
}

/// Makes the endpoints that a new capture asks for. One of a kind that is not served has failed from the beginning: losing the
/// meeting is worse than losing it.
pub(crate) async fn create(db: &mut SqliteConnection, new: &NewCapture) -> Result<(), CatalogError> {
    for (n, wish) in (1_i64..).zip(&new.config.endpoints) {
        let (state, sub_code) = match wish.transport {
            Transport::Rtmp => (EndpointState::Failed, Some(SUB_CODE)),
            Transport::Websocket | Transport::Webhook => (EndpointState::Running, None),
        };
        sqlx::query(
            "INSERT INTO realtime_endpoint (id, capture, n, wish, metadata, state, sub_code, created_at_unix_ms,
                 updated_at_unix_ms, project)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(id_bytes(new_endpoint_id(new.now_unix_ms)?.uuid()))
        .bind(id_bytes(new.id.uuid()))
        .bind(n)
        .bind(json(wish, "wish")?)
        .bind(json(&wish.metadata, "metadata")?)
        .bind(state.code())
        .bind(sub_code)
        .bind(new.now_unix_ms)
        .bind(new.now_unix_ms)
        .bind(new.project.name().to_owned())
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Takes the endpoints of a recording whose content is deleted out of service: nothing more of it is told to anybody.
pub(crate) async fn deleted(
    db: &mut SqliteConnection,
    recording: RecordingId,
    code: &str,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    sqlx::query(
        "UPDATE realtime_endpoint SET state = 'deleted', sub_code = ?, updated_at_unix_ms = ?
         WHERE state <> 'deleted'
             AND capture IN (SELECT id FROM capture WHERE coalesce(joins, recording_id) = ?)",
    )
    .bind(code)
    .bind(now_unix_ms)
    .bind(id_bytes(recording.uuid()))
    .execute(db)
    .await?;
    Ok(())
}

async fn changed(db: &mut SqliteConnection, id: EndpointId, rows: u64) -> Result<bool, CatalogError> {
    if rows > 0 {
        return Ok(true);
    }
    let there = sqlx::query("SELECT 1 FROM realtime_endpoint WHERE id = ?").bind(id_bytes(id.uuid()));
    if there.fetch_optional(db).await?.is_none() {
        return Err(CatalogError::UnknownEndpoint(id));
    }
    Ok(false)
}

pub(crate) fn endpoint_of(row: &SqliteRow) -> Result<Endpoint, CatalogError> {
    let wish: EndpointWish = read_json(row, "wish")?;
    Ok(Endpoint {
        id: read_id(row, "id")?,
        capture: read_id(row, "capture")?,
        recording: read_id(row, "recording")?,
        created_at_unix_ms: row.try_get("created_at_unix_ms")?,
        wish: EndpointWish { metadata: read_json(row, "metadata")?, ..wish },
        state: read_name(row, "state")?,
        sub_code: row.try_get("sub_code")?,
        updated_at_unix_ms: row.try_get("updated_at_unix_ms")?,
        place: EndpointPlace {
            cursor: Cursor { epoch: Epoch(read_number(row, "epoch")?), seq: read_number(row, "seq")? },
            part: read_number(row, "part")?,
            seq: read_number(row, "told")?,
        },
    })
}

#[cfg(test)]
mod tests;

//! Messages on their way to receivers: what is due, how attempts went, the log, dead letters. What is to be told is in
//! `outbox`, who hears it in `webhooks`; when something is tried again is decided in `deliver`.

use model::{
    Consequence, DeliveryAttempt, DeliveryId, DeliveryState, DueDelivery, FailingRun, RecordingId, WebhookDelivery,
    WebhookDisabled, WebhookEndpointId, WebhookMessage,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    Catalog, CatalogError,
    column::{id_bytes, json, new_delivery_id, read_id, read_json, read_name, read_number},
};

mod many;
mod turn;

/// How many attempts of a delivery are remembered.
const LOGGED_ATTEMPTS: usize = 20;

/// Why what is for a receiver that is disabled is a dead letter.
const SUB_CODE: &str = "endpoint_disabled";

/// Finds what [`Catalog::due_deliveries`] answers of a receiver that wants everything in turn.
const DUE_IN_TURN: &str = "SELECT webhook_delivery.id, body, attempts, round
     FROM webhook_delivery INDEXED BY webhook_delivery_free CROSS JOIN webhook_text ON webhook_text.id = text
     WHERE endpoint = ? AND state = 'waiting' AND NOT behind AND next_at_unix_ms <= ?
     ORDER BY next_at_unix_ms, n LIMIT ?";

/// Finds what it answers of one that does not.
const DUE: &str = "SELECT webhook_delivery.id, body, attempts, round
     FROM webhook_delivery INDEXED BY webhook_delivery_due CROSS JOIN webhook_text ON webhook_text.id = text
     WHERE endpoint = ? AND state = 'waiting' AND next_at_unix_ms <= ?
     ORDER BY next_at_unix_ms, n LIMIT ?";

/// Finds where the log goes on: by an id of the receiver's own, as the number of a row would tell customers how much others hear.
const PLACE: &str = "SELECT n FROM webhook_delivery WHERE id = ? AND endpoint = ?";

/// Finds what [`Catalog::deliveries`] answers.
const LOG: &str =
    "SELECT webhook_delivery.*, body FROM webhook_delivery CROSS JOIN webhook_text ON webhook_text.id = text
     WHERE endpoint = ? AND n < ? AND created_at_unix_ms < ? AND (? IS NULL OR state = ?) ORDER BY n DESC LIMIT ?";

/// Finds what [`Catalog::prune_deliveries`] forgets.
macro_rules! old {
    () => {
        "SELECT n FROM webhook_delivery WHERE finished_at_unix_ms < ? LIMIT ?"
    };
}

const OLD: &str = old!();

/// Does what [`Catalog::prune_deliveries`] says.
const PRUNE: &str = concat!("DELETE FROM webhook_delivery WHERE n IN (", old!(), ")");

/// What the plans are checked of.
#[cfg(test)]
pub(crate) const STATEMENTS: [&str; 9] =
    [DUE_IN_TURN, DUE, PLACE, LOG, PRUNE, turn::FREE_FIRST, many::TO_REPLAY, many::GIVE_UP, many::FORGET];

/// A page of a receiver's log, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryPage {
    /// The deliveries.
    pub deliveries: Vec<WebhookDelivery>,
    /// Where the next older page begins, if there is one.
    pub next: Option<DeliveryId>,
}

/// What is left to be delivered, and what could not be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many deliveries wait.
    pub waiting: u64,
    /// When the oldest of them was queued, in milliseconds of this machine's wall clock since the Unix epoch.
    pub oldest_unix_ms: Option<i64>,
    /// How many dead letters are kept.
    pub dead: u64,
    /// How many receivers are disabled.
    pub disabled: u64,
}

impl Catalog {
    /// What of a receiver's deliveries is due, the longest first, at most `limit`. With `ordered`, of what concerns one
    /// recording never more than the first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn due_deliveries(
        &self,
        endpoint: WebhookEndpointId,
        ordered: bool,
        now_unix_ms: i64,
        limit: u32,
    ) -> Result<Vec<DueDelivery>, CatalogError> {
        let rows = sqlx::query(if ordered { DUE_IN_TURN } else { DUE })
            .bind(id_bytes(endpoint.uuid()))
            .bind(now_unix_ms)
            .bind(i64::from(limit))
            .fetch_all(&mut *self.read().await?)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(DueDelivery {
                    id: read_id(row, "id")?,
                    body: row.try_get("body")?,
                    attempts: read_number(row, "attempts")?,
                    round: read_number(row, "round")?,
                })
            })
            .collect()
    }

    /// Writes down how an attempt went and what follows from it, for the delivery and, with `disable`, for its receiver.
    /// Without effect if it is gone; one that was given up meanwhile stays so unless the receiver has it, and one that was put in
    /// the queue once more meanwhile stays there.
    ///
    /// # Errors
    /// If it could not be made durable; then it is tried again, with the same id.
    pub async fn delivery_tried(
        &self,
        delivery: &DueDelivery,
        attempt: DeliveryAttempt,
        consequence: Consequence,
        disable: Option<WebhookDisabled>,
    ) -> Result<(), CatalogError> {
        let (id, round) = (delivery.id, delivery.round);
        let disabled =
            self.write(move |db| Box::pin(async move { tried(db, id, round, &attempt, consequence, disable).await }));
        if let Some((endpoint, at_unix_ms)) = disabled.await?
            && let Err(error) = self.give_up_waiting(endpoint, at_unix_ms).await
        {
            // The attempt is written down, so this is no failure of its; the next sweep does the rest.
            tracing::error!(%endpoint, %error, "what waits for a receiver that is disabled is not given up yet");
        }
        Ok(())
    }

    /// A page of a receiver's log, newest first: its top, or what is older than the delivery `before`; with `state` of those
    /// in that state only. Where that one is forgotten, what was queued before it.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn deliveries(
        &self,
        endpoint: WebhookEndpointId,
        state: Option<DeliveryState>,
        before: Option<DeliveryId>,
        limit: u32,
    ) -> Result<DeliveryPage, CatalogError> {
        let state = state.map(DeliveryState::name);
        let mut db = self.read().await?;
        let place: Option<i64> = sqlx::query_scalar(PLACE)
            .bind(before.map(|before| id_bytes(before.uuid())))
            .bind(id_bytes(endpoint.uuid()))
            .fetch_optional(&mut *db)
            .await?;
        let queued_before_unix_ms = before.filter(|_| place.is_none()).map_or(i64::MAX, queued_unix_ms);
        let rows = sqlx::query(LOG)
            .bind(id_bytes(endpoint.uuid()))
            .bind(place.unwrap_or(i64::MAX))
            .bind(queued_before_unix_ms)
            .bind(state)
            .bind(state)
            .bind(i64::from(limit) + 1)
            .fetch_all(&mut *db)
            .await?;
        let shown = &rows[..rows.len().min(limit as usize)];
        let next = match shown.last() {
            Some(last) if rows.len() > shown.len() => Some(read_id(last, "id")?),
            _ => None,
        };
        Ok(DeliveryPage { deliveries: shown.iter().map(delivery_of).collect::<Result<_, _>>()?, next })
    }

    /// Has one delivery brought once more, now and out of turn: it waits for none and none waits for it. False if the receiver
    /// has no such one.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn resend_delivery(
        &self,
        endpoint: WebhookEndpointId,
        delivery: DeliveryId,
        now_unix_ms: i64,
    ) -> Result<bool, CatalogError> {
        self.write(move |db| {
            Box::pin(async move {
                let row = sqlx::query(
                    "UPDATE webhook_delivery SET state = 'waiting', in_turn = 0, behind = 0, round = round + 1, attempts = 0,
                         code = NULL, next_at_unix_ms = ?, finished_at_unix_ms = NULL
                     WHERE id = ? AND endpoint = ? RETURNING recording",
                )
                .bind(now_unix_ms)
                .bind(id_bytes(delivery.uuid()))
                .bind(id_bytes(endpoint.uuid()))
                .fetch_optional(&mut *db)
                .await?;
                let Some(row) = row else { return Ok(false) };
                turn::free_first(db, endpoint, read_id(&row, "recording")?).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Forgets deliveries that were brought or given up before a moment, at most `limit`; answers how many it forgot.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn prune_deliveries(&self, before_unix_ms: i64, limit: u32) -> Result<u64, CatalogError> {
        let has_any =
            sqlx::query(OLD).bind(before_unix_ms).bind(1).fetch_optional(&mut *self.read().await?).await?.is_some();
        if !has_any {
            return Ok(0);
        }
        self.write(move |db| {
            Box::pin(async move {
                let done = sqlx::query(PRUNE).bind(before_unix_ms).bind(i64::from(limit)).execute(db).await?;
                Ok(done.rows_affected())
            })
        })
        .await
    }

    /// How much is left to be delivered.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn delivery_backlog(&self) -> Result<Backlog, CatalogError> {
        let mut db = self.read().await?;
        let row = sqlx::query(
            "SELECT count(*) AS waiting, min(created_at_unix_ms) AS oldest,
                 (SELECT count(*) FROM webhook_delivery WHERE state = 'dead') AS dead,
                 (SELECT count(*) FROM webhook_endpoint WHERE disabled IS NOT NULL) AS disabled
             FROM webhook_delivery WHERE state = 'waiting'",
        )
        .fetch_one(&mut *db)
        .await?;
        Ok(Backlog {
            waiting: read_number(&row, "waiting")?,
            oldest_unix_ms: row.try_get("oldest")?,
            dead: read_number(&row, "dead")?,
            disabled: read_number(&row, "disabled")?,
        })
    }
}

/// Puts a message on its way to each of its receivers after all that are; for one that is disabled it is a dead letter, for one
/// that is gone nothing.
pub(crate) async fn queue(
    db: &mut SqliteConnection,
    recording: RecordingId,
    message: &WebhookMessage,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    let text: i64 = sqlx::query_scalar("INSERT INTO webhook_text (body) VALUES (?) RETURNING id")
        .bind(&message.body)
        .fetch_one(&mut *db)
        .await?;
    let mut queued = 0;
    for endpoint in &message.endpoints {
        queued += queue_one(db, recording, *endpoint, (&message.event, text), now_unix_ms).await?;
    }
    if queued == 0 {
        sqlx::query("DELETE FROM webhook_text WHERE id = ?").bind(text).execute(db).await?;
    }
    Ok(())
}

/// Puts an event, whose text stands already, on its way to one receiver; answers how many rows that made.
async fn queue_one(
    db: &mut SqliteConnection,
    recording: RecordingId,
    endpoint: WebhookEndpointId,
    (event, text): (&str, i64),
    now_unix_ms: i64,
) -> Result<u64, CatalogError> {
    let done = sqlx::query(
        "INSERT INTO webhook_delivery (id, endpoint, recording, event, text, state, in_turn, behind, attempts, log, code,
             created_at_unix_ms, next_at_unix_ms, finished_at_unix_ms)
         SELECT ?1, id, ?2, ?3, ?4, iif(disabled IS NULL, 'waiting', 'dead'), 1, EXISTS (
                 SELECT 1 FROM webhook_delivery
                 WHERE endpoint = ?7 AND recording = ?2 AND state = 'waiting' AND in_turn),
             0, '[]', iif(disabled IS NULL, NULL, ?5), ?6, ?6, iif(disabled IS NULL, NULL, ?6)
         FROM webhook_endpoint WHERE id = ?7",
    )
    .bind(id_bytes(new_delivery_id(now_unix_ms)?.uuid()))
    .bind(id_bytes(recording.uuid()))
    .bind(event)
    .bind(text)
    .bind(SUB_CODE)
    .bind(now_unix_ms)
    .bind(id_bytes(endpoint.uuid()))
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Disables a receiver, unless it is already; [`Catalog::give_up_waiting`] is to follow. False if there is none.
pub(crate) async fn disable(
    db: &mut SqliteConnection,
    id: WebhookEndpointId,
    why: WebhookDisabled,
    now_unix_ms: i64,
) -> Result<bool, CatalogError> {
    let done = sqlx::query(
        "UPDATE webhook_endpoint SET disabled = coalesce(disabled, ?), updated_at_unix_ms = ? WHERE id = ?",
    )
    .bind(why.name())
    .bind(now_unix_ms)
    .bind(id_bytes(id.uuid()))
    .execute(&mut *db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Answers whom it disabled, and when.
async fn tried(
    db: &mut SqliteConnection,
    delivery: DeliveryId,
    round: u32,
    attempt: &DeliveryAttempt,
    consequence: Consequence,
    disabled: Option<WebhookDisabled>,
) -> Result<Option<(WebhookEndpointId, i64)>, CatalogError> {
    let row = sqlx::query(
        "SELECT endpoint, recording, log, failing_run_since_unix_ms, failed_last_at_unix_ms
         FROM webhook_delivery AS this JOIN webhook_endpoint ON webhook_endpoint.id = this.endpoint
         WHERE this.id = ?",
    )
    .bind(id_bytes(delivery.uuid()))
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let endpoint: WebhookEndpointId = read_id(&row, "endpoint")?;
    let mut log: Vec<DeliveryAttempt> = read_json(&row, "log")?;
    log.push(attempt.clone());
    let surplus = log.len().saturating_sub(LOGGED_ATTEMPTS);
    log.drain(..surplus);
    let ended_at_unix_ms = attempt.at_unix_ms.saturating_add(i64::try_from(attempt.took_ms).unwrap_or(i64::MAX));
    let (state, next_at_unix_ms) = match consequence {
        Consequence::Delivered => ("delivered", None),
        Consequence::Again { at_unix_ms } => ("waiting", Some(at_unix_ms)),
        Consequence::Dead => ("dead", None),
    };
    sqlx::query("UPDATE webhook_delivery SET log = ? WHERE id = ?")
        .bind(json(&log, "log")?)
        .bind(id_bytes(delivery.uuid()))
        .execute(&mut *db)
        .await?;
    // An attempt that was under way when it was put in the queue once more is no attempt of that.
    sqlx::query(
        "UPDATE webhook_delivery SET attempts = attempts + 1,
             state = iif(state = 'waiting' OR ? = 'delivered', ?, state),
             code = iif(state = 'waiting' OR ? = 'delivered', ?, code),
             next_at_unix_ms = coalesce(?, next_at_unix_ms),
             finished_at_unix_ms = iif(? = 'waiting', finished_at_unix_ms, ?)
         WHERE id = ? AND round = ?",
    )
    .bind(state)
    .bind(state)
    .bind(state)
    .bind(attempt.code.clone())
    .bind(next_at_unix_ms)
    .bind(state)
    .bind(ended_at_unix_ms)
    .bind(id_bytes(delivery.uuid()))
    .bind(round)
    .execute(&mut *db)
    .await?;
    if next_at_unix_ms.is_none() {
        turn::free_first(db, endpoint, read_id(&row, "recording")?).await?;
    }
    // A receiver that was enabled again fails anew.
    let failed = consequence != Consequence::Delivered;
    let run = failed.then_some(FailingRun::after(failing_run_of(&row)?, attempt.at_unix_ms));
    sqlx::query(
        "UPDATE webhook_endpoint SET failing_since_unix_ms = iif(?, coalesce(failing_since_unix_ms, ?), NULL),
             failing_run_since_unix_ms = ?, failed_last_at_unix_ms = ?
         WHERE id = ?",
    )
    .bind(failed)
    .bind(attempt.at_unix_ms)
    .bind(run.map(|run| run.since_unix_ms))
    .bind(run.map(|run| run.latest_unix_ms))
    .bind(id_bytes(endpoint.uuid()))
    .execute(&mut *db)
    .await?;
    let Some(why) = disabled else { return Ok(None) };
    disable(db, endpoint, why, ended_at_unix_ms).await?;
    Ok(Some((endpoint, ended_at_unix_ms)))
}

/// The run of failures in a row of a receiver.
pub(crate) fn failing_run_of(row: &SqliteRow) -> Result<Option<FailingRun>, CatalogError> {
    let since: Option<i64> = row.try_get("failing_run_since_unix_ms")?;
    let latest: Option<i64> = row.try_get("failed_last_at_unix_ms")?;
    Ok(since.zip(latest).map(|(since_unix_ms, latest_unix_ms)| FailingRun { since_unix_ms, latest_unix_ms }))
}

/// When a delivery was queued, as its id says, in milliseconds of this machine's wall clock since the Unix epoch.
fn queued_unix_ms(id: DeliveryId) -> i64 {
    i64::try_from(id.uuid().as_u128() >> 80).unwrap_or(i64::MAX)
}

fn delivery_of(row: &SqliteRow) -> Result<WebhookDelivery, CatalogError> {
    let state = read_name(row, "state")?;
    let next_at_unix_ms = (state == DeliveryState::Waiting).then(|| row.try_get("next_at_unix_ms")).transpose()?;
    Ok(WebhookDelivery {
        id: read_id(row, "id")?,
        event: row.try_get("event")?,
        body: row.try_get("body")?,
        state,
        created_at_unix_ms: row.try_get("created_at_unix_ms")?,
        next_at_unix_ms,
        code: row.try_get("code")?,
        attempts: read_json(row, "log")?,
    })
}

#[cfg(test)]
mod tests;

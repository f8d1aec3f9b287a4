//! Receivers of status webhooks, and the secrets that sign what they get. What they are to hear is in `outbox`, what is on its
//! way to them in `deliveries`.

use std::sync::Arc;

use model::{ConfiguredWebhook, Project, Secret, WebhookDisabled, WebhookEndpoint, WebhookEndpointId, WebhookWish};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    Catalog, CatalogError,
    column::{id_bytes, json, read_id, read_json, read_name, read_name_if_any, read_number},
    deliveries,
    seal::Seal,
};

/// How many receivers a project may have.
pub const MOST_WEBHOOKS: u32 = 50;

/// How long a secret that was replaced signs beside the new one, in milliseconds.
pub(crate) const OVERLAP_MS: i64 = 24 * 3_600_000;

/// What became of a receiver that is to be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// It hears of everything from now on.
    New,
    /// The project has as many as it may have.
    TooMany,
}

impl Catalog {
    /// Registers a receiver for the captures of a project. Of what happened before, it hears nothing.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn register_webhook(
        &self,
        id: WebhookEndpointId,
        project: &Project,
        wish: WebhookWish,
        secret: Secret<String>,
        now_unix_ms: i64,
    ) -> Result<Registered, CatalogError> {
        let (seal, project) = (Arc::clone(&self.seal), project.clone());
        self.write(move |db| {
            Box::pin(async move {
                let row = sqlx::query("SELECT count(*) AS known FROM webhook_endpoint WHERE project = ?")
                    .bind(project.name())
                    .fetch_one(&mut *db)
                    .await?;
                if read_number::<u32>(&row, "known")? >= MOST_WEBHOOKS {
                    return Ok(Registered::TooMany);
                }
                insert(db, &seal, id, &project, None, &wish, &secret, now_unix_ms).await?;
                Ok(Registered::New)
            })
        })
        .await
    }

    /// Makes the receivers of the configuration those that are given: each is known by its name, keeps its deliveries and
    /// whether it is disabled, and one that is not given any more is forgotten.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn configure_webhooks(
        &self,
        given: Vec<(WebhookEndpointId, ConfiguredWebhook)>,
        now_unix_ms: i64,
    ) -> Result<(), CatalogError> {
        let has_any = sqlx::query("SELECT 1 FROM webhook_endpoint WHERE configured_as IS NOT NULL LIMIT 1")
            .fetch_optional(&mut *self.read().await?)
            .await?;
        if given.is_empty() && has_any.is_none() {
            return Ok(());
        }
        let known = configured(&mut *self.read().await?).await?;
        for (_, id) in known.into_iter().filter(|known| !is_given(known, &given)) {
            self.forget_deliveries(id).await?;
        }
        let seal = Arc::clone(&self.seal);
        self.write(move |db| Box::pin(async move { configure(db, &seal, given, now_unix_ms).await })).await
    }

    /// One receiver of a project; `None` if it has no such one.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn webhook(
        &self,
        project: &Project,
        id: WebhookEndpointId,
    ) -> Result<Option<WebhookEndpoint>, CatalogError> {
        let row = sqlx::query("SELECT * FROM webhook_endpoint WHERE id = ? AND project = ?")
            .bind(id_bytes(id.uuid()))
            .bind(project.name().to_owned())
            .fetch_optional(&mut *self.read().await?)
            .await?;
        row.as_ref().map(endpoint_of).transpose()
    }

    /// Every receiver of a project, newest first.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn webhooks(&self, project: &Project) -> Result<Vec<WebhookEndpoint>, CatalogError> {
        let rows =
            sqlx::query("SELECT * FROM webhook_endpoint WHERE project = ? ORDER BY created_at_unix_ms DESC, id DESC")
                .bind(project.name().to_owned())
                .fetch_all(&mut *self.read().await?)
                .await?;
        rows.iter().map(endpoint_of).collect()
    }

    /// Every receiver of every project.
    ///
    /// # Errors
    /// If the database fails or holds something unreadable.
    pub async fn all_webhooks(&self) -> Result<Vec<WebhookEndpoint>, CatalogError> {
        let rows = sqlx::query("SELECT * FROM webhook_endpoint ORDER BY created_at_unix_ms, id")
            .fetch_all(&mut *self.read().await?)
            .await?;
        rows.iter().map(endpoint_of).collect()
    }

    /// Changes what is asked of a receiver where `wish` differs from what was `known` of it, so that changes of different things at
    /// once are all kept; false if there is none. What waits for it stays as it was written.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn change_webhook(
        &self,
        id: WebhookEndpointId,
        known: WebhookWish,
        wish: WebhookWish,
        now_unix_ms: i64,
    ) -> Result<bool, CatalogError> {
        self.write(move |db| Box::pin(async move { change(db, id, Some(&known), &wish, now_unix_ms).await })).await
    }

    /// Stops delivering to a receiver, or begins again; false if there is none. While it is disabled, what it would have
    /// heard becomes dead letters, and so does what waits for it: [`Catalog::replay_deliveries`] brings them back.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn set_webhook_disabled(
        &self,
        id: WebhookEndpointId,
        disabled: bool,
        now_unix_ms: i64,
    ) -> Result<bool, CatalogError> {
        if disabled {
            let is_there = self.disable_webhook(id, now_unix_ms).await?;
            self.give_up_waiting(id, now_unix_ms).await?;
            return Ok(is_there);
        }
        self.write(move |db| {
            Box::pin(async move {
                let done = sqlx::query(
                    "UPDATE webhook_endpoint SET disabled = NULL, failing_since_unix_ms = NULL,
                         failing_run_since_unix_ms = NULL, failed_last_at_unix_ms = NULL, updated_at_unix_ms = ?
                     WHERE id = ?",
                )
                .bind(now_unix_ms)
                .bind(id_bytes(id.uuid()))
                .execute(db)
                .await?;
                Ok(done.rows_affected() > 0)
            })
        })
        .await
    }

    pub(crate) async fn disable_webhook(&self, id: WebhookEndpointId, now_unix_ms: i64) -> Result<bool, CatalogError> {
        let why = WebhookDisabled::ByCaller;
        self.write(move |db| Box::pin(async move { deliveries::disable(db, id, why, now_unix_ms).await })).await
    }

    /// Forgets a receiver with all that was on its way to it; false if there is none.
    ///
    /// # Errors
    /// If it could not be made durable; then it is disabled, and some of its log is gone.
    pub async fn remove_webhook(&self, id: WebhookEndpointId, now_unix_ms: i64) -> Result<bool, CatalogError> {
        // First, so that nothing of what is about to be forgotten is sent meanwhile.
        if !self.disable_webhook(id, now_unix_ms).await? {
            return Ok(false);
        }
        self.forget_deliveries(id).await?;
        self.write(move |db| {
            Box::pin(async move {
                let done = sqlx::query("DELETE FROM webhook_endpoint WHERE id = ?")
                    .bind(id_bytes(id.uuid()))
                    .execute(db)
                    .await?;
                Ok(done.rows_affected() > 0)
            })
        })
        .await
    }

    /// Replaces the secret of a receiver; for 24 h the one before signs as well. False if there is no such receiver.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub async fn rotate_webhook_secret(
        &self,
        id: WebhookEndpointId,
        secret: Secret<String>,
        now_unix_ms: i64,
    ) -> Result<bool, CatalogError> {
        let seal = Arc::clone(&self.seal);
        self.write(move |db| Box::pin(async move { rotate(db, &seal, id, &secret, now_unix_ms).await })).await
    }

    /// The secrets that sign what a receiver gets, the newest first; none if it is gone, or the key file is not the one that
    /// sealed them.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn webhook_secrets(
        &self,
        id: WebhookEndpointId,
        now_unix_ms: i64,
    ) -> Result<Vec<Secret<String>>, CatalogError> {
        let row = sqlx::query(
            "SELECT secret, iif(previous_until_unix_ms > ?, previous_secret, NULL) AS previous
             FROM webhook_endpoint WHERE id = ?",
        )
        .bind(now_unix_ms)
        .bind(id_bytes(id.uuid()))
        .fetch_optional(&mut *self.read().await?)
        .await?;
        let Some(row) = row else { return Ok(Vec::new()) };
        let sealed = [row.try_get::<Option<&[u8]>, _>("secret")?, row.try_get("previous")?];
        let opened = sealed.into_iter().flatten().filter_map(|sealed| opened(&self.seal, id, sealed));
        Ok(opened.map(Secret::new).collect())
    }
}

#[expect(clippy::too_many_arguments, reason = "they are the columns of one row")]
async fn insert(
    db: &mut SqliteConnection,
    seal: &Seal,
    id: WebhookEndpointId,
    project: &Project,
    configured_as: Option<&str>,
    wish: &WebhookWish,
    secret: &Secret<String>,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    sqlx::query(
        "INSERT INTO webhook_endpoint (id, project, configured_as, url, events, description, metadata, ordered,
             svix_headers, bot_events, secret, created_at_unix_ms, updated_at_unix_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id_bytes(id.uuid()))
    .bind(project.name())
    .bind(configured_as)
    .bind(&wish.url)
    .bind(json(&wish.events, "events")?)
    .bind(&wish.description)
    .bind(json(&wish.metadata, "metadata")?)
    .bind(wish.ordered)
    .bind(wish.svix_headers)
    .bind(wish.bot_events)
    .bind(seal.seal(id.uuid().as_bytes(), secret.expose())?)
    .bind(now_unix_ms)
    .bind(now_unix_ms)
    .execute(db)
    .await?;
    Ok(())
}

/// Writes what differs from what was `known`, or all of it.
async fn change(
    db: &mut SqliteConnection,
    id: WebhookEndpointId,
    known: Option<&WebhookWish>,
    wish: &WebhookWish,
    now_unix_ms: i64,
) -> Result<bool, CatalogError> {
    let differs = |same: fn(&WebhookWish, &WebhookWish) -> bool| known.is_none_or(|known| !same(known, wish));
    let events = differs(|a, b| a.events == b.events).then(|| json(&wish.events, "events")).transpose()?;
    let metadata = differs(|a, b| a.metadata == b.metadata).then(|| json(&wish.metadata, "metadata")).transpose()?;
    let done = sqlx::query(
        "UPDATE webhook_endpoint SET url = coalesce(?, url), events = coalesce(?, events),
             description = coalesce(?, description), metadata = coalesce(?, metadata), ordered = coalesce(?, ordered),
             svix_headers = coalesce(?, svix_headers), bot_events = coalesce(?, bot_events), updated_at_unix_ms = ?
         WHERE id = ?",
    )
    .bind(differs(|a, b| a.url == b.url).then_some(&wish.url))
    .bind(events)
    .bind(differs(|a, b| a.description == b.description).then_some(&wish.description))
    .bind(metadata)
    .bind(differs(|a, b| a.ordered == b.ordered).then_some(wish.ordered))
    .bind(differs(|a, b| a.svix_headers == b.svix_headers).then_some(wish.svix_headers))
    .bind(differs(|a, b| a.bot_events == b.bot_events).then_some(wish.bot_events))
    .bind(now_unix_ms)
    .bind(id_bytes(id.uuid()))
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A receiver of the configuration: its name and project, and its id.
type Configured = ((String, Project), WebhookEndpointId);

/// The receivers that the configuration named so far.
async fn configured(db: &mut SqliteConnection) -> Result<Vec<Configured>, CatalogError> {
    let rows = sqlx::query("SELECT id, configured_as, project FROM webhook_endpoint WHERE configured_as IS NOT NULL")
        .fetch_all(db)
        .await?;
    rows.iter()
        .map(|row| Ok(((row.try_get("configured_as")?, read_name(row, "project")?), read_id(row, "id")?)))
        .collect()
}

fn is_given(((name, project), _): &Configured, given: &[(WebhookEndpointId, ConfiguredWebhook)]) -> bool {
    given.iter().any(|(_, given)| given.name == *name && given.project == *project)
}

async fn configure(
    db: &mut SqliteConnection,
    seal: &Seal,
    given: Vec<(WebhookEndpointId, ConfiguredWebhook)>,
    now_unix_ms: i64,
) -> Result<(), CatalogError> {
    let (known, gone): (Vec<_>, Vec<_>) = configured(db).await?.into_iter().partition(|known| is_given(known, &given));
    for (_, id) in gone {
        sqlx::query("DELETE FROM webhook_endpoint WHERE id = ?").bind(id_bytes(id.uuid())).execute(&mut *db).await?;
    }
    for (fresh, endpoint) in given {
        let ConfiguredWebhook { name, project, wish, secret } = endpoint;
        let Some((_, id)) = known.iter().find(|((known, _), _)| *known == name) else {
            insert(db, seal, fresh, &project, Some(&name), &wish, &secret, now_unix_ms).await?;
            continue;
        };
        change(db, *id, None, &wish, now_unix_ms).await?;
        let row = sqlx::query("SELECT secret FROM webhook_endpoint WHERE id = ?")
            .bind(id_bytes(id.uuid()))
            .fetch_one(&mut *db)
            .await?;
        let before = opened(seal, *id, row.try_get("secret")?).map(Secret::new);
        if before.as_ref() != Some(&secret) {
            rotate(db, seal, *id, &secret, now_unix_ms).await?;
        }
    }
    Ok(())
}

async fn rotate(
    db: &mut SqliteConnection,
    seal: &Seal,
    id: WebhookEndpointId,
    secret: &Secret<String>,
    now_unix_ms: i64,
) -> Result<bool, CatalogError> {
    let done = sqlx::query(
        "UPDATE webhook_endpoint SET previous_secret = secret, previous_until_unix_ms = ?, secret = ?,
             updated_at_unix_ms = ?
         WHERE id = ?",
    )
    .bind(now_unix_ms.saturating_add(OVERLAP_MS))
    .bind(seal.seal(id.uuid().as_bytes(), secret.expose())?)
    .bind(now_unix_ms)
    .bind(id_bytes(id.uuid()))
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

fn opened(seal: &Seal, id: WebhookEndpointId, sealed: &[u8]) -> Option<String> {
    let opened = seal.open_sealed(id.uuid().as_bytes(), sealed);
    if opened.is_none() {
        tracing::error!(endpoint = %id, "the stored secret is damaged; rotate it");
    }
    opened
}

fn endpoint_of(row: &SqliteRow) -> Result<WebhookEndpoint, CatalogError> {
    let flag = |column| Ok::<bool, CatalogError>(read_number::<u8>(row, column)? > 0);
    Ok(WebhookEndpoint {
        id: read_id(row, "id")?,
        project: read_name(row, "project")?,
        configured_as: row.try_get("configured_as")?,
        wish: WebhookWish {
            url: row.try_get("url")?,
            events: read_json(row, "events")?,
            description: row.try_get("description")?,
            metadata: read_json(row, "metadata")?,
            ordered: flag("ordered")?,
            svix_headers: flag("svix_headers")?,
            bot_events: flag("bot_events")?,
        },
        disabled: read_name_if_any(row, "disabled")?,
        failing_since_unix_ms: row.try_get("failing_since_unix_ms")?,
        failing_run: deliveries::failing_run_of(row)?,
        created_at_unix_ms: row.try_get("created_at_unix_ms")?,
        updated_at_unix_ms: row.try_get("updated_at_unix_ms")?,
    })
}

#[cfg(test)]
mod tests;

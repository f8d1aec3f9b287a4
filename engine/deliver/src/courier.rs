//! Brings one message to its receiver and writes down how that went. What is due is found in `webhooks`, what an answer means in
//! `verdict`.

use std::time::{Duration, Instant};

use bytes::Bytes;
use catalog::{Catalog, CatalogError};
use dial::{HttpRequest, Outward};
use model::{Consequence, DeliveryAttempt, DueDelivery, Secret, WebhookEndpoint};
use schema::signature::{self, SigningKey};
use tokio::time::sleep;

use crate::{
    clock::Clock,
    measure,
    verdict::{Heard, Verdict, judge},
};

/// How long a receiver may take for its answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// How long an answer may take before its receiver counts as slow.
pub(crate) const SLOW: Duration = Duration::from_secs(2);

/// How long it takes until an attempt that could not be written down is written down again.
const AGAIN: Duration = Duration::from_secs(1);

/// The code of an attempt that was not made because nothing can sign it.
const SUB_CODE: &str = "secret_unreadable";

/// Brings messages. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Courier {
    pub(crate) catalog: Catalog,
    pub(crate) outward: Outward,
    pub(crate) clock: Clock,
    pub(crate) patience: Duration,
    pub(crate) slow: Duration,
}

impl Courier {
    /// Makes one attempt and keeps at it until its outcome is durable, so that what arrived is not sent again while this
    /// process lives. What dies before sends again, under the same id.
    pub(crate) async fn bring(self, endpoint: WebhookEndpoint, delivery: DueDelivery) {
        let at_unix_ms = self.clock.unix_ms();
        let secrets = match self.secrets(&endpoint, at_unix_ms).await {
            Ok(secrets) => secrets,
            Err(error) => {
                tracing::error!(endpoint = %endpoint.id, %error, "a secret cannot be read; trying again");
                return sleep(AGAIN).await;
            }
        };
        let began = Instant::now();
        let heard = self.send(&endpoint, &delivery, &secrets).await;
        fail::fail_point!("deliver::delivered");
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let Verdict { consequence, disable } =
            judge(&heard, delivery.attempts, endpoint.failing_run, self.clock.unix_ms());
        let code = heard.code.map(str::to_owned);
        tracing::debug!(endpoint = %endpoint.id, delivery = %delivery.id, status = heard.status, code, "a webhook was sent");
        if let Some(why) = disable {
            tracing::warn!(
                endpoint = %endpoint.id,
                why = why.name(),
                "a receiver of webhooks is disabled; enable it over the API once it works, and have it replayed"
            );
        } else if consequence == Consequence::Dead {
            tracing::warn!(endpoint = %endpoint.id, delivery = %delivery.id, "a webhook is a dead letter now");
        }
        measure::tried(consequence);
        let attempt = DeliveryAttempt { at_unix_ms, took_ms, status: heard.status, code };
        loop {
            match self.catalog.delivery_tried(&delivery, attempt.clone(), consequence, disable).await {
                Ok(()) | Err(CatalogError::Closed) => return,
                Err(error) => tracing::error!(%error, "an attempt cannot be written down; trying again"),
            }
            sleep(AGAIN).await;
        }
    }

    /// Everything that signs: the receiver's own secrets, and those of its project, by which one secret verifies all that it is sent.
    async fn secrets(&self, endpoint: &WebhookEndpoint, at_unix_ms: i64) -> Result<Vec<Secret<String>>, CatalogError> {
        let mut secrets = self.catalog.webhook_secrets(endpoint.id, at_unix_ms).await?;
        secrets.extend(self.catalog.project_secrets(&endpoint.project, at_unix_ms).await?);
        Ok(secrets)
    }

    async fn send(&self, endpoint: &WebhookEndpoint, delivery: &DueDelivery, secrets: &[Secret<String>]) -> Heard {
        let keys: Vec<SigningKey> =
            secrets.iter().filter_map(|secret| SigningKey::parse(secret.expose()).ok()).collect();
        if keys.is_empty() {
            // Nobody could tell whose it is.
            return Heard { status: None, code: Some(SUB_CODE), retry_after: None };
        }
        let (id, body) = (delivery.id.to_string(), delivery.body.as_bytes());
        let both_families = endpoint.wish.svix_headers;
        let signed = signature::headers(&keys, &id, self.clock.signed_unix_s(), body, both_families);
        let headers: Vec<(&str, &str)> = [("content-type", "application/json")]
            .into_iter()
            .chain(signed.iter().map(|(name, value)| (*name, value.as_str())))
            .collect();
        let request = HttpRequest {
            method: "POST",
            url: &endpoint.wish.url,
            headers: &headers,
            body: Bytes::copy_from_slice(body),
        };
        Heard::of(self.outward.http_head(request, self.patience).await)
    }
}

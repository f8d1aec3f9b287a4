//! Receivers of status webhooks and what was delivered to them, our own addition.

use model::{DeliveryAttempt, WebhookDelivery, WebhookEndpoint};
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};
use utoipa::ToSchema;

use crate::time::iso_of_unix_ms;

/// One receiver of status webhooks.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub struct WebhookEndpointObject {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// When it was registered.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// Its name in the operator's configuration; null if it was registered over the API.
    pub configured_as: Option<String>,
    /// Where it is.
    pub url: String,
    /// What it hears; everything if empty.
    pub events: Vec<String>,
    /// What it is for.
    pub description: String,
    /// Its labels.
    #[schema(value_type = Object)]
    pub metadata: Value,
    /// Whether what concerns one capture waits for what was before.
    pub ordered: bool,
    /// Whether signatures are sent under the older names of their headers as well.
    pub svix_headers: bool,
    /// Whether it hears of captures as of bots too.
    pub bot_events: bool,
    /// Whether anything is sent to it.
    pub status: WebhookEndpointStatus,
    /// Its secret, where it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// Whether anything is sent to a receiver.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookEndpointStatus {
    /// `enabled` or `disabled`.
    pub code: &'static str,
    /// Why it is disabled.
    pub sub_code: Option<&'static str>,
    /// Since when every attempt failed.
    #[schema(format = DateTime)]
    pub failing_since: Option<String>,
}

/// What became of one message to a receiver.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct WebhookDeliveryObject {
    /// The message's id, which every attempt has.
    #[schema(format = "uuid")]
    pub id: String,
    /// When it was written down.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// What it tells.
    pub event: String,
    /// Where it stands.
    pub status: WebhookDeliveryStatus,
    /// Every attempt, oldest first.
    pub attempts: Vec<WebhookAttempt>,
    /// What is sent, byte for byte.
    #[schema(value_type = Option<Object>)]
    pub payload: Option<Box<RawValue>>,
}

/// Where a message stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookDeliveryStatus {
    /// An open set: new codes may appear.
    pub code: &'static str,
    /// Why it failed the last time.
    pub sub_code: Option<String>,
    /// When it is tried next.
    #[schema(format = DateTime)]
    pub next_attempt_at: Option<String>,
}

/// One attempt.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookAttempt {
    /// When it began.
    #[schema(format = DateTime)]
    pub at: String,
    /// How long it took.
    pub seconds: f64,
    /// The receiver's HTTP status, if it answered.
    pub response_code: Option<u16>,
    /// Why it failed.
    pub code: Option<String>,
}

/// One receiver. Its secret is never in it.
pub fn webhook_endpoint(endpoint: &WebhookEndpoint) -> WebhookEndpointObject {
    let wish = &endpoint.wish;
    WebhookEndpointObject {
        id: endpoint.id.to_string(),
        created_at: iso_of_unix_ms(endpoint.created_at_unix_ms),
        updated_at: iso_of_unix_ms(endpoint.updated_at_unix_ms),
        configured_as: endpoint.configured_as.clone(),
        url: wish.url.clone(),
        events: wish.events.clone(),
        description: wish.description.clone(),
        metadata: json!(wish.metadata),
        ordered: wish.ordered,
        svix_headers: wish.svix_headers,
        bot_events: wish.bot_events,
        status: WebhookEndpointStatus {
            code: if endpoint.disabled.is_some() { "disabled" } else { "enabled" },
            sub_code: endpoint.disabled.map(model::WebhookDisabled::name),
            failing_since: endpoint.failing_since_unix_ms.map(iso_of_unix_ms),
        },
        secret: None,
    }
}

/// One delivery, with its attempts and the text that is sent.
pub fn webhook_delivery(delivery: &WebhookDelivery) -> WebhookDeliveryObject {
    WebhookDeliveryObject {
        id: delivery.id.to_string(),
        created_at: iso_of_unix_ms(delivery.created_at_unix_ms),
        event: delivery.event.clone(),
        status: WebhookDeliveryStatus {
            code: delivery.state.name(),
            sub_code: delivery.code.clone(),
            next_attempt_at: delivery.next_at_unix_ms.map(iso_of_unix_ms),
        },
        attempts: delivery.attempts.iter().map(attempt).collect(),
        payload: RawValue::from_string(delivery.body.clone()).ok(),
    }
}

fn attempt(attempt: &DeliveryAttempt) -> WebhookAttempt {
    WebhookAttempt {
        at: iso_of_unix_ms(attempt.at_unix_ms),
        seconds: attempt.took_ms as f64 / 1_000.0,
        response_code: attempt.status,
        code: attempt.code.clone(),
    }
}

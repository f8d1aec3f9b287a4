//! Receivers of status webhooks and what was delivered to them, our own addition.

use model::{DeliveryAttempt, WebhookDelivery, WebhookEndpoint};
use serde_json::{Value, json, value::RawValue};

use crate::time::iso_of_unix_ms;

/// One receiver. Its secret is never in it.
pub fn webhook_endpoint(endpoint: &WebhookEndpoint) -> Value {
    let wish = &endpoint.wish;
    json!({
        "id": endpoint.id,
        "created_at": iso_of_unix_ms(endpoint.created_at_unix_ms),
        "updated_at": iso_of_unix_ms(endpoint.updated_at_unix_ms),
        "configured_as": endpoint.configured_as,
        "url": wish.url,
        "events": wish.events,
        "description": wish.description,
        "metadata": wish.metadata,
        "ordered": wish.ordered,
        "svix_headers": wish.svix_headers,
        "bot_events": wish.bot_events,
        "status": {
            "code": if endpoint.disabled.is_some() { "disabled" } else { "enabled" },
            "sub_code": endpoint.disabled.map(model::WebhookDisabled::name),
            "failing_since": endpoint.failing_since_unix_ms.map(iso_of_unix_ms),
        },
    })
}

/// One delivery, with its attempts and the text that is sent.
pub fn webhook_delivery(delivery: &WebhookDelivery) -> Value {
    json!({
        "id": delivery.id,
        "created_at": iso_of_unix_ms(delivery.created_at_unix_ms),
        "event": delivery.event,
        "status": {
            "code": delivery.state.name(),
            "sub_code": delivery.code,
            "next_attempt_at": delivery.next_at_unix_ms.map(iso_of_unix_ms),
        },
        "attempts": delivery.attempts.iter().map(attempt).collect::<Vec<Value>>(),
        "payload": serde_json::from_str::<&RawValue>(&delivery.body).ok(),
    })
}

fn attempt(attempt: &DeliveryAttempt) -> Value {
    json!({
        "at": iso_of_unix_ms(attempt.at_unix_ms),
        "seconds": attempt.took_ms as f64 / 1_000.0,
        "response_code": attempt.status,
        "code": attempt.code,
    })
}

//! Lists in the document: their parameters, and the pages that they answer.

use model::ArtifactKind;
use serde_json::{Value, json};

use super::operation::refers;
use crate::captures;

/// What every list of a kind of object can be narrowed by.
pub(crate) fn parameters(statuses: &[&str]) -> Vec<Value> {
    let one = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "query", "description": description, "schema": schema });
    let time = || json!({ "type": "string", "format": "date-time" });
    let id = || json!({ "type": "string", "format": "uuid" });
    vec![
        one("created_at_after", "At this time or later.", time()),
        one("created_at_before", "At this time or earlier.", time()),
        one(
            "status_code",
            "In one of these states.",
            json!({ "type": "array", "items": { "type": "string", "enum": statuses } }),
        ),
        one("recording_id", "Of this recording.", id()),
        one("meeting_direct_connect_id", "Of this capture.", id()),
        one("bot_id", "As `meeting_direct_connect_id`.", id()),
    ]
}

/// The same of a list that goes by cursors.
pub(crate) fn by_cursor(statuses: &[&str]) -> Vec<Value> {
    let mut parameters = parameters(statuses);
    parameters.push(cursor());
    parameters
}

/// Where a page begins.
pub(crate) fn cursor() -> Value {
    json!({
        "name": "cursor", "in": "query", "description": "A place that an earlier page named.", "schema": { "type": "string" },
    })
}

/// What live events are narrowed by.
pub(crate) fn of_events() -> Vec<Value> {
    let one = |name: &str, description: &str| json!({ "name": name, "in": "query", "description": description, "schema": { "type": "string" } });
    vec![
        one("cursor", "Goes on after that event."),
        one("events", "Only these: names with commas between them, such as transcript.data,participant_events.*"),
    ]
}

/// The same of a list that goes by numbers of pages.
pub(crate) fn by_number() -> Vec<Value> {
    let mut parameters = parameters(&captures::STATUSES);
    parameters.push(json!({
        "name": "page", "in": "query", "description": "Which page, from 1.",
        "schema": { "type": "integer", "minimum": 1, "maximum": u32::MAX },
    }));
    parameters.push(json!({
        "name": "platform", "in": "query", "description": "Only of this platform.", "schema": { "type": "string" },
    }));
    parameters
}

/// The schemas of pages.
pub(crate) fn schemas() -> Vec<(String, Value)> {
    let of =
        ["MeetingDirectConnect", "Recording", "Artifact", "RealtimeEndpoint", "WebhookEndpoint", "WebhookDelivery"];
    let mut schemas: Vec<(String, Value)> = of.iter().map(|of| (list_of(of), page(of, false))).collect();
    schemas.push((list_of("Bot"), page("Bot", true)));
    schemas
}

/// The name of the schema of a page.
pub(crate) fn list_of(object: &str) -> String {
    format!("{object}List")
}

/// The paths of lists of artifacts with their kinds.
pub(crate) fn kinds() -> impl Iterator<Item = (ArtifactKind, String)> {
    ArtifactKind::ALL.into_iter().map(|kind| (kind, crate::artifacts::path(kind)))
}

fn page(object: &str, is_counted: bool) -> Value {
    let address = json!({ "type": ["string", "null"], "format": "uri" });
    let mut page = json!({
        "type": "object",
        "required": ["next", "previous", "results"],
        "properties": {
            "next": address, "previous": address,
            "results": { "type": "array", "items": refers(object) },
        },
    });
    if is_counted {
        page["required"] = json!(["count", "next", "previous", "results"]);
        page["properties"]["count"] = json!({ "type": "integer", "minimum": 0 });
    }
    page
}

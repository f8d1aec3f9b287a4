//! What is told live of a meeting, in the document: the events of a stream, and what each of them says. What there is to tell is
//! decided in `schema::event`.

use serde_json::{Value, json};

use super::operation::refers;

/// The schemas of live events.
pub(crate) fn schemas() -> [(String, Value); 2] {
    [("LiveEvent".to_owned(), event()), ("LiveMessage".to_owned(), message())]
}

/// What a stream of Server-Sent Events answers: a text for whoever takes it as a whole, an object for whoever tells its events apart.
pub(crate) fn streamed() -> Value {
    let either = json!({ "anyOf": [{ "type": "string" }, refers("LiveEvent")] });
    json!({ "description": "Events, until the capture is over.", "content": { "text/event-stream": { "schema": either } } })
}

/// One event by its fields.
fn event() -> Value {
    json!({
        "type": "object",
        "required": ["event", "data"],
        "properties": {
            "event": name(),
            "data": { "type": "string", "contentMediaType": "application/json", "contentSchema": refers("LiveMessage") },
            "id": cursor(),
        },
    })
}

/// What stands behind `data:`, and what a message over a WebSocket is.
fn message() -> Value {
    let of = || refers("Reference");
    json!({
        "type": "object",
        "required": ["event", "data"],
        "properties": {
            "cursor": cursor(),
            "event": name(),
            "data": {
                "type": "object",
                "required": ["data", "meeting_direct_connect"],
                "properties": {
                    "data": { "type": "object" },
                    "transcript": of(), "participant_events": of(), "recording": of(), "bot": of(),
                    "meeting_direct_connect": of(),
                },
            },
        },
    })
}

fn name() -> Value {
    json!({ "type": "string", "pattern": "^(transcript|participant_events|artifact|meeting_direct_connect)[.][a-z_]+$" })
}

/// Where a reader that has seen it goes on.
fn cursor() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]+-[0-9]+$" })
}

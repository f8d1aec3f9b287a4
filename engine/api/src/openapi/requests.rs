//! What customers send, in the document. What is taken of it is decided in `schema::request`; unknown keys are ignored
//! everywhere.

use schema::request::KEYS;
use serde_json::{Map, Value, json};

use super::operation::refers;

/// The schemas of bodies, and of what is answered where something is wrong with one.
pub(crate) fn schemas() -> Vec<(String, Value)> {
    let schemas = [
        ("Problem", problem()),
        ("Rejection", rejection()),
        ("Labels", labels()),
        ("Change", labelled()),
        ("ArtifactWish", labelled()),
        ("TranscriptWish", transcript()),
        ("TranscriptProvider", json!({ "type": "object", "minProperties": 1, "maxProperties": 1 })),
        ("Retention", retention()),
        ("RecordingConfig", recording_config()),
        ("CreateMeetingDirectConnect", create()),
        ("Watch", watch()),
        ("CreateEdition", edition()),
        ("CreateTranscript", transcript()),
        ("CreateWebhookEndpoint", receiver(true)),
        ("ChangeWebhookEndpoint", receiver(false)),
        ("Replay", replay()),
        ("Queued", queued()),
    ];
    schemas.map(|(name, schema)| (name.to_owned(), schema)).into()
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["code", "detail"],
        "properties": { "code": { "type": "string" }, "detail": { "type": "string" } },
    })
}

/// Either what is wrong with which field, nested like the request, or a problem with the whole.
fn rejection() -> Value {
    json!({ "type": "object", "additionalProperties": true })
}

fn labels() -> Value {
    json!({
        "type": "object",
        "maxProperties": 100,
        "propertyNames": { "maxLength": 500 },
        "additionalProperties": { "type": ["string", "null"], "maxLength": 500 },
    })
}

/// An object of which only the labels are of interest.
fn labelled() -> Value {
    json!({ "type": "object", "properties": { "metadata": labels_or_null() } })
}

/// Something that may be null, as nearly everything may that customers send.
fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn labels_or_null() -> Value {
    or_null(refers("Labels"))
}

/// Every key that is understood; those of artifacts are an object (on) or null (off).
fn recording_config() -> Value {
    let properties: Map<String, Value> = KEYS
        .iter()
        .map(|key| {
            let schema = match *key {
                "metadata" => labels_or_null(),
                "video_mixed_layout" => one_of(&["speaker_view", "gallery_view", "gallery_view_v2", "audio_only"]),
                "video_mixed_participant_video_when_screenshare" => one_of(&["hide", "beside", "overlap"]),
                "video_mixed_plan" => one_of(&["auto", "copy", "compose"]),
                "start_recording_on" => one_of(&["call_join", "participant_join", "participant_speak", "manual"]),
                "realtime_endpoints" => or_null(json!({ "type": "array", "items": { "type": "object" } })),
                "retention" => or_null(refers("Retention")),
                "transcript" => or_null(refers("TranscriptWish")),
                _ => or_null(refers("ArtifactWish")),
            };
            ((*key).to_owned(), schema)
        })
        .collect();
    json!({ "type": "object", "properties": properties })
}

fn retention() -> Value {
    json!({
        "type": "object",
        "required": ["type"],
        "properties": { "type": one_of(&["timed", "forever"]), "hours": { "type": "integer", "minimum": 1 } },
    })
}

fn transcript() -> Value {
    json!({
        "type": "object",
        "required": ["provider"],
        "properties": { "provider": refers("TranscriptProvider"), "metadata": labels_or_null() },
    })
}

fn one_of(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

fn create() -> Value {
    json!({
        "type": "object",
        "required": ["zoom_rtms"],
        "properties": {
            "zoom_rtms": {
                "type": "object",
                "required": ["meeting_uuid", "rtms_stream_id", "server_urls"],
                "properties": {
                    "meeting_uuid": { "type": "string", "minLength": 1, "maxLength": 512 },
                    "rtms_stream_id": { "type": "string", "minLength": 1, "maxLength": 512 },
                    "server_urls": {
                        "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
                    },
                    "signature": { "type": "string", "pattern": "^[0-9a-fA-F]{64}$" },
                    "client_id": { "type": "string", "maxLength": 512 },
                    "event_ts": { "type": "integer" },
                },
            },
            "recording_config": or_null(refers("RecordingConfig")),
            "metadata": labels_or_null(),
        },
    })
}

fn watch() -> Value {
    json!({
        "type": "object",
        "required": ["participant_id"],
        "properties": { "participant_id": { "type": ["integer", "null"] } },
    })
}

/// A receiver of status webhooks, where it is registered and where it is changed.
fn receiver(is_new: bool) -> Value {
    let mut schema = json!({
        "type": "object",
        "properties": {
            "url": { "type": "string", "format": "uri", "maxLength": 2048 },
            "events": { "type": "array", "items": { "type": "string" }, "maxItems": 100 },
            "description": { "type": "string", "maxLength": 500 },
            "metadata": labels_or_null(),
            "ordered": { "type": "boolean" },
            "svix_headers": { "type": "boolean" },
            "bot_events": { "type": "boolean" },
        },
    });
    if is_new {
        schema["required"] = json!(["url"]);
    } else {
        schema["properties"]["disabled"] = json!({ "type": "boolean" });
    }
    schema
}

fn replay() -> Value {
    json!({
        "type": "object",
        "required": ["since"],
        "properties": { "since": { "type": "string", "format": "date-time" }, "only_dead": { "type": "boolean" } },
    })
}

fn queued() -> Value {
    json!({ "type": "object", "required": ["queued"], "properties": { "queued": { "type": "integer", "minimum": 0 } } })
}

fn edition() -> Value {
    let place = json!({ "type": ["number", "string", "null"], "minimum": 0 });
    json!({
        "type": "object",
        "properties": {
            "video_mixed_plan": one_of(&["auto", "copy", "compose"]),
            "video_mixed_layout": one_of(&["speaker_view", "gallery_view", "gallery_view_v2", "audio_only"]),
            "video_mixed_participant_video_when_screenshare": one_of(&["hide", "beside", "overlap"]),
            "from": place, "to": place,
            "without": { "type": "array", "items": { "type": "integer" }, "maxItems": 1000 },
        },
    })
}

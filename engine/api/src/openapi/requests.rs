//! What customers send, in the document. What is taken of it is decided in `schema::request`; unknown keys are ignored
//! everywhere.

use schema::request::KEYS;
use serde_json::{Map, Value, json};

/// The schemas of bodies, and of what is answered where something is wrong with one.
pub(crate) fn schemas() -> Vec<(String, Value)> {
    let schemas = [
        ("Problem", problem()),
        ("Rejection", rejection()),
        ("Labels", labels()),
        ("Change", json!({ "type": "object", "properties": { "metadata": refers_labels() } })),
        ("RecordingConfig", recording_config()),
        ("CreateMeetingDirectConnect", create()),
        ("Watch", watch()),
        ("CreateEdition", edition()),
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

fn refers_labels() -> Value {
    json!({ "oneOf": [{ "$ref": "#/components/schemas/Labels" }, { "type": "null" }] })
}

/// Every key that is understood; those of artifacts are an object (on) or null (off).
fn recording_config() -> Value {
    let switch = || json!({ "type": ["object", "null"], "properties": { "metadata": refers_labels() } });
    let properties: Map<String, Value> = KEYS
        .iter()
        .map(|key| {
            let schema = match *key {
                "metadata" => refers_labels(),
                "video_mixed_layout" => one_of(&["speaker_view", "gallery_view", "gallery_view_v2", "audio_only"]),
                "video_mixed_participant_video_when_screenshare" => one_of(&["hide", "beside", "overlap"]),
                "video_mixed_plan" => one_of(&["auto", "copy", "compose"]),
                "start_recording_on" => one_of(&["call_join", "participant_join", "participant_speak", "manual"]),
                "realtime_endpoints" => json!({ "type": ["array", "null"], "items": { "type": "object" } }),
                "retention" => json!({
                    "type": ["object", "null"],
                    "properties": { "type": one_of(&["timed", "forever"]), "hours": { "type": "integer", "minimum": 1 } },
                }),
                "transcript" => json!({
                    "type": ["object", "null"],
                    "properties": { "provider": { "type": "object", "maxProperties": 1 } },
                }),
                _ => switch(),
            };
            ((*key).to_owned(), schema)
        })
        .collect();
    json!({ "type": ["object", "null"], "properties": properties })
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
            "recording_config": { "$ref": "#/components/schemas/RecordingConfig" },
            "metadata": refers_labels(),
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

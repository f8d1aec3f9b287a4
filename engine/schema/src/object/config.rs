//! The effective `recording_config` (recording-api §2.4): what the caller asked for, with the defaults filled in.

use model::{Capture, EndpointWish, Recording, RecordingConfig, Retention};
use serde_json::{Map, Value, json};

use crate::request::KEYS;

/// The configuration as it is echoed: every key, with the caller's own value where there was one.
pub fn effective_config(config: &RecordingConfig) -> Value {
    let requested = requested(config);
    if requested == Some(Value::Null) {
        return Value::Null;
    }
    let requested = match requested {
        Some(Value::Object(requested)) => requested,
        _ => Map::new(),
    };
    let effective = KEYS
        .iter()
        .map(|key| {
            let value = match (*key, requested.get(*key)) {
                ("transcript", Some(Value::Object(asked))) => Value::Object(over(transcript_defaults(), asked)),
                ("realtime_endpoints", None | Some(Value::Null)) => endpoints(config),
                ("metadata", None | Some(Value::Null)) => json!({}),
                ("retention", _) => retention(config.retention),
                (_, Some(value)) if !value.is_null() || is_artifact(key) => value.clone(),
                _ => default(key, config),
            };
            ((*key).to_owned(), value)
        })
        .collect();
    Value::Object(effective)
}

/// The labels that the caller put on one artifact.
pub(crate) fn metadata_of(config: &RecordingConfig, key: &str) -> Value {
    labels(requested(config).as_ref().and_then(|asked| asked.get(key)?.get("metadata")))
}

/// The labels of a recording: those that the caller put on it in the request, unless they were changed.
pub(crate) fn recording_metadata(config: &RecordingConfig, recording: &Recording) -> Value {
    match &recording.metadata {
        Some(changed) => json!(changed),
        None => requested_metadata(config),
    }
}

/// The labels of the recording that a capture has or will have.
pub(crate) fn recording_metadata_of(capture: &Capture) -> Value {
    match &capture.recording {
        Some(recording) => recording_metadata(&capture.config, recording),
        None => requested_metadata(&capture.config),
    }
}

fn requested_metadata(config: &RecordingConfig) -> Value {
    labels(requested(config).as_ref().and_then(|asked| asked.get("metadata")))
}

/// The options of the transcript provider that the caller named.
pub(super) fn provider_options(config: &RecordingConfig) -> Value {
    let name = config.transcript.as_ref().map_or("", |transcript| transcript.provider.as_str());
    labels(requested(config).as_ref().and_then(|asked| asked.get("transcript")?.get("provider")?.get(name)))
}

fn labels(value: Option<&Value>) -> Value {
    value.filter(|value| value.is_object()).cloned().unwrap_or_else(|| json!({}))
}

fn requested(config: &RecordingConfig) -> Option<Value> {
    serde_json::from_str(config.requested.as_deref()?).ok()
}

fn is_artifact(key: &str) -> bool {
    !matches!(
        key,
        "include_bot_in_recording"
            | "start_recording_on"
            | "video_mixed_layout"
            | "video_mixed_participant_video_when_screenshare"
            | "video_mixed_plan"
    )
}

fn default(key: &str, config: &RecordingConfig) -> Value {
    // Where nothing is stored, nothing is made that nobody asked for.
    let switch = |on: bool| if on && config.retention.stores() { json!({}) } else { Value::Null };
    match key {
        "video_mixed_mp4" => switch(config.video_mixed),
        "participant_events" => switch(config.participant_events),
        "meeting_metadata" => switch(config.meeting_metadata),
        "transcript" => config.transcript.as_ref().map_or(Value::Null, |transcript| {
            let asked = Map::from_iter([("provider".to_owned(), json!({ &transcript.provider: {} }))]);
            Value::Object(over(transcript_defaults(), &asked))
        }),
        "video_mixed_layout" => json!(config.layout.name()),
        "video_mixed_participant_video_when_screenshare" => json!(config.beside_share.name()),
        "video_mixed_plan" => json!(config.video_plan.name()),
        "start_recording_on" => json!("participant_join"),
        "include_bot_in_recording" => json!({ "audio": false }),
        _ => Value::Null,
    }
}

/// The endpoints that an app has by default, as a customer would ask for them.
fn endpoints(config: &RecordingConfig) -> Value {
    let endpoint = |wish: &EndpointWish| {
        json!({
            "type": wish.transport.name(),
            "url": wish.url.expose(),
            "events": wish.topics,
            "metadata": wish.metadata,
        })
    };
    config.endpoints.iter().map(endpoint).collect()
}

fn transcript_defaults() -> Map<String, Value> {
    Map::from_iter([
        ("diarization".to_owned(), json!({ "use_separate_streams_when_available": false })),
        ("metadata".to_owned(), json!({})),
    ])
}

fn over(mut defaults: Map<String, Value>, asked: &Map<String, Value>) -> Map<String, Value> {
    defaults
        .extend(asked.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.clone(), value.clone())));
    defaults
}

fn retention(retention: Retention) -> Value {
    match retention {
        Retention::Forever => json!({ "type": "forever" }),
        Retention::Timed { hours } => json!({ "type": "timed", "hours": hours }),
        Retention::Nothing => Value::Null,
    }
}

//! The `recording_config` of a request (recording-api §3).
//!
//! Keys of artifacts that are not made yet are checked for their shape and echoed, so that a client's request need not
//! change when they are. How the effective configuration is echoed is in [`crate::object`].

use model::{ArtifactFormat, ArtifactKind, RecordingConfig, Retention, TranscriptConfig};
use serde_json::{Map, Value};

use super::{endpoint, field, picture, transcript};
use crate::error::FieldErrors;

/// Every key of `recording_config` that is echoed.
pub const KEYS: [&str; 22] = [
    "audio_mixed_m4a",
    "audio_mixed_mp3",
    "audio_mixed_raw",
    "audio_separate_mp3",
    "audio_separate_ogg",
    "audio_separate_raw",
    "include_bot_in_recording",
    "meeting_metadata",
    "metadata",
    "participant_events",
    "realtime_endpoints",
    "retention",
    "start_recording_on",
    "transcript",
    "video_mixed_flv",
    "video_mixed_layout",
    "video_mixed_mp4",
    "video_mixed_participant_video_when_screenshare",
    "video_mixed_plan",
    "video_separate_h264",
    "video_separate_mp4",
    "video_separate_png",
];

/// Artifacts that are recognised and echoed but not made yet.
const LATER: [&str; 3] = ["video_mixed_flv", "video_separate_png", "video_separate_h264"];

/// In which formats everybody's sound can be wanted, the one last that a player wants: a shortcut shows the newest.
const AUDIO_MIXED: [ArtifactFormat; 3] = [ArtifactFormat::Raw, ArtifactFormat::M4a, ArtifactFormat::Mp3];
/// In which formats each participant's sound can be wanted.
const AUDIO_SEPARATE: [ArtifactFormat; 3] = [ArtifactFormat::Raw, ArtifactFormat::Mp3, ArtifactFormat::Ogg];

/// How a recording can begin, the default first. All but the last are the same here: a stream is there only while people are.
const STARTS: [&str; 4] = ["participant_join", "call_join", "participant_speak", BY_HAND];
/// When the customer asks for it.
const BY_HAND: &str = "manual";

/// Reads `recording_config`: absent means all defaults, null means the same once the customer has recording begin.
pub(super) fn parse(value: Option<&Value>, errors: &mut FieldErrors) -> RecordingConfig {
    let object = match value {
        None => return RecordingConfig::default(),
        Some(Value::Null) => {
            return RecordingConfig {
                starts_by_hand: true,
                requested: Some("null".to_owned()),
                ..RecordingConfig::default()
            };
        }
        Some(Value::Object(object)) => object,
        Some(_) => {
            errors.add(&["recording_config"], "Expected an object.");
            return RecordingConfig::default();
        }
    };
    let defaults = RecordingConfig::default();
    for key in LATER {
        artifact(object, key, false, errors);
    }
    let start = field::one_of(object, &["recording_config", "start_recording_on"], &STARTS, errors);
    let picture = picture::parse(object, &["recording_config"], errors);
    field::metadata(object, &["recording_config", "metadata"], errors);
    RecordingConfig {
        video_mixed: artifact(object, "video_mixed_mp4", defaults.video_mixed, errors),
        video_plan: picture.plan,
        layout: picture.layout,
        beside_share: picture.beside_share,
        audio_mixed: formats(object, ArtifactKind::AudioMixed, AUDIO_MIXED, errors),
        video_separate: artifact(object, "video_separate_mp4", defaults.video_separate, errors),
        audio_separate: formats(object, ArtifactKind::AudioSeparate, AUDIO_SEPARATE, errors),
        transcript: captions(object.get("transcript"), errors),
        participant_events: artifact(object, "participant_events", defaults.participant_events, errors),
        meeting_metadata: artifact(object, "meeting_metadata", defaults.meeting_metadata, errors),
        endpoints: endpoint::parse(object.get("realtime_endpoints"), errors),
        retention: retention(object, errors),
        starts_by_hand: start == Some(BY_HAND),
        requested: Some(known(object)),
    }
}

/// The keys that are echoed, as JSON text.
fn known(object: &Map<String, Value>) -> String {
    let known: Map<String, Value> = object
        .iter()
        .filter(|(key, _)| KEYS.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    Value::Object(known).to_string()
}

/// Whether an artifact is wanted: an object is on, null is off, absent is the default.
fn artifact(object: &Map<String, Value>, key: &str, default: bool, errors: &mut FieldErrors) -> bool {
    let path = ["recording_config", key];
    match object.get(key) {
        None => default,
        Some(Value::Null) => false,
        Some(Value::Object(options)) => {
            field::metadata(options, &["recording_config", key, "metadata"], errors);
            true
        }
        Some(_) => {
            errors.add(&path, "Expected an object (on) or null (off).");
            default
        }
    }
}

/// Those of the formats that are wanted, each by a key of its own.
fn formats<const N: usize>(
    object: &Map<String, Value>,
    kind: ArtifactKind,
    formats: [ArtifactFormat; N],
    errors: &mut FieldErrors,
) -> Vec<ArtifactFormat> {
    let mut is_wanted = |format: &ArtifactFormat| {
        let key = format!("{}_{}", kind.name(), format.name());
        artifact(object, &key, false, errors)
    };
    formats.into_iter().filter(|format| is_wanted(format)).collect()
}

fn captions(value: Option<&Value>, errors: &mut FieldErrors) -> Option<TranscriptConfig> {
    let path = ["recording_config", "transcript"];
    let object = match value {
        None | Some(Value::Null) => return None,
        Some(Value::Object(object)) => object,
        Some(_) => {
            errors.add(&path, "Expected an object (on) or null (off).");
            return None;
        }
    };
    field::metadata(object, &["recording_config", "transcript", "metadata"], errors);
    let provider = transcript::provider(object, &["recording_config", "transcript", "provider"], errors)?;
    Some(TranscriptConfig { provider })
}

fn retention(object: &Map<String, Value>, errors: &mut FieldErrors) -> Retention {
    let path = ["recording_config", "retention"];
    let wrong = match object.get("retention") {
        None => return Retention::Forever,
        Some(Value::Null) => return Retention::Nothing,
        Some(Value::Object(retention)) => match (retention.get("type").and_then(Value::as_str), retention.get("hours"))
        {
            (Some("forever"), _) => return Retention::Forever,
            (Some("timed"), None) => return Retention::Timed { hours: 168 },
            (Some("timed"), Some(hours)) => {
                match hours.as_u64().and_then(|hours| u32::try_from(hours).ok()).filter(|hours| *hours >= 1) {
                    Some(hours) => return Retention::Timed { hours },
                    None => "The hours must be a whole number of at least 1.",
                }
            }
            _ => "The type must be \"timed\" or \"forever\".",
        },
        Some(_) => "Expected an object, or null to store nothing.",
    };
    errors.add(&path, wrong);
    Retention::Forever
}

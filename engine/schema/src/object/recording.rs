//! One recording (recording-api §5.1), as it is embedded in a Meeting Direct Connect object.

use media::SourceTime;
use model::{Artifact, ArtifactKind, Capture, Recording, RecordingState, Retention};
use serde_json::{Map, Value, json};

use super::{
    artifact::{Link, artifact},
    config::recording_metadata,
};
use crate::time::iso_of_unix_ms;

/// The shortcuts that a recording always has, with the kind of artifact that each shows.
const SHORTCUTS: [(&str, Option<ArtifactKind>); 5] = [
    ("video_mixed", Some(ArtifactKind::VideoMixed)),
    ("transcript", Some(ArtifactKind::Transcript)),
    ("participant_events", Some(ArtifactKind::ParticipantEvents)),
    ("meeting_metadata", Some(ArtifactKind::MeetingMetadata)),
    ("audio_mixed", None),
];

/// The recording in its embedded form; all five shortcuts are present, each null or an artifact.
pub fn recording(capture: &Capture, recording: &Recording, link: &Link<'_>) -> Value {
    let shortcuts: Map<String, Value> = SHORTCUTS
        .iter()
        .map(|(key, kind)| {
            let shown = kind.and_then(|kind| shown(recording, kind));
            ((*key).to_owned(), shown.map_or(Value::Null, |shown| artifact(capture, shown, link)))
        })
        .collect();
    json!({
        "id": recording.id,
        "created_at": iso_of_unix_ms(recording.created_at_unix_ms),
        "started_at": recording.started_at.map(iso),
        "completed_at": recording.completed_at.map(iso),
        "expires_at": expires_at(capture, recording),
        "status": {
            "code": recording.state.code(),
            "sub_code": sub_code(recording),
            "updated_at": iso_of_unix_ms(recording.updated_at_unix_ms),
        },
        "media_shortcuts": shortcuts,
        "metadata": recording_metadata(&capture.config),
    })
}

/// The newest artifact of a kind.
fn shown(recording: &Recording, kind: ArtifactKind) -> Option<&Artifact> {
    recording.artifacts.iter().rev().find(|artifact| artifact.kind == kind)
}

/// Why a recording failed: the first code that one of its artifacts gives.
fn sub_code(recording: &Recording) -> Option<&str> {
    if recording.state != RecordingState::Failed {
        return None;
    }
    recording.artifacts.iter().find_map(|artifact| artifact.sub_code.as_deref())
}

fn expires_at(capture: &Capture, recording: &Recording) -> Option<String> {
    match capture.config.retention {
        Retention::Forever => None,
        Retention::Timed { hours } => {
            recording.completed_at.map(|ended| iso(ended.plus_ms(i64::from(hours) * 3_600_000)))
        }
    }
}

fn iso(at: SourceTime) -> String {
    iso_of_unix_ms(at.unix_ms())
}

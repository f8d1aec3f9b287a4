//! One recording (recording-api §5.1), as it is embedded in a Meeting Direct Connect object.

use media::SourceTime;
use model::{Artifact, ArtifactKind, Capture, Recording, RecordingQuality, RecordingState};
use serde_json::{Map, Value, json};

use super::{
    artifact::{Moment, artifact},
    config::recording_metadata,
};
use crate::time::iso_of_unix_ms;

/// The shortcuts that a recording always has, with the kind of artifact that each shows.
const SHORTCUTS: [(&str, ArtifactKind); 5] = [
    ("video_mixed", ArtifactKind::VideoMixed),
    ("transcript", ArtifactKind::Transcript),
    ("participant_events", ArtifactKind::ParticipantEvents),
    ("meeting_metadata", ArtifactKind::MeetingMetadata),
    ("audio_mixed", ArtifactKind::AudioMixed),
];

/// The recording in its embedded form; all five shortcuts are present, each null or an artifact, and
/// `artifacts` has every one of them.
pub fn recording(capture: &Capture, recording: &Recording, moment: Moment<'_>) -> Value {
    let shortcuts: Map<String, Value> = SHORTCUTS
        .iter()
        .map(|(key, kind)| {
            let shown = shown(recording, *kind);
            ((*key).to_owned(), shown.map_or(Value::Null, |shown| artifact(capture, shown, moment)))
        })
        .collect();
    json!({
        "id": recording.id,
        "created_at": iso_of_unix_ms(recording.created_at_unix_ms),
        "started_at": recording.started_at.map(iso),
        "completed_at": recording.completed_at.map(iso),
        "expires_at": recording.expires_at_unix_ms.map(iso_of_unix_ms),
        "status": {
            "code": recording.state.code(),
            "sub_code": sub_code(recording),
            "updated_at": iso_of_unix_ms(recording.updated_at_unix_ms),
        },
        "media_shortcuts": shortcuts,
        "artifacts": recording.artifacts.iter().map(|each| listed(capture, each, moment)).collect::<Vec<_>>(),
        "capture_log": capture_log(capture, recording),
        "quality": recording.quality.as_ref().map(quality),
        "metadata": recording_metadata(&capture.config, recording),
    })
}

/// The recording by itself (recording-api §5.1): the embedded form, and what it came from.
pub fn whole_recording(capture: &Capture, of: &Recording, moment: Moment<'_>) -> Value {
    let mut object = recording(capture, of, moment);
    let source = json!({ "id": capture.id, "metadata": capture.metadata });
    object["realtime_endpoints"] = json!([]);
    object["bot"] = source.clone();
    object["desktop_sdk_upload"] = Value::Null;
    object["meeting_direct_connect"] = source;
    object
}

/// An artifact by itself (recording-api §5.2): as it is listed in its recording, and which one that is.
pub fn whole_artifact(capture: &Capture, each: &Artifact, of: &Recording, moment: Moment<'_>) -> Value {
    let mut object = listed(capture, each, moment);
    object["recording"] = json!({ "id": of.id, "metadata": recording_metadata(&capture.config, of) });
    object
}

/// An artifact where all of them are listed: as in a shortcut, and with what it is.
fn listed(capture: &Capture, each: &Artifact, moment: Moment<'_>) -> Value {
    let mut object = artifact(capture, each, moment);
    object["kind"] = json!(each.kind.name());
    object
}

/// Whether there is a log that the recording can be made of once more.
fn capture_log(capture: &Capture, recording: &Recording) -> Value {
    let (code, removed_at) = match recording.log_removed_at_unix_ms {
        _ if !capture.config.retention.stores() => ("none", None),
        Some(at) => ("removed", Some(iso_of_unix_ms(at))),
        None => ("kept", None),
    };
    json!({ "code": code, "removed_at": removed_at })
}

/// The newest artifact of a kind that the configuration asks for.
fn shown(recording: &Recording, kind: ArtifactKind) -> Option<&Artifact> {
    recording.artifacts.iter().rev().find(|artifact| artifact.kind == kind && artifact.edition.is_none())
}

/// How whole a recording is, and for how many seconds what was missing why.
fn quality(quality: &RecordingQuality) -> Value {
    let seconds = |gap_ms: &u64| json!(*gap_ms as f64 / 1_000.0);
    let gaps: Map<String, Value> =
        quality.gap_ms.iter().map(|(cause, gap_ms)| (cause.name().to_owned(), seconds(gap_ms))).collect();
    json!({ "grade": quality.grade.name(), "gap_seconds": gaps })
}

/// Why a recording failed or was deleted: the first code that one of its artifacts gives.
fn sub_code(recording: &Recording) -> Option<&str> {
    if !matches!(recording.state, RecordingState::Failed | RecordingState::Deleted) {
        return None;
    }
    recording.artifacts.iter().find_map(|artifact| artifact.sub_code.as_deref())
}

fn iso(at: SourceTime) -> String {
    iso_of_unix_ms(at.unix_ms())
}

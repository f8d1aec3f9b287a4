//! One recording (recording-api §5.1), as it is embedded in a Meeting Direct Connect object.

use media::SourceTime;
use model::{Artifact, ArtifactKind, Capture, Endpoint, Recording, RecordingQuality, RecordingState};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{
    artifact::{ArtifactObject, Moment, artifact},
    config::recording_metadata,
    status::{Reference, Status},
};
use crate::time::iso_of_unix_ms;

/// One recording.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Recording)]
pub struct RecordingObject {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// When its first media arrived.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Second 0.
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    /// The end of its media; null while it grows.
    #[schema(format = DateTime)]
    pub completed_at: Option<String>,
    /// Until when it is kept; null while it grows, and if it is kept for ever.
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    /// Where it stands: `processing`, `paused`, `done`, `failed` or `deleted`.
    pub status: Status,
    /// The newest artifact of each kind that most clients want.
    pub media_shortcuts: MediaShortcuts,
    /// Every artifact.
    pub artifacts: Vec<ArtifactObject>,
    /// Whether there is a log that it can be made of once more.
    pub capture_log: CaptureLog,
    /// How whole it is; null until something was made.
    #[schema(value_type = Option<Object>)]
    pub quality: Option<Value>,
    /// Its labels.
    #[schema(value_type = Object)]
    pub metadata: Value,
    /// The real-time endpoints that were sent its events; this and the rest are absent within a capture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realtime_endpoints: Option<Vec<Reference>>,
    /// The capture that it came from, under the name that bots have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot: Option<Reference>,
    /// Always null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Reference>)]
    pub desktop_sdk_upload: Option<()>,
    /// The capture that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting_direct_connect: Option<Reference>,
}

/// The newest artifact of each of five kinds, as far as the configuration asks for it; every key is always there.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MediaShortcuts {
    video_mixed: Option<ArtifactObject>,
    transcript: Option<ArtifactObject>,
    participant_events: Option<ArtifactObject>,
    meeting_metadata: Option<ArtifactObject>,
    audio_mixed: Option<ArtifactObject>,
}

/// Whether there is a log that a recording can be made of once more.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaptureLog {
    /// `kept`, `removed`, or `none` where nothing is stored.
    pub code: &'static str,
    /// When it was removed.
    #[schema(format = DateTime)]
    pub removed_at: Option<String>,
}

/// The recording in its embedded form; all five shortcuts are present, each null or an artifact, and
/// `artifacts` has every one of them.
pub fn recording(capture: &Capture, recording: &Recording, moment: Moment<'_>) -> RecordingObject {
    let shown = |kind| shown(recording, kind).map(|shown| artifact(capture, shown, moment));
    RecordingObject {
        id: recording.id.to_string(),
        created_at: iso_of_unix_ms(recording.created_at_unix_ms),
        started_at: recording.started_at.map(iso),
        completed_at: recording.completed_at.map(iso),
        expires_at: recording.expires_at_unix_ms.map(iso_of_unix_ms),
        status: Status {
            code: recording.state.code(),
            sub_code: sub_code(recording).map(str::to_owned),
            updated_at: iso_of_unix_ms(recording.updated_at_unix_ms),
        },
        media_shortcuts: MediaShortcuts {
            video_mixed: shown(ArtifactKind::VideoMixed),
            transcript: shown(ArtifactKind::Transcript),
            participant_events: shown(ArtifactKind::ParticipantEvents),
            meeting_metadata: shown(ArtifactKind::MeetingMetadata),
            audio_mixed: shown(ArtifactKind::AudioMixed),
        },
        artifacts: recording.artifacts.iter().map(|each| listed(capture, each, moment)).collect(),
        capture_log: capture_log(capture, recording),
        quality: recording.quality.as_ref().map(quality),
        metadata: recording_metadata(&capture.config, recording),
        realtime_endpoints: None,
        bot: None,
        desktop_sdk_upload: None,
        meeting_direct_connect: None,
    }
}

/// The recording by itself (recording-api §5.1): the embedded form, and what it came from.
pub fn whole_recording(
    capture: &Capture,
    of: &Recording,
    endpoints: &[Endpoint],
    moment: Moment<'_>,
) -> RecordingObject {
    let from = Reference::to(capture.id, &capture.metadata);
    RecordingObject {
        realtime_endpoints: Some(endpoints.iter().map(|one| Reference::to(one.id, &one.wish.metadata)).collect()),
        bot: Some(from.clone()),
        desktop_sdk_upload: Some(()),
        meeting_direct_connect: Some(from),
        ..recording(capture, of, moment)
    }
}

/// An artifact by itself (recording-api §5.2): as it is listed in its recording, and which one that is.
pub fn whole_artifact(capture: &Capture, each: &Artifact, of: &Recording, moment: Moment<'_>) -> ArtifactObject {
    let recording = Reference { id: of.id.to_string(), metadata: recording_metadata(&capture.config, of) };
    ArtifactObject { recording: Some(recording), ..listed(capture, each, moment) }
}

/// An artifact where all of them are listed: as in a shortcut, and with what it is.
fn listed(capture: &Capture, each: &Artifact, moment: Moment<'_>) -> ArtifactObject {
    ArtifactObject { kind: Some(each.kind.name()), ..artifact(capture, each, moment) }
}

/// Whether there is a log that the recording can be made of once more.
fn capture_log(capture: &Capture, recording: &Recording) -> CaptureLog {
    let (code, removed_at) = match recording.log_removed_at_unix_ms {
        _ if !capture.config.retention.stores() => ("none", None),
        Some(at) => ("removed", Some(iso_of_unix_ms(at))),
        None => ("kept", None),
    };
    CaptureLog { code, removed_at }
}

/// The newest artifact of a kind that the configuration asks for, or else that was ordered.
fn shown(recording: &Recording, kind: ArtifactKind) -> Option<&Artifact> {
    let newest = |is_shown: fn(&Artifact) -> bool| {
        recording.artifacts.iter().rev().find(|artifact| artifact.kind == kind && is_shown(artifact))
    };
    newest(|artifact| artifact.edition.is_none()).or_else(|| newest(|artifact| artifact.ordered.is_some()))
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

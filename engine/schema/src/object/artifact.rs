//! One artifact (recording-api §5.2).

use model::{Artifact, ArtifactId, ArtifactKind, ArtifactState, Capture, Edition};
use serde_json::{Map, Value, json};

use super::config::{metadata_of, provider_options};
use crate::{file, time::iso_of_unix_ms};

/// What an object says that nothing but the moment tells.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// Gives the signed address of one file of an artifact; `None` if there is none.
    pub link: &'a dyn Fn(ArtifactId, &str) -> Option<String>,
    /// Tells how much of an artifact is made, from 0 to 1; `None` if it is not being made.
    pub progress: &'a dyn Fn(ArtifactId) -> Option<f64>,
}

/// The provider keys that a transcript object always has.
const ASYNC_PROVIDERS: [&str; 6] =
    ["assembly_ai_async", "deepgram_async", "gladia_v2_async", "recallai_async", "rev_async", "speechmatics_async"];

/// The artifact as it is embedded in `media_shortcuts`: without its `recording` key. Addresses are null until it is done.
pub fn artifact(capture: &Capture, artifact: &Artifact, moment: Moment<'_>) -> Value {
    let url = |name: &str| {
        let there = artifact.state == ArtifactState::Done && artifact.file(name).is_some();
        if there { (moment.link)(artifact.id, name) } else { None }
    };
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(artifact.id));
    object.insert("created_at".to_owned(), json!(iso_of_unix_ms(artifact.created_at_unix_ms)));
    object.insert(
        "status".to_owned(),
        json!({
            "code": artifact.state.code(),
            "sub_code": artifact.sub_code,
            "progress": (moment.progress)(artifact.id),
            "updated_at": iso_of_unix_ms(artifact.updated_at_unix_ms),
        }),
    );
    object.insert("metadata".to_owned(), artifact_metadata(capture, artifact));
    if let Some(format) = artifact.format {
        object.insert("format".to_owned(), json!(format.name()));
    }
    if let Some(wanted) = &artifact.edition {
        object.insert("edition".to_owned(), edition(wanted));
    }
    match artifact.kind {
        ArtifactKind::VideoMixed => {
            object.insert("data".to_owned(), json!({ "download_url": url(file::VIDEO_MIXED) }));
        }
        ArtifactKind::AudioMixed => {
            let file = artifact.files.first().map(|file| file.name.as_str());
            object.insert("data".to_owned(), json!({ "download_url": file.and_then(url) }));
        }
        ArtifactKind::VideoSeparate | ArtifactKind::AudioSeparate => {
            object.insert("data".to_owned(), json!({ "download_url": url(file::PARTS) }));
        }
        ArtifactKind::Transcript => {
            object.insert(
                "data".to_owned(),
                json!({
                    "download_url": url(file::TRANSCRIPT),
                    "provider_data_download_url": null,
                    "vtt_download_url": url(file::TRANSCRIPT_VTT),
                    "srt_download_url": url(file::TRANSCRIPT_SRT),
                    "txt_download_url": url(file::TRANSCRIPT_TEXT),
                    "markdown_download_url": url(file::TRANSCRIPT_MARKDOWN),
                    "jsonl_download_url": url(file::TRANSCRIPT_JSONL),
                }),
            );
            object.insert("diarization".to_owned(), json!({ "use_separate_streams_when_available": false }));
            object.insert("provider".to_owned(), provider(capture));
        }
        ArtifactKind::ParticipantEvents => {
            object.insert(
                "data".to_owned(),
                json!({
                    "participant_events_download_url": url(file::PARTICIPANT_EVENTS),
                    "speaker_timeline_download_url": url(file::SPEAKER_TIMELINE),
                    "participants_download_url": url(file::PARTICIPANTS),
                    "chat_download_url": url(file::CHAT),
                    "chat_text_download_url": url(file::CHAT_TEXT),
                    "talk_time_download_url": url(file::TALK_TIME),
                }),
            );
        }
        ArtifactKind::MeetingMetadata => {
            object.insert(
                "data".to_owned(),
                json!({
                    "title": null,
                    "zoom": { "meeting_uuid": capture.stream.meeting_uuid },
                    "meeting_download_url": url(file::MEETING),
                    "quality_download_url": url(file::QUALITY),
                }),
            );
        }
    }
    Value::Object(object)
}

/// How an edition differs, in the words in which it was asked for.
fn edition(edition: &Edition) -> Value {
    let seconds = |ms: u64| json!(ms as f64 / 1_000.0);
    json!({
        "video_mixed_plan": edition.plan.name(),
        "video_mixed_layout": edition.layout.name(),
        "video_mixed_participant_video_when_screenshare": edition.beside_share.name(),
        "from": seconds(edition.excerpt.from_ms),
        "to": edition.excerpt.to_ms.map(seconds),
        "without": edition.excerpt.without,
    })
}

/// The labels of an artifact: those that the caller put on its key in the request, unless they were changed.
pub(crate) fn artifact_metadata(capture: &Capture, artifact: &Artifact) -> Value {
    match &artifact.metadata {
        Some(changed) => json!(changed),
        None => metadata_of(&capture.config, &request_key(artifact)),
    }
}

/// The key of `recording_config` that asks for an artifact.
fn request_key(artifact: &Artifact) -> String {
    let kind = artifact.kind.name();
    artifact.format.map_or_else(|| kind.to_owned(), |format| format!("{kind}_{}", format.name()))
}

/// All asynchronous providers, null, and the one that the caller named.
fn provider(capture: &Capture) -> Value {
    let mut providers: Map<String, Value> =
        ASYNC_PROVIDERS.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    if let Some(transcript) = &capture.config.transcript {
        providers.insert(transcript.provider.clone(), provider_options(&capture.config));
    }
    Value::Object(providers)
}

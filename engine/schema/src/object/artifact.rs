//! One artifact (recording-api §5.2).

use model::{Artifact, ArtifactId, ArtifactKind, ArtifactState, Capture, Edition};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{
    config::{metadata_of, provider_options},
    status::Reference,
};
use crate::{file, time::iso_of_unix_ms};

/// What an object says that nothing but the moment tells.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// Gives the signed address of one file of an artifact; `None` if there is none.
    pub link: &'a dyn Fn(ArtifactId, &str) -> Option<String>,
    /// Tells how much of an artifact is made, from 0 to 1; `None` if it is not being made.
    pub progress: &'a dyn Fn(ArtifactId) -> Option<f64>,
    /// Gives the signed address of the capture's live stream; `None` if there is none.
    pub live: &'a dyn Fn() -> Option<String>,
}

/// The provider keys that a transcript object always has.
const ASYNC_PROVIDERS: [&str; 6] =
    ["assembly_ai_async", "deepgram_async", "gladia_v2_async", "recallai_async", "rev_async", "speechmatics_async"];

/// One artifact.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Artifact)]
pub struct ArtifactObject {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// When it was asked for.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Where it stands.
    pub status: ArtifactStatus,
    /// Its labels.
    #[schema(value_type = Object)]
    pub metadata: Value,
    /// How its media is packed; absent of documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<&'static str>,
    /// How it differs from what the recording's configuration asks for; absent of what that asks for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub edition: Option<Value>,
    /// What it holds: signed addresses, null until it is done, and what needs no file.
    #[schema(value_type = Object)]
    pub data: Value,
    /// Of a transcript: how speakers are told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub diarization: Option<Value>,
    /// Of a transcript: every provider, null but for the one in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub provider: Option<Value>,
    /// What it is; absent in a shortcut, whose name says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// The recording that it belongs to; absent within that recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording: Option<Reference>,
}

/// Where an artifact stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ArtifactStatus {
    /// `processing`, `done`, `failed` or `deleted`.
    pub code: &'static str,
    /// Why it failed or was deleted.
    pub sub_code: Option<String>,
    /// How much of it is made, from 0 to 1; null before and after.
    pub progress: Option<f64>,
    /// When it entered this status.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// The artifact as it is embedded in `media_shortcuts`: without its kind and its recording. Addresses are null until it is done.
pub fn artifact(capture: &Capture, artifact: &Artifact, moment: Moment<'_>) -> ArtifactObject {
    let of_transcript = |value: Value| (artifact.kind == ArtifactKind::Transcript).then_some(value);
    ArtifactObject {
        id: artifact.id.to_string(),
        created_at: iso_of_unix_ms(artifact.created_at_unix_ms),
        status: ArtifactStatus {
            code: artifact.state.code(),
            sub_code: artifact.sub_code.clone(),
            progress: (moment.progress)(artifact.id),
            updated_at: iso_of_unix_ms(artifact.updated_at_unix_ms),
        },
        metadata: artifact_metadata(capture, artifact),
        format: artifact.format.map(model::ArtifactFormat::name),
        edition: artifact.edition.as_ref().filter(|_| artifact.ordered.is_none()).map(edition),
        data: data(capture, artifact, moment),
        diarization: of_transcript(diarization(artifact)),
        provider: of_transcript(provider(capture, artifact)),
        kind: None,
        recording: None,
    }
}

/// What an artifact holds.
fn data(capture: &Capture, artifact: &Artifact, moment: Moment<'_>) -> Value {
    let url = |name: &str| {
        let there = artifact.state == ArtifactState::Done && artifact.file(name).is_some();
        if there { (moment.link)(artifact.id, name) } else { None }
    };
    match artifact.kind {
        ArtifactKind::VideoMixed => json!({ "download_url": url(file::VIDEO_MIXED) }),
        ArtifactKind::AudioMixed => {
            let file = artifact.files.first().map(|file| file.name.as_str());
            json!({ "download_url": file.and_then(url) })
        }
        ArtifactKind::VideoSeparate | ArtifactKind::AudioSeparate => json!({ "download_url": url(file::PARTS) }),
        ArtifactKind::Transcript => json!({
            "download_url": url(file::TRANSCRIPT),
            "provider_data_download_url": null,
            "vtt_download_url": url(file::TRANSCRIPT_VTT),
            "srt_download_url": url(file::TRANSCRIPT_SRT),
            "txt_download_url": url(file::TRANSCRIPT_TEXT),
            "markdown_download_url": url(file::TRANSCRIPT_MARKDOWN),
            "jsonl_download_url": url(file::TRANSCRIPT_JSONL),
        }),
        ArtifactKind::ParticipantEvents => json!({
            "participant_events_download_url": url(file::PARTICIPANT_EVENTS),
            "speaker_timeline_download_url": url(file::SPEAKER_TIMELINE),
            "participants_download_url": url(file::PARTICIPANTS),
            "chat_download_url": url(file::CHAT),
            "chat_text_download_url": url(file::CHAT_TEXT),
            "talk_time_download_url": url(file::TALK_TIME),
        }),
        ArtifactKind::MeetingMetadata => json!({
            "title": null,
            "zoom": { "meeting_uuid": capture.stream.meeting_uuid },
            "meeting_download_url": url(file::MEETING),
            "quality_download_url": url(file::QUALITY),
        }),
    }
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

/// How speakers are told apart, as far as the caller said it.
fn diarization(artifact: &Artifact) -> Value {
    let mut told = json!({ "use_separate_streams_when_available": false });
    if let Some(Value::Object(asked)) = requested(artifact, "diarization") {
        asked.into_iter().for_each(|(key, value)| told[key] = value);
    }
    told
}

/// All asynchronous providers, null, and the one that the caller named.
fn provider(capture: &Capture, artifact: &Artifact) -> Value {
    let mut providers: Map<String, Value> =
        ASYNC_PROVIDERS.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    if artifact.ordered.is_some() {
        if let Some(Value::Object(asked)) = requested(artifact, "provider") {
            providers.extend(asked);
        }
    } else if let Some(transcript) = &capture.config.transcript {
        providers.insert(transcript.provider.clone(), provider_options(&capture.config));
    }
    Value::Object(providers)
}

/// What was said of a transcript that was ordered.
fn requested(artifact: &Artifact, key: &str) -> Option<Value> {
    let requested: Value = serde_json::from_str(&artifact.ordered.as_ref()?.requested).ok()?;
    requested.get(key).cloned()
}

//! What a customer can download. How each is made is in `render`, where the bytes lie in `store`.

use serde::{Deserialize, Serialize};

use crate::{ArtifactId, Edition, Labels};

/// What kind of thing an artifact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    /// One MP4 of the meeting.
    VideoMixed,
    /// One file of everybody's sound.
    AudioMixed,
    /// MP4 parts of each participant's camera and share.
    VideoSeparate,
    /// Parts of each participant's sound.
    AudioSeparate,
    /// Who said what, as JSON, subtitles and text.
    Transcript,
    /// Joins, leaves, speech, cameras, shares, chat; with the people, the speaker timeline and how long everybody spoke.
    ParticipantEvents,
    /// Title and ids of the meeting, and the quality report.
    MeetingMetadata,
}

impl ArtifactKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::VideoMixed,
        Self::AudioMixed,
        Self::VideoSeparate,
        Self::AudioSeparate,
        Self::Transcript,
        Self::ParticipantEvents,
        Self::MeetingMetadata,
    ];

    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::VideoMixed => "video_mixed",
            Self::AudioMixed => "audio_mixed",
            Self::VideoSeparate => "video_separate",
            Self::AudioSeparate => "audio_separate",
            Self::Transcript => "transcript",
            Self::ParticipantEvents => "participant_events",
            Self::MeetingMetadata => "meeting_metadata",
        }
    }
}

/// How the media of an artifact is packed. Documents have no format of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactFormat {
    /// H.264 and AAC in an MP4.
    Mp4,
    /// AAC in an MP4 without pictures.
    M4a,
    /// MPEG-1 Layer III.
    Mp3,
    /// Samples without a header: 16 bits, signed, little-endian, 16 kHz, mono.
    Raw,
    /// Opus in Ogg.
    Ogg,
}

impl ArtifactFormat {
    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::M4a => "m4a",
            Self::Mp3 => "mp3",
            Self::Raw => "raw",
            Self::Ogg => "ogg",
        }
    }

    /// The media type of such files.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Mp4 => "video/mp4",
            Self::M4a => "audio/mp4",
            Self::Mp3 => "audio/mpeg",
            Self::Raw => "application/octet-stream",
            Self::Ogg => "audio/ogg",
        }
    }
}

/// Where an artifact stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactState {
    /// Being made.
    Processing,
    /// Whole, durable and checked.
    Done,
    /// Could not be made; the sub-code says why.
    Failed,
    /// Removed.
    Deleted,
}

impl ArtifactState {
    /// The stable snake_case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
        }
    }
}

/// One artifact of a recording: one or more files that become visible together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Its id.
    pub id: ArtifactId,
    /// What it is.
    pub kind: ArtifactKind,
    /// How its media is packed; `None` for documents.
    pub format: Option<ArtifactFormat>,
    /// How it differs from what the recording's configuration asks for; `None` for what that asks for itself.
    pub edition: Option<Edition>,
    /// Where it stands.
    pub state: ArtifactState,
    /// Why it failed, as a stable code.
    pub sub_code: Option<String>,
    /// When it was asked for, in milliseconds of this machine's wall clock since the Unix epoch.
    pub created_at_unix_ms: i64,
    /// When it entered its state, in milliseconds of this machine's wall clock since the Unix epoch.
    pub updated_at_unix_ms: i64,
    /// The customer's labels where they were changed; `None` for those of the request.
    pub metadata: Option<Labels>,
    /// What was ordered of a transcript that was ordered by itself.
    pub ordered: Option<TranscriptOrder>,
    /// Its files; empty until it is done.
    pub files: Vec<ArtifactFile>,
}

/// A transcript that is ordered of a recording which is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptOrder {
    /// The provider key that the caller used, such as `meeting_captions`.
    pub provider: String,
    /// What else was asked for, kept so that it can be echoed, as the JSON text of an object.
    pub requested: String,
}

impl TranscriptOrder {
    /// Whether whoever is asked for can make one here: the platform itself did.
    pub fn can_be_made(&self) -> bool {
        matches!(self.provider.as_str(), "meeting_captions" | "zoom_rtms")
    }
}

impl Artifact {
    /// The file of that name, if the artifact has it.
    pub fn file(&self, name: &str) -> Option<&ArtifactFile> {
        self.files.iter().find(|file| file.name == name)
    }
}

/// One file of an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactFile {
    /// Its name within the artifact, such as `video_mixed.mp4`.
    pub name: String,
    /// Its media type, such as `video/mp4`.
    pub media_type: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub sha256: String,
}

//! What a customer asks for. Reading it from a request, with its defaults and aliases, is in `schema`.

use serde::{Deserialize, Serialize};

use crate::{ArtifactFormat, ArtifactKind, BesideShare, Edition, EndpointWish, Excerpt, Layout, VideoPlan};

/// What shall be made of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordingConfig {
    /// Whether an MP4 of the meeting is wanted.
    pub video_mixed: bool,
    /// How its picture is made.
    pub video_plan: VideoPlan,
    /// Who is seen in it.
    pub layout: Layout,
    /// Where they are seen while a screen is shared.
    pub beside_share: BesideShare,
    /// In which formats everybody's sound is wanted as one file; each once.
    pub audio_mixed: Vec<ArtifactFormat>,
    /// In which formats each participant's sound is wanted; each once.
    pub audio_separate: Vec<ArtifactFormat>,
    /// Whether each participant's camera and share is wanted.
    pub video_separate: bool,
    /// Whether a transcript is wanted, and whose.
    pub transcript: Option<TranscriptConfig>,
    /// Whether the participant documents are wanted.
    pub participant_events: bool,
    /// Whether the meeting's metadata is wanted.
    pub meeting_metadata: bool,
    /// Whom events and media are sent to while the meeting goes on.
    pub endpoints: Vec<EndpointWish>,
    /// How long it is kept.
    pub retention: Retention,
    /// Whether nothing is recorded until the customer asks for it.
    pub starts_by_hand: bool,
    /// The request as it came, kept so that it can be echoed, as JSON text.
    pub requested: Option<String>,
}

impl Default for RecordingConfig {
    /// The defaults of a request that says nothing (recording-api §3): no transcript.
    fn default() -> Self {
        Self {
            video_mixed: true,
            video_plan: VideoPlan::Auto,
            layout: Layout::SpeakerView,
            beside_share: BesideShare::Overlap,
            audio_mixed: Vec::new(),
            audio_separate: Vec::new(),
            video_separate: false,
            transcript: None,
            participant_events: true,
            meeting_metadata: true,
            endpoints: Vec::new(),
            retention: Retention::Forever,
            starts_by_hand: false,
            requested: None,
        }
    }
}

impl RecordingConfig {
    /// The default of an app whose meetings start by the platform's webhook alone: everything, with captions.
    pub fn of_an_app() -> Self {
        Self { transcript: Some(TranscriptConfig { provider: "meeting_captions".to_owned() }), ..Self::default() }
    }

    /// The mixed video that is asked for.
    pub fn edition(&self) -> Edition {
        Edition {
            plan: self.video_plan,
            layout: self.layout,
            beside_share: self.beside_share,
            excerpt: Excerpt::default(),
        }
    }

    /// Every artifact that is to be made, in the order in which they are listed; none where nothing is stored.
    pub fn artifacts(&self) -> impl Iterator<Item = (ArtifactKind, Option<ArtifactFormat>)> + '_ {
        let one = |kind, format, on: bool| on.then_some((kind, format)).into_iter();
        one(ArtifactKind::VideoMixed, Some(ArtifactFormat::Mp4), self.video_mixed)
            .chain(self.audio_mixed.iter().map(|format| (ArtifactKind::AudioMixed, Some(*format))))
            .chain(one(ArtifactKind::VideoSeparate, Some(ArtifactFormat::Mp4), self.video_separate))
            .chain(self.audio_separate.iter().map(|format| (ArtifactKind::AudioSeparate, Some(*format))))
            .chain(one(ArtifactKind::Transcript, None, self.transcript.is_some()))
            .chain(one(ArtifactKind::ParticipantEvents, None, self.participant_events))
            .chain(one(ArtifactKind::MeetingMetadata, None, self.meeting_metadata))
            // Without a log there is nothing to make it of.
            .filter(|_| self.retention.stores())
    }
}

/// Which transcript is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptConfig {
    /// The provider key that the caller used, such as `meeting_captions`.
    pub provider: String,
}

/// How long a recording is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Retention {
    /// Until it is deleted.
    Forever,
    /// For a time after it ended.
    Timed {
        /// That time in hours, at least 1.
        hours: u32,
    },
    /// Not at all: nothing of the meeting is stored (streaming only), and a crash loses what nobody has heard yet.
    Nothing,
}

impl Retention {
    /// Whether anything that is received is stored.
    pub const fn stores(self) -> bool {
        !matches!(self, Self::Nothing)
    }
}

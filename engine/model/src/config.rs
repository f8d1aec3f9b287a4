//! What a customer asks for. Reading it from a request, with its defaults and aliases, is in `schema`.

use serde::{Deserialize, Serialize};

/// What shall be made of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordingConfig {
    /// Whether an MP4 of the meeting is wanted.
    pub video_mixed: bool,
    /// How its picture is made.
    pub video_plan: VideoPlan,
    /// Whether a transcript is wanted, and whose.
    pub transcript: Option<TranscriptConfig>,
    /// Whether the participant documents are wanted.
    pub participant_events: bool,
    /// Whether the meeting's metadata is wanted.
    pub meeting_metadata: bool,
    /// How long it is kept.
    pub retention: Retention,
    /// The request as it came, kept so that it can be echoed, as JSON text.
    pub requested: Option<String>,
}

impl Default for RecordingConfig {
    /// The defaults of a request that says nothing (recording-api §3): no transcript.
    fn default() -> Self {
        Self {
            video_mixed: true,
            video_plan: VideoPlan::Auto,
            transcript: None,
            participant_events: true,
            meeting_metadata: true,
            retention: Retention::Forever,
            requested: None,
        }
    }
}

impl RecordingConfig {
    /// The default of an app whose meetings start by the platform's webhook alone: everything, with captions.
    pub fn of_an_app() -> Self {
        Self { transcript: Some(TranscriptConfig { provider: "meeting_captions".to_owned() }), ..Self::default() }
    }
}

/// How the picture of a mixed video is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VideoPlan {
    /// Copied when the whole file allows it, composed otherwise.
    #[default]
    Auto,
    /// Copied; gaps keep the last picture and are declared.
    Copy,
    /// Decoded, placed on the canvas and encoded.
    Compose,
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

//! The connections of a stream, by name. What is said over them is the platform's business.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One connection of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leg {
    /// Handshake, events and states.
    Signaling,
    /// Sound.
    Audio,
    /// Camera pictures.
    Video,
    /// Pictures of a shared screen.
    Share,
    /// Finished pieces of transcript.
    Transcript,
    /// Chat messages.
    Chat,
    /// All kinds of media at once, where the platform offers no connection for each.
    All,
}

impl Leg {
    /// Every leg, signaling first.
    pub const ALL: [Self; 7] =
        [Self::Signaling, Self::Audio, Self::Video, Self::Share, Self::Transcript, Self::Chat, Self::All];

    /// The stable lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signaling => "signaling",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Share => "share",
            Self::Transcript => "transcript",
            Self::Chat => "chat",
            Self::All => "all",
        }
    }

    /// Its place in [`Leg::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

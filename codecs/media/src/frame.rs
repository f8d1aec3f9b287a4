//! One encoded frame and the track it belongs to. Decoded sound is a [`crate::Block`]; decoded pictures live in `picture`.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::SourceTime;

/// What a track carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// Sound.
    Audio,
    /// Camera pictures.
    Video,
    /// Pictures of a shared screen.
    Share,
}

impl TrackKind {
    /// The stable lower-case name: `audio`, `video` or `share`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Share => "share",
        }
    }
}

/// Names one source of one kind of media within a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Track {
    /// What it carries.
    pub kind: TrackKind,
    /// Who sends it: the platform's number for the sender, 0 for a mix of all.
    pub source: i64,
}

impl fmt::Display for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.name(), self.source)
    }
}

/// One encoded frame: an audio packet, an access unit or a still picture. Cloning shares the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where it belongs.
    pub track: Track,
    /// When it was made, on the platform's clock.
    pub at: SourceTime,
    /// The encoded bytes, never base64.
    pub payload: Bytes,
}

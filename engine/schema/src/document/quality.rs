//! What is missing from a recording and why: the quality report.

use media::Position;
use model::LossCause;
use serde::Serialize;

use crate::{json::text_of, time::as_seconds};

/// How whole a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Nothing that the platform offered is missing.
    Complete,
    /// Something is missing, and every gap is listed.
    Partial,
    /// Nothing could be captured.
    Failed,
}

/// Where the picture of the mixed video comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureOrigin {
    /// The platform's own H.264, untouched.
    Copy,
    /// Decoded, placed on the canvas and encoded.
    Compose,
}

/// How the mixed video was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VideoQuality {
    /// Where its picture comes from.
    pub plan: PictureOrigin,
    /// Why, as a sentence.
    pub reason: String,
}

/// What one track holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrackQuality {
    /// Which, such as `audio/16778240`.
    pub track: String,
    /// How much media it holds, in milliseconds.
    pub media_ms: u64,
    /// How many frames it holds.
    pub frames: u64,
}

/// A stretch of a track in which media is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Of which track, such as `audio/16778240`.
    pub track: String,
    /// Where it begins; written in seconds.
    #[serde(serialize_with = "as_seconds")]
    pub start: Position,
    /// Where it ends; written in seconds.
    #[serde(serialize_with = "as_seconds")]
    pub end: Position,
    /// Why.
    pub cause: LossCause,
}

/// How a recording ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndQuality {
    /// Why, as a stable code.
    pub code: String,
    /// Whether media could no longer be received while the meeting may have gone on.
    pub cut_short: bool,
}

/// The quality report of one recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quality {
    /// How whole it is.
    pub grade: Grade,
    /// How it ended; `None` if its log does not tell, which means that it was cut off.
    pub end: Option<EndQuality>,
    /// How its mixed video was made; `None` if there is none.
    pub video: Option<VideoQuality>,
    /// Every track.
    pub tracks: Vec<TrackQuality>,
    /// Everything that is missing.
    pub gaps: Vec<Gap>,
    /// How many frames arrived more than once.
    pub duplicates: u64,
    /// How many frames were received and could not be kept.
    pub dropped: u64,
    /// How many messages could not be read.
    pub skipped: u64,
}

/// Makes `quality.json`.
pub fn quality_json(quality: &Quality) -> String {
    text_of(quality)
}

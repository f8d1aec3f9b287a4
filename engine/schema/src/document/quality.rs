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

/// A stretch of a track in which media is missing, or of a kind of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Of which track, such as `audio/16778240`, or of which kind: `audio`, `video`, `share`, `transcript` or `chat`.
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

/// A kind of media or text that the platform refused, or that did not come back until it was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Which: `audio`, `video`, `share`, `transcript` or `chat`.
    pub track: String,
    /// The platform's status number; `None` where there was none.
    pub status: Option<i64>,
    /// Why, as a stable code; `None` where the log has none.
    pub code: Option<String>,
    /// Why, in words.
    pub reason: String,
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
    /// Every kind that was refused, at least for a time. What the platform did not offer for want of a right leaves no gap,
    /// except of sound and camera pictures.
    pub refused: Vec<Refused>,
    /// How many frames arrived more than once.
    pub duplicates: u64,
    /// How many frames were received and could not be kept.
    pub dropped: u64,
    /// How many messages could not be read.
    pub skipped: u64,
    /// What was otherwise than was asked, agreed or to be expected, each a sentence; and what the disk had no room for.
    pub remarks: Vec<String>,
}

/// Makes `quality.json`.
pub fn quality_json(quality: &Quality) -> String {
    text_of(quality)
}

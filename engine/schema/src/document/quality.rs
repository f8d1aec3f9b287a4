//! What is missing from a recording and why: the quality report.

use media::Position;
use model::{ArtifactKind, Grade, LossCause};
use serde::{Serialize, Serializer};

use crate::{json::text_of, time::as_seconds};

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

/// What one track holds. Its three times together are the duration of the recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrackQuality {
    /// Which, such as `audio/16778240`.
    pub track: String,
    /// How much media it holds, in milliseconds.
    pub media_ms: u64,
    /// How much may be missing of it, in milliseconds: what lies in a declared gap of its kind and is not there all the same.
    pub missing_ms: u64,
    /// For how long there was nothing to send, in milliseconds: somebody was muted, silent or away, a camera or share was off.
    pub muted_ms: u64,
    /// How many frames it holds.
    pub frames: u64,
}

/// Why there is nothing in a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapCause {
    /// Something is missing.
    Lost(LossCause),
    /// There was nothing to send: a microphone was closed.
    Muted,
}

impl GapCause {
    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lost(cause) => cause.name(),
            Self::Muted => "muted",
        }
    }
}

impl Serialize for GapCause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A stretch of a track in which media is missing, or of a kind of text; or of one voice that was muted.
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
    pub cause: GapCause,
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

/// How this machine's clock stood to the platform's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ClockQuality {
    /// By how much this machine's clock was ahead, in milliseconds; what the shortest way takes is in it.
    pub ahead_ms: i64,
    /// By how much the platform's clock ran faster than this machine's, in millionths; `None` if too little time tells.
    pub drift_ppm: Option<i32>,
}

/// How loud the mix of everybody is (EBU R128).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LoudnessQuality {
    /// The integrated loudness in LUFS.
    pub integrated_lufs: f64,
    /// The loudness range in LU.
    pub range_lu: f64,
    /// The highest true peak in dB relative to full scale.
    pub true_peak_dbtp: f64,
}

/// The quality report of one recording.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quality {
    /// How whole it is.
    pub grade: Grade,
    /// How it ended; `None` if its log does not tell, which means that it was cut off.
    pub end: Option<EndQuality>,
    /// How its mixed video was made; `None` if there is none.
    pub video: Option<VideoQuality>,
    /// How long the recording is, in milliseconds.
    pub duration_ms: u64,
    /// How the clocks stood; `None` without sound or pictures.
    pub clock: Option<ClockQuality>,
    /// How far sound and pictures of the mixed video may be apart at most, in milliseconds rounded up, against what their stamps
    /// say; `None` unless it has both.
    pub av_offset_ms: Option<u32>,
    /// How loud the mix is; `None` if nothing was mixed, or nothing heard in it.
    pub loudness: Option<LoudnessQuality>,
    /// Every track.
    pub tracks: Vec<TrackQuality>,
    /// Everything that is missing, and every stretch in which a voice was muted; ordered by start.
    pub gaps: Vec<Gap>,
    /// Every kind that was refused, at least for a time. What the platform did not offer for want of a right leaves no gap,
    /// except of sound and camera pictures.
    pub refused: Vec<Refused>,
    /// How many frames arrived more than once.
    pub duplicates: u64,
    /// How many frames were received and could not be kept.
    pub dropped: u64,
    /// How many frames were kept and could not be used, because they or what they build on are damaged.
    pub damaged: u64,
    /// How many messages could not be read.
    pub skipped: u64,
    /// What was asked for and could not be made.
    pub unmade: Vec<ArtifactKind>,
    /// What was otherwise than was asked, agreed or to be expected and took nothing from the recording, each a sentence; and what the disk
    /// had no room for.
    pub remarks: Vec<String>,
}

/// Makes `quality.json`.
pub fn quality_json(quality: &Quality) -> String {
    text_of(quality)
}

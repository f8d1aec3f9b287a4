//! Pictures as one stream: of all cameras, or of all shared screens.

use std::collections::BTreeMap;

use media::{Position, VideoCodec};
use model::Locator;
use video::h264::ParameterSets;

use crate::place::Place;

/// How long a picture stands for itself at the end of a track, in milliseconds: one of a 25 Hz camera.
pub(crate) const PICTURE_MS: i64 = 40;

/// For how long a source may have sent nothing while others did, in microseconds, and still go on where it was: those that are sent at once
/// take turns within less. One that was away for longer missed pictures, because the platform had turned to somebody else.
pub const TAKES_TURNS_MICROS: i64 = 250_000;

/// One picture of a camera or of a shared screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoFrame {
    /// Where it is shown, after its predecessor; negative if it is only needed to decode what follows, at the beginning of an
    /// excerpt.
    pub at: Position,
    /// The platform's number for whoever is seen or shares.
    pub source: i64,
    /// How it is to be read: as what it is, whatever was agreed.
    pub codec: VideoCodec,
    /// Whether decoding can begin here.
    pub key: bool,
    /// Whether nothing after it needs what was before: an IDR picture (ISO/IEC 14496-10 §3.69) or a still.
    pub idr: bool,
    /// The place of its parameter sets in [`VideoTrack::parameter_sets`]; `u16::MAX` for a still, which needs none.
    pub sets: u16,
    /// Where the message that it begins in lies in the log; [`VideoTrack::messages`] names all of them.
    pub locator: Locator,
}

/// The parameter sets of a stretch of video and what they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureFormat {
    /// The sequence and picture parameter set.
    pub sets: ParameterSets,
    /// The width in pixels, after cropping.
    pub width: u32,
    /// The height in pixels, after cropping.
    pub height: u32,
    /// Whether pictures may be shown in another order than they are decoded.
    pub reorders: bool,
}

/// All camera pictures as one stream, whoever is seen; or all pictures of shared screens, whoever shares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VideoTrack {
    /// The pictures, ordered.
    pub frames: Vec<VideoFrame>,
    /// Every pair of parameter sets in use, in order of first use.
    pub parameter_sets: Vec<PictureFormat>,
    /// Whether a frame carries more parameter sets than one pair, so that its format alone does not say all.
    pub more_sets: bool,
    /// Messages that cannot be decoded and were left out: nothing to show in them, or no parameter sets before them.
    pub damaged: u64,
    /// The messages of pictures that came in several, by the place of the picture's own.
    pub(crate) split: BTreeMap<Place, Vec<Locator>>,
}

impl VideoTrack {
    /// The parameter sets that a frame of this track needs.
    pub fn format_of(&self, frame: &VideoFrame) -> Option<&PictureFormat> {
        self.parameter_sets.get(usize::from(frame.sets))
    }

    /// Whether the first `count` pictures of both are the same, each with its messages and parameter sets.
    pub fn begins_like(&self, other: &Self, count: usize) -> bool {
        let (Some(own), Some(others)) = (self.frames.get(..count), other.frames.get(..count)) else { return false };
        let is_same = |frame: &VideoFrame| {
            let place = frame.locator.into();
            self.split.get(&place) == other.split.get(&place) && self.format_of(frame) == other.format_of(frame)
        };
        own == others && own.iter().all(is_same)
    }

    /// Where the messages of a picture lie in the log, in order: joined they are the whole access unit. Mostly it is one.
    pub fn messages(&self, frame: &VideoFrame) -> impl Iterator<Item = Locator> {
        let several = self.split.get(&frame.locator.into()).map_or(&[][..], Vec::as_slice);
        let one = several.is_empty().then_some(frame.locator);
        one.into_iter().chain(several.iter().copied())
    }
}

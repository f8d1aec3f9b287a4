//! What the pictures of a stretch look like: a player needs a header of its own for each. Where one look ends and the next begins is
//! decided in `cutter`.

use bytes::Bytes;
use media::VideoCodec;
use timeline::{PictureFormat, VideoFrame, VideoTrack};

/// The largest picture that is made, in pixels; one whose size nobody told is drawn into the middle of one of these.
const LARGEST: (u32, u32) = (1280, 720);
/// The shortest side of a picture that can be made.
const SHORTEST_SIDE: u32 = 16;

/// What the pictures of a stretch look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nobody is seen.
    Black,
    /// The platform's pictures, as they came.
    Copied {
        /// The width in pixels.
        width: u32,
        /// The height in pixels.
        height: u32,
        /// The body of their `avcC` box.
        avcc: Bytes,
    },
    /// The platform's pictures, decoded and encoded again: each segment begins with a key picture.
    Made {
        /// The width in pixels, even.
        width: u32,
        /// The height in pixels, even.
        height: u32,
    },
}

impl Look {
    /// The look of a picture as it came; `None` if it cannot be shown so.
    pub(crate) fn copied(track: &VideoTrack, frame: &VideoFrame) -> Option<Self> {
        let of = |format: &PictureFormat| Self::Copied {
            width: format.width,
            height: format.height,
            avcc: format.sets.avcc(),
        };
        let can_be = |format: &&PictureFormat| frame.codec == VideoCodec::H264 && !format.reorders && !track.more_sets;
        track.format_of(frame).filter(can_be).map(of)
    }

    /// The look of a picture that is encoded again.
    pub(crate) fn made(track: &VideoTrack, frame: &VideoFrame) -> Self {
        let (most_width, most_height) = LARGEST;
        let (width, height) = track
            .format_of(frame)
            .map_or(LARGEST, |format| picture::shrink(format.width, format.height, most_width, most_height));
        let even = |side: u32| side.next_multiple_of(2).max(SHORTEST_SIDE);
        Self::Made { width: even(width), height: even(height) }
    }

    /// What its header is called: the same in every run of the program, and never that of another look.
    pub fn name(&self) -> String {
        match self {
            Self::Black => "black".to_owned(),
            Self::Copied { width, height, avcc } => format!("{width}x{height}-{:016x}", fnv1a(avcc)),
            Self::Made { width, height } => format!("made-{width}x{height}"),
        }
    }
}

/// FNV-1a of 64 bits: the same on every machine, which the standard library does not promise of its own.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}

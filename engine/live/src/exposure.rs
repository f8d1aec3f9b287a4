//! One frame that a decoder is given, and what is wanted of it: what a process that decodes is asked, and what it is believed. Pixels are
//! in `darkroom`, which frames are still pictures is decided in `stills`, which belong into a stream in `hls`.

use bytes::Bytes;
use media::{TrackKind, VideoCodec};
use video::h264::inspect;

/// How many sources are decoded at once; each has a decoder.
pub const MOST_SLOTS: u8 = 16;
/// The largest still picture: what 1280 by 720 pixels take that cannot be compressed.
pub const STILL_LIMIT_BYTES: usize = 3 << 20;
/// The largest picture of a stream: more than all that the encoder may save up for one.
const FILMED_LIMIT_BYTES: usize = 1 << 20;
/// The box into which a camera is shrunk, in pixels.
const CAMERA: (u32, u32) = (640, 360);
/// The same for a shared screen.
const SCREEN: (u32, u32) = (1280, 720);

/// One frame that a decoder is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// Which of the sources that are looked at, below [`MOST_SLOTS`].
    pub slot: u8,
    /// What the source is.
    pub kind: TrackKind,
    /// How the bytes are to be read.
    pub codec: VideoCodec,
    /// Whether what its decoder knows is of no use any more.
    pub begins: bool,
    /// Whether its picture is wanted, or only those that follow.
    pub is_shown: bool,
    /// As what.
    pub print: Print,
    /// The bytes.
    pub payload: Bytes,
}

/// As what a picture is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Print {
    /// As a PNG file, shrunk into a box; once there is one.
    Still,
    /// As the next picture of an H.264 stream, at once: where nothing can be decoded, the one before stays.
    Filmed {
        /// The width of the stream in pixels.
        width: u32,
        /// The height of the stream in pixels.
        height: u32,
        /// Whether it is a key picture with which a stream begins that needs nothing of what was before.
        is_first: bool,
    },
}

impl Exposure {
    /// Whether bytes look like what is wanted of it, and are no larger.
    pub fn accepts(&self, bytes: &Bytes) -> bool {
        match self.print {
            Print::Still => is_still(self.kind, bytes),
            Print::Filmed { is_first, .. } => {
                bytes.len() <= FILMED_LIMIT_BYTES && {
                    let unit = inspect(bytes);
                    unit.slices > 0 && !unit.headless && (unit.idr || !is_first)
                }
            }
        }
    }
}

/// The box into which pictures of that kind are shrunk, in pixels.
pub(crate) const fn most_pixels(kind: TrackKind) -> (u32, u32) {
    match kind {
        TrackKind::Share => SCREEN,
        _ => CAMERA,
    }
}

/// Whether bytes begin as a still picture of that kind does, and are no larger.
pub(crate) fn is_still(kind: TrackKind, bytes: &[u8]) -> bool {
    let (most_width, most_height) = most_pixels(kind);
    let fits = |width, height| width <= most_width && height <= most_height;
    bytes.len() <= STILL_LIMIT_BYTES
        && video::still::dimensions(bytes)
            .is_some_and(|(codec, width, height)| codec == VideoCodec::Png && fits(width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_of_a_stream_is_one_that_is_whole_and_a_first_one_a_key_picture() {
        let wanted = |is_first| Exposure {
            slot: 0,
            kind: TrackKind::Video,
            codec: VideoCodec::H264,
            begins: false,
            is_shown: true,
            print: Print::Filmed { width: 320, height: 180, is_first },
            payload: Bytes::new(),
        };
        let key = Bytes::from_static(&[0, 0, 0, 1, 0x65, 0x88, 0x84]);
        let other = Bytes::from_static(&[0, 0, 0, 1, 0x41, 0x9A, 0x21]);
        assert!(wanted(true).accepts(&key) && wanted(false).accepts(&key) && wanted(false).accepts(&other));
        assert!(!wanted(true).accepts(&other), "nobody can begin with it");
        for bad in [&b""[..], b"<html>", &[0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1E], &[7, 0, 0, 0, 1, 0x65, 0x88, 0x84]] {
            assert!(!wanted(false).accepts(&Bytes::from_static(bad)), "{bad:?}");
        }
        let large = [&key[..], &vec![1; FILMED_LIMIT_BYTES]].concat();
        assert!(!wanted(false).accepts(&large.into()));
    }
}

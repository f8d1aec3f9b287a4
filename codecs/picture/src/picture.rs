//! One decoded picture. How it is decoded is in `decode` and `still`, where it is drawn in `canvas`.

use std::{fmt, sync::Arc};

use ffmpeg_next::{format::Pixel, frame};

use crate::{Plane, raw};

/// A decoded picture, 4:2:0 with 8 bits a sample. Cloning shares the pixels.
#[derive(Clone)]
pub struct Picture {
    frame: Arc<frame::Video>,
}

impl Picture {
    /// Takes a frame that is 4:2:0 of 8 bits, in limited or full range; `None` for every other format.
    pub(crate) fn new(frame: frame::Video) -> Option<Self> {
        matches!(frame.format(), Pixel::YUV420P | Pixel::YUVJ420P).then(|| Self { frame: Arc::new(frame) })
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.frame.width()
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.frame.height()
    }

    /// Whether black is 0 and white 255, instead of 16 and 235.
    pub fn is_full_range(&self) -> bool {
        self.frame.format() == Pixel::YUVJ420P
    }

    /// The brightness of each pixel.
    pub fn luma(&self) -> Plane<'_> {
        raw::plane(&self.frame, 0, self.width(), self.height())
    }

    /// The two colour planes, blue first, each half as wide and half as high, rounded up.
    pub fn chroma(&self) -> [Plane<'_>; 2] {
        [1, 2].map(|index| raw::plane(&self.frame, index, self.width().div_ceil(2), self.height().div_ceil(2)))
    }

    pub(crate) fn frame(&self) -> &frame::Video {
        &self.frame
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({}x{})", self.width(), self.height())
    }
}

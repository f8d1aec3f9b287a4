//! Scalers that are kept as long as pictures of the same size come. Where pictures go is in `canvas`.

use ffmpeg_next::{
    format::Pixel,
    frame,
    software::scaling::{Flags, context::Definition},
};

use crate::{PictureError, raw::Scaler};

/// How many scalers are kept: the sizes that the people of one layout send.
const KEPT: usize = 16;
/// From 640x360 to 1280x720: fast bilinear 0.29 ms but coarse when it shrinks, bilinear 0.42 ms, bicubic 0.47 ms and an
/// eighth more bits in the encoder.
const FLAGS: Flags = Flags::BILINEAR;

/// The scalers that were used last, with their output frames.
#[derive(Default)]
pub(crate) struct Scalers {
    /// The one that was used last comes last.
    kept: Vec<Kept>,
}

struct Kept {
    from: Definition,
    scaler: Scaler,
    output: frame::Video,
}

impl Scalers {
    /// Scales `picture` to `width` by `height`, 4:2:0 of 8 bits in limited range.
    pub(crate) fn scale(
        &mut self,
        picture: &frame::Video,
        width: u32,
        height: u32,
    ) -> Result<&frame::Video, PictureError> {
        let from = definition(picture);
        let found = self
            .kept
            .iter()
            .position(|kept| kept.from == from && kept.output.width() == width && kept.output.height() == height);
        match found {
            Some(at) => self.kept[at..].rotate_left(1),
            None => {
                if self.kept.len() >= KEPT {
                    self.kept.remove(0);
                }
                let scaler = Scaler::new(from, width, height, FLAGS)?;
                self.kept.push(Kept { from, scaler, output: blank(width, height)? });
            }
        }
        let kept = self.kept.last_mut().expect("one was moved or put there just now");
        kept.scaler.run(picture, &mut kept.output)?;
        Ok(&kept.output)
    }
}

/// The size and format of a frame.
pub(crate) fn definition(frame: &frame::Video) -> Definition {
    Definition { format: frame.format(), width: frame.width(), height: frame.height() }
}

/// A frame of 4:2:0 with memory behind it, whose pixels are not set yet.
pub(crate) fn blank(width: u32, height: u32) -> Result<frame::Video, PictureError> {
    let frame = frame::Video::new(Pixel::YUV420P, width, height);
    if frame.planes() < 3 {
        return Err(PictureError::Codec { action: "allocate a picture", reason: "no memory".to_owned() });
    }
    Ok(frame)
}

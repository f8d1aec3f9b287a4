//! Scalers that are kept as long as pictures of the same size come. Where pictures go is in `canvas`.

use ffmpeg_next::{
    format::Pixel,
    frame,
    software::scaling::{Flags, context::Definition},
};

use crate::{PictureError, Rect, raw::Scaler};

#[cfg(test)]
mod tests;

/// How many scalers are kept: the sizes that the people of one layout send.
const KEPT: usize = 16;

/// How a new pixel is made of old ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// For cameras. From 640x360 to 1280x720: fast bilinear 0.29 ms but coarse when it shrinks, bilinear 0.42 ms, bicubic
    /// 0.47 ms and an eighth more bits in the encoder.
    Smooth,
    /// For small text. A page of 12 px from 1920x1080 to 1280x720 and back has a structural similarity of 0.869 by bilinear, 0.889 by
    /// bicubic and 0.892 by Lanczos, to 1024x576 of 0.821, 0.838 and 0.841. Lanczos takes 2 ms more than bilinear, of a picture that
    /// seldom changes.
    Sharp,
}

impl Filter {
    fn flags(self) -> Flags {
        match self {
            Self::Smooth => Flags::BILINEAR,
            Self::Sharp => Flags::LANCZOS,
        }
    }
}

/// The scalers that were used last, with their output frames.
#[derive(Default)]
pub(crate) struct Scalers {
    /// The one that was used last comes last.
    kept: Vec<Kept>,
}

struct Kept {
    from: Definition,
    size: (u32, u32),
    filter: Filter,
    scaler: Scaler,
    /// What it was scaled to, where that was no place on a canvas.
    output: Option<frame::Video>,
}

impl Scalers {
    /// Scales `picture` to `width` by `height`, 4:2:0 of 8 bits in limited range.
    pub(crate) fn scale(
        &mut self,
        picture: &frame::Video,
        width: u32,
        height: u32,
        filter: Filter,
    ) -> Result<&frame::Video, PictureError> {
        let Kept { scaler, output, .. } = self.kept(picture, (width, height), filter)?;
        let output = match output {
            Some(output) => output,
            none => none.insert(blank(width, height)?),
        };
        scaler.run(picture, output)?;
        Ok(output)
    }

    /// Scales `picture` to a place on a canvas that [`is_aligned`], without a copy in between.
    pub(crate) fn scale_into(
        &mut self,
        picture: &frame::Video,
        canvas: &mut frame::Video,
        place: Rect,
        filter: Filter,
    ) -> Result<(), PictureError> {
        self.kept(picture, (place.width, place.height), filter)?.scaler.run_into(picture, canvas, place)
    }

    /// The scaler for such pictures.
    fn kept(&mut self, picture: &frame::Video, size: (u32, u32), filter: Filter) -> Result<&mut Kept, PictureError> {
        let from = definition(picture);
        let found = self.kept.iter().position(|kept| kept.from == from && kept.filter == filter && kept.size == size);
        match found {
            Some(at) => self.kept[at..].rotate_left(1),
            None => {
                if self.kept.len() >= KEPT {
                    self.kept.remove(0);
                }
                let scaler = Scaler::new(from, size.0, size.1, filter.flags())?;
                self.kept.push(Kept { from, size, filter, scaler, output: None });
            }
        }
        Ok(self.kept.last_mut().expect("one was moved or put there just now"))
    }
}

/// Whether swscale is as fast at this place as in a frame of its own, and writes nothing beside it: in both kinds of plane, rows begin
/// where its widest instructions like it and are a whole number of its steps long.
pub(crate) const fn is_aligned(place: Rect) -> bool {
    place.x.is_multiple_of(128) && place.width.is_multiple_of(128)
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

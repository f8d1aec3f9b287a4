//! Pictures to PNG files, shrunk into a box. Which pictures, and how often, is decided by `live`.

use bytes::Bytes;
use ffmpeg_next::{
    Dictionary, Packet, Rational, codec, encoder,
    format::Pixel,
    frame,
    software::scaling::{Flags, context::Definition},
};

use crate::{Picture, PictureError, geometry::shrink, raw, raw::Scaler, scale};

/// How hard zlib tries, of 9: files are sent once, and thrown away.
const COMPRESSION: &str = "2";

/// Makes PNG files of 8-bit RGB, on the caller's thread; keeps what it needs as long as pictures of the same size come.
#[derive(Default)]
pub struct PngEncoder {
    kept: Option<Kept>,
}

struct Kept {
    from: Definition,
    size: (u32, u32),
    scaler: Scaler,
    canvas: frame::Video,
    encoder: encoder::Video,
    files: i64,
}

impl PngEncoder {
    /// An encoder that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the file of one picture, shrunk to fit into `most_width` by `most_height` pixels, and never enlarged.
    ///
    /// # Errors
    /// [`PictureError::Codec`] if FFmpeg refuses it.
    pub fn encode(&mut self, picture: &Picture, most_width: u32, most_height: u32) -> Result<Bytes, PictureError> {
        let from = scale::definition(picture.frame());
        let size = shrink(picture.width(), picture.height(), most_width, most_height);
        let kept = match self.kept.take() {
            Some(kept) if kept.from == from && kept.size == size => kept,
            _ => Kept::new(from, size, picture.is_full_range())?,
        };
        let kept = self.kept.insert(kept);
        let file = kept.encode(picture.frame());
        if file.is_err() {
            self.kept = None;
        }
        file
    }
}

impl Kept {
    fn new(from: Definition, size: (u32, u32), is_full_range: bool) -> Result<Self, PictureError> {
        raw::hush();
        let (width, height) = size;
        let flags = Flags::LANCZOS | Flags::ACCURATE_RND | Flags::FULL_CHR_H_INT;
        let mut scaler = Scaler::to(Pixel::RGB24, from, width, height, flags)?;
        scaler.use_screen_colours(is_full_range)?;
        let canvas = frame::Video::new(Pixel::RGB24, width, height);
        if canvas.planes() == 0 {
            return Err(PictureError::Codec { action: "allocate a picture", reason: "no memory".to_owned() });
        }
        let found = encoder::find_by_name("png").ok_or_else(|| fault(ffmpeg_next::Error::EncoderNotFound))?;
        let mut context = codec::Context::new_with_codec(found);
        context.set_threading(codec::threading::Config::count(1));
        let mut video = context.encoder().video().map_err(fault)?;
        video.set_width(width);
        video.set_height(height);
        video.set_format(Pixel::RGB24);
        video.set_time_base(Rational(1, 2));
        let mut options = Dictionary::new();
        options.set("compression_level", COMPRESSION);
        options.set("pred", "paeth");
        let encoder = video.open_as_with(found, options).map_err(fault)?;
        Ok(Self { from, size, scaler, canvas, encoder, files: 0 })
    }

    fn encode(&mut self, picture: &frame::Video) -> Result<Bytes, PictureError> {
        self.scaler.run(picture, &mut self.canvas)?;
        self.files += 1;
        self.canvas.set_pts(Some(self.files));
        let mut packet = Packet::empty();
        self.encoder.send_frame(&self.canvas).and_then(|()| self.encoder.receive_packet(&mut packet)).map_err(fault)?;
        Ok(Bytes::copy_from_slice(packet.data().unwrap_or_default()))
    }
}

fn fault(error: ffmpeg_next::Error) -> PictureError {
    PictureError::Codec { action: "make a PNG file", reason: error.to_string() }
}

#[cfg(test)]
mod tests;

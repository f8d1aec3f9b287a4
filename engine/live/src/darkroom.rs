//! Frames to pictures: decoded, then shrunk into their box as PNG, or encoded as the next picture of a stream. Which frames these are is
//! decided in `stills` and `hls`. It decodes what strangers sent, and so belongs into a process of its own (`studio`).

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use media::{TrackKind, VideoCodec};
use picture::{H264Decoder, Picture, PictureError, PngEncoder, decode_still};

use crate::{
    exposure::{Exposure, MOST_SLOTS, Print, is_still, most_pixels},
    film::Film,
};

/// Makes the pictures of one capture.
#[derive(Default)]
pub struct Darkroom {
    decoders: BTreeMap<u8, H264Decoder>,
    /// The sources of which a still picture is wanted that has not come out of its decoder yet.
    owed: BTreeSet<u8>,
    cameras: PngEncoder,
    screens: PngEncoder,
    /// What of each source that is filmed was decoded last.
    seen: BTreeMap<u8, Picture>,
    films: BTreeMap<u8, Film>,
}

impl Darkroom {
    /// A dark room in which nothing was seen.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one frame; what is wanted of it. Of a still picture that may be one of a frame before it, once it came out.
    ///
    /// # Errors
    /// A [`PictureError`]; whatever it was, the next frame is taken.
    pub fn develop(&mut self, exposure: &Exposure) -> Result<Option<Bytes>, PictureError> {
        let Exposure { slot, kind, codec, begins, is_shown, print, ref payload } = *exposure;
        if slot >= MOST_SLOTS {
            return Ok(None);
        }
        if begins {
            self.decoders.remove(&slot);
            self.owed.remove(&slot);
            self.seen.remove(&slot);
        }
        if let Print::Filmed { width, height, is_first } = print {
            return self.film(exposure, (width, height), is_first);
        }
        if is_shown {
            self.owed.insert(slot);
        }
        // What fits and can be read is handed on as it is.
        if codec == VideoCodec::Png && is_still(kind, payload) {
            decode_still(codec, payload)?;
            return Ok(self.owed.remove(&slot).then(|| payload.clone()));
        }
        match self.decode(exposure)? {
            Some(picture) if self.owed.remove(&slot) => self.print(kind, &picture).map(Some),
            _ => Ok(None),
        }
    }

    fn decode(&mut self, exposure: &Exposure) -> Result<Option<Picture>, PictureError> {
        if exposure.codec != VideoCodec::H264 {
            return decode_still(exposure.codec, &exposure.payload).map(Some);
        }
        let decoder = match self.decoders.remove(&exposure.slot) {
            Some(decoder) => decoder,
            None => H264Decoder::new()?,
        };
        self.decoders.entry(exposure.slot).or_insert(decoder).decode(&exposure.payload)
    }

    fn print(&mut self, kind: TrackKind, picture: &Picture) -> Result<Bytes, PictureError> {
        let (most_width, most_height) = most_pixels(kind);
        let encoder = if kind == TrackKind::Share { &mut self.screens } else { &mut self.cameras };
        encoder.encode(picture, most_width, most_height)
    }

    fn film(&mut self, exposure: &Exposure, size: (u32, u32), is_first: bool) -> Result<Option<Bytes>, PictureError> {
        let slot = exposure.slot;
        // What cannot be decoded leaves the picture before it.
        let decoded = self.decode(exposure).unwrap_or(None);
        let is_new = decoded.is_some();
        if let Some(picture) = decoded {
            self.seen.insert(slot, picture);
        }
        if !exposure.is_shown {
            return Ok(None);
        }
        let film = match self.films.remove(&slot).filter(|_| !is_first) {
            Some(film) => film,
            None => Film::new(size.0, size.1)?,
        };
        let shown = self.seen.get(&slot).filter(|_| is_first || is_new);
        self.films.entry(slot).or_insert(film).expose(shown).map(Some)
    }
}

#[cfg(test)]
mod tests;

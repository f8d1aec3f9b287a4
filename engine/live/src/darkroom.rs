//! Frames to still pictures: decoded, shrunk into their box, PNG. Which frames these are is decided in `stills`. It decodes what
//! strangers sent, and so belongs into a process of its own (`studio`).

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use media::{TrackKind, VideoCodec};
use picture::{H264Decoder, Picture, PictureError, PngEncoder, decode_still};

use crate::{
    Exposure, MOST_SLOTS,
    stills::{is_still, most_pixels},
};

/// Makes the still pictures of one capture.
#[derive(Default)]
pub struct Darkroom {
    decoders: BTreeMap<u8, H264Decoder>,
    /// The sources of which a picture is wanted that has not come out of its decoder yet.
    owed: BTreeSet<u8>,
    cameras: PngEncoder,
    screens: PngEncoder,
}

impl Darkroom {
    /// A dark room in which nothing was seen.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one frame; the still picture of it, or of one before it, if one is wanted and came out.
    ///
    /// # Errors
    /// A [`PictureError`]; whatever it was, the next frame is taken.
    pub fn develop(&mut self, exposure: &Exposure) -> Result<Option<Bytes>, PictureError> {
        let Exposure { slot, kind, codec, begins, is_shown, ref payload } = *exposure;
        if slot >= MOST_SLOTS {
            return Ok(None);
        }
        if begins {
            self.decoders.remove(&slot);
            self.owed.remove(&slot);
        }
        if is_shown {
            self.owed.insert(slot);
        }
        let picture = match codec {
            VideoCodec::H264 => self.decode(slot, payload)?,
            // What fits and can be read is handed on as it is.
            VideoCodec::Png if is_still(kind, payload) => {
                decode_still(codec, payload)?;
                return Ok(self.owed.remove(&slot).then(|| payload.clone()));
            }
            _ => Some(decode_still(codec, payload)?),
        };
        match picture {
            Some(picture) if self.owed.remove(&slot) => self.print(kind, &picture).map(Some),
            _ => Ok(None),
        }
    }

    fn decode(&mut self, slot: u8, payload: &[u8]) -> Result<Option<Picture>, PictureError> {
        let decoder = match self.decoders.remove(&slot) {
            Some(decoder) => decoder,
            None => H264Decoder::new()?,
        };
        self.decoders.entry(slot).or_insert(decoder).decode(payload)
    }

    fn print(&mut self, kind: TrackKind, picture: &Picture) -> Result<Bytes, PictureError> {
        let (most_width, most_height) = most_pixels(kind);
        let encoder = if kind == TrackKind::Share { &mut self.screens } else { &mut self.cameras };
        encoder.encode(picture, most_width, most_height)
    }
}

#[cfg(test)]
mod tests;

//! G.722 at 64 kbit/s (ITU-T G.722) through libavcodec.

use ffmpeg_next::{Packet, codec, decoder, frame};

use crate::{AudioError, quiet};

/// Decodes the packets of one spurt to 16 kHz mono.
pub(crate) struct G722 {
    decoder: decoder::Audio,
    frame: frame::Audio,
}

impl G722 {
    pub(crate) fn new() -> Result<Self, AudioError> {
        quiet::hush();
        let fault = |error: ffmpeg_next::Error| AudioError::Codec {
            action: "open the G.722 decoder",
            reason: error.to_string(),
        };
        let found = decoder::find(codec::Id::ADPCM_G722).ok_or_else(|| fault(ffmpeg_next::Error::DecoderNotFound))?;
        let mut context = codec::Context::new_with_codec(found);
        context.set_threading(codec::threading::Config::count(1));
        let decoder = context.decoder().audio().map_err(fault)?;
        Ok(Self { decoder, frame: frame::Audio::empty() })
    }

    /// Appends two samples for each byte of `payload`, which is not empty.
    pub(crate) fn decode(&mut self, payload: &[u8], out: &mut Vec<f32>) -> Result<(), AudioError> {
        let fault = |error: ffmpeg_next::Error| AudioError::Codec { action: "decode G.722", reason: error.to_string() };
        self.decoder.send_packet(&Packet::copy(payload)).map_err(fault)?;
        while self.decoder.receive_frame(&mut self.frame).is_ok() {
            out.extend(self.frame.plane::<i16>(0).iter().map(|&sample| f32::from(sample) / 32_768.0));
        }
        Ok(())
    }
}

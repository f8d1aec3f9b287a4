//! 48 kHz blocks to Opus packets (RFC 6716) through libopus. The file around them is in `ogg_opus`.

use bytes::Bytes;
use media::{Block, SampleRate};

use crate::AudioError;

/// RFC 6716 §3.4: no packet of one frame is longer.
const LONGEST_PACKET_BYTES: usize = 1_275;

/// Encodes one channel, each block to a packet of 20 ms, deterministically.
///
/// Sample `n` of the input is sample `n + lookahead_samples` of what a decoder gives.
pub struct OpusEncoder {
    encoder: opus::Encoder,
    lookahead_samples: u32,
    packet: Box<[u8; LONGEST_PACKET_BYTES]>,
}

impl OpusEncoder {
    /// An encoder that needs `bitrate_bps` on average.
    ///
    /// # Errors
    /// [`AudioError::OpusEncoder`] if libopus cannot be set up or refuses the bit rate.
    pub fn new(bitrate_bps: u32) -> Result<Self, AudioError> {
        let fault = |error: opus::Error| AudioError::OpusEncoder { reason: error.description() };
        let (rate_hz, channels) = (SampleRate::HZ_48000.hz(), opus::Channels::Mono);
        let mut encoder = opus::Encoder::new(rate_hz, channels, opus::Application::Audio).map_err(fault)?;
        let bitrate_bps = i32::try_from(bitrate_bps).unwrap_or(i32::MAX);
        encoder.set_bitrate(opus::Bitrate::Bits(bitrate_bps)).map_err(fault)?;
        let lookahead_samples = u32::try_from(encoder.get_lookahead().map_err(fault)?).unwrap_or(0);
        Ok(Self { encoder, lookahead_samples, packet: Box::new([0; LONGEST_PACKET_BYTES]) })
    }

    /// How many samples a decoder gives before the first that went in.
    pub const fn lookahead_samples(&self) -> u32 {
        self.lookahead_samples
    }

    /// The packet of the next 20 ms.
    ///
    /// # Errors
    /// [`AudioError::OpusEncoder`] if libopus refuses it.
    pub fn encode(&mut self, block: &Block) -> Result<Bytes, AudioError> {
        let len = self
            .encoder
            .encode_float(&block.0[..], &mut self.packet[..])
            .map_err(|error| AudioError::OpusEncoder { reason: error.description() })?;
        Ok(Bytes::copy_from_slice(self.packet.get(..len).unwrap_or_default()))
    }
}

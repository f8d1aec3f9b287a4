//! What can go wrong between bytes and samples.

use media::AudioFormat;
use thiserror::Error;

/// A packet that cannot be decoded, or a codec that cannot be set up.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The combination of codec, rate and channels is not one that this build decodes or encodes.
    #[error("{format:?} is not supported by this build; negotiate Opus or L16")]
    UnsupportedFormat {
        /// What was asked for.
        format: AudioFormat,
    },
    /// The rate is not one that the encoder takes.
    #[error("the AAC encoder takes 48000 Hz, not {rate_hz} Hz; mix at 48000 Hz")]
    UnsupportedRate {
        /// What was asked for.
        rate_hz: u32,
    },
    /// A packet without a payload.
    #[error("the packet is empty; write silence for its time")]
    EmptyPacket,
    /// A PCM packet that ends within a sample.
    #[error("{bytes} bytes are not a whole number of samples of {sample_bytes} bytes; write silence for its time")]
    PartialSample {
        /// The length of the payload.
        bytes: usize,
        /// The length of one sample of all channels.
        sample_bytes: usize,
    },
    /// A packet that holds more than any sender puts into one.
    #[error("a packet of {bytes} bytes is longer than the {limit_bytes} that one may have; write silence for its time")]
    PacketTooLong {
        /// The length of the payload.
        bytes: usize,
        /// The longest that is taken.
        limit_bytes: usize,
    },
    /// libopus refused a packet, or could not be set up.
    #[error("{bytes} bytes of Opus cannot be decoded: {reason}; write silence for their time")]
    Opus {
        /// The length of the payload; 0 when the decoder could not be set up.
        bytes: usize,
        /// What libopus says.
        reason: &'static str,
    },
    /// libopus refused to encode, or could not be set up for it.
    #[error("libopus could not encode: {reason}; please report it")]
    OpusEncoder {
        /// What libopus says.
        reason: &'static str,
    },
    /// libavcodec refused something.
    #[error("libavcodec could not {action}: {reason}; is the FFmpeg of this machine complete?")]
    Codec {
        /// What was tried.
        action: &'static str,
        /// What libavcodec says.
        reason: String,
    },
}

impl AudioError {
    /// A stable snake_case code, for metrics and reports.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnsupportedFormat { .. } => "audio_format_unsupported",
            Self::UnsupportedRate { .. } => "audio_rate_unsupported",
            Self::EmptyPacket => "audio_packet_empty",
            Self::PartialSample { .. } => "audio_partial_sample",
            Self::PacketTooLong { .. } => "audio_packet_too_long",
            Self::Opus { .. } => "opus_damaged",
            Self::OpusEncoder { .. } => "opus_encoder_failed",
            Self::Codec { .. } => "audio_codec_failed",
        }
    }
}

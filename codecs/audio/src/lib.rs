//! Bytes to and from PCM: L16, G.711, G.722, Opus, AAC, MP3; Opus in Ogg; resampling, mixing, loudness.
//!
//! What comes in is the payload of one packet of one participant; what goes through is 48 kHz mono `f32`; what goes out
//! is AAC, MP3, Opus or raw samples. What does not belong here: when a packet is played (`timeline`), which packets belong to one spurt
//! (`render`), boxes around encoded frames (`mp4`; pages around Opus packets are here), anything that is a picture (`picture`).
//!
//! The feature `ffmpeg` (on by default) brings what libavcodec does: `AacEncoder`, `Mp3Encoder` and G.722.

#[cfg(feature = "ffmpeg")]
mod aac;
mod alaw;
mod decode;
mod error;
#[cfg(feature = "ffmpeg")]
mod g722;
mod level;
mod limit;
mod loudness;
mod mix;
#[cfg(feature = "ffmpeg")]
mod mp3;
mod ogg_opus;
mod opus_encode;
#[cfg(feature = "ffmpeg")]
mod quiet;
mod raw;
mod resample;

#[cfg(feature = "ffmpeg")]
pub use aac::{AacEncoder, AacPacket};
pub use decode::Decoder;
pub use error::AudioError;
pub use level::{peak_dbfs, rms_dbfs};
pub use loudness::{Loudness, LoudnessMeter};
pub use mix::Mixer;
#[cfg(feature = "ffmpeg")]
pub use mp3::Mp3Encoder;
pub use ogg_opus::{OggOpus, OpusHead};
pub use opus_encode::OpusEncoder;
pub use raw::{RAW_HZ, RawEncoder};

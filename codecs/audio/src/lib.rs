//! Bytes to and from PCM: L16, G.711, G.722, Opus, AAC; resampling, mixing, levels.
//!
//! What comes in is the payload of one packet of one participant; what goes through is 48 kHz mono `f32`; what goes out
//! is AAC. What does not belong here: when a packet is played (`timeline`), which packets belong to one spurt
//! (`render`), boxes around encoded frames (`mp4`), anything that is a picture (`picture`).
//!
//! The feature `ffmpeg` (on by default) brings what libavcodec does: `AacEncoder` and G.722.

#[cfg(feature = "ffmpeg")]
mod aac;
mod alaw;
mod decode;
mod error;
#[cfg(feature = "ffmpeg")]
mod g722;
mod level;
mod limit;
mod mix;
#[cfg(feature = "ffmpeg")]
mod quiet;
mod resample;

#[cfg(feature = "ffmpeg")]
pub use aac::{AacEncoder, AacPacket};
pub use decode::Decoder;
pub use error::AudioError;
pub use level::{peak_dbfs, rms_dbfs};
pub use mix::Mixer;

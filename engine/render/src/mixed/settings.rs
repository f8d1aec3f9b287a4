//! What a mixed video is made like.

use picture::Preset;
use serde::{Deserialize, Serialize};

/// What a mixed video is made like. The picture's part counts only where it is composed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Width of the canvas in pixels, even.
    pub canvas_width: u32,
    /// Height of the canvas in pixels, even.
    pub canvas_height: u32,
    /// Pictures a second, 1 to 60.
    pub fps: u32,
    /// How much work goes into a picture.
    pub preset: Preset,
    /// The quality to keep, 0 (lossless) to 51.
    pub crf: u8,
    /// The most bits a second that the picture takes over a while, whatever its quality would ask for.
    pub video_bitrate_bps: u32,
    /// Bits a second of the sound.
    pub audio_bitrate_bps: u32,
}

impl Default for Settings {
    /// 1280x720 with 25 pictures a second, at most 2.5 Mbit/s, sound of 64 kbit/s: one channel, of speech.
    fn default() -> Self {
        Self {
            canvas_width: 1280,
            canvas_height: 720,
            fps: 25,
            preset: Preset::default(),
            crf: 23,
            video_bitrate_bps: 2_500_000,
            audio_bitrate_bps: 64_000,
        }
    }
}

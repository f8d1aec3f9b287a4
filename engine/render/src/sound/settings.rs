//! What files of sound are made like.

/// What files of sound are made like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundSettings {
    /// Bits a second of AAC and MP3, whose rates are fixed: the nearest to this is used.
    pub bitrate_bps: u32,
    /// Bits a second of Opus, where it did not come as such.
    pub opus_bitrate_bps: u32,
}

impl Default for SoundSettings {
    /// 96 kbit/s, and 48 kbit/s of Opus.
    fn default() -> Self {
        Self { bitrate_bps: 96_000, opus_bitrate_bps: 48_000 }
    }
}

//! Sample rates and channel counts that were checked once. Frame rates belong to the encoders that use them.

use serde::{Deserialize, Serialize};

/// A sample rate in hertz, one of those that meeting platforms and our encoders use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct SampleRate(u32);

impl SampleRate {
    /// 8 kHz, narrow-band telephony.
    pub const HZ_8000: Self = Self(8_000);
    /// 16 kHz, wide-band speech.
    pub const HZ_16000: Self = Self(16_000);
    /// 32 kHz.
    pub const HZ_32000: Self = Self(32_000);
    /// 48 kHz: Opus, and every mix that Hansard makes.
    pub const HZ_48000: Self = Self(48_000);

    /// Takes a rate in hertz; `None` unless it is 8000, 16000, 32000 or 48000.
    pub const fn new(hz: u32) -> Option<Self> {
        match hz {
            8_000 | 16_000 | 32_000 | 48_000 => Some(Self(hz)),
            _ => None,
        }
    }

    /// The rate in hertz.
    pub const fn hz(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for SampleRate {
    type Error = String;

    fn try_from(hz: u32) -> Result<Self, String> {
        Self::new(hz).ok_or_else(|| format!("{hz} Hz is not a sample rate in use"))
    }
}

impl From<SampleRate> for u32 {
    fn from(rate: SampleRate) -> u32 {
        rate.0
    }
}

/// How many channels interleaved samples have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channels {
    /// One.
    Mono,
    /// Two, left first.
    Stereo,
}

impl Channels {
    /// 1 or 2.
    pub const fn count(self) -> usize {
        match self {
            Self::Mono => 1,
            Self::Stereo => 2,
        }
    }
}

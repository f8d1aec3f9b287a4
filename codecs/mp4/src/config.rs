//! What a track holds, as its sample description needs it. The samples themselves are in `sample`.

use bytes::Bytes;
use media::{Channels, SampleRate};

/// Ticks a second of every video track.
pub const VIDEO_TIMESCALE_HZ: u32 = 90_000;

/// A track of H.264 pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoConfig {
    /// Width in pixels, 1 to 65535.
    pub width: u32,
    /// Height in pixels, 1 to 65535.
    pub height: u32,
    /// The body of the `avcC` box (ISO/IEC 14496-15 §5.3.3.1) with lengths of 4 bytes.
    pub avcc: Bytes,
}

/// A track of AAC sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioConfig {
    /// The rate of the decoded samples, also the track's timescale.
    pub rate: SampleRate,
    /// The channels of the decoded samples.
    pub channels: Channels,
    /// The `AudioSpecificConfig` (ISO/IEC 14496-3 §1.6.2.1), at least 2 bytes.
    pub audio_specific_config: Bytes,
    /// How many decoded samples at the beginning precede the sound, as the encoder says.
    pub priming_samples: u32,
    /// The rate that the encoder was given, in bits a second.
    pub bitrate_bps: u32,
}

/// What a track holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrackConfig {
    /// Pictures.
    Video(VideoConfig),
    /// Sound.
    Audio(AudioConfig),
}

impl TrackConfig {
    /// Ticks a second of the track's durations.
    pub const fn timescale_hz(&self) -> u32 {
        match self {
            Self::Video(_) => VIDEO_TIMESCALE_HZ,
            Self::Audio(audio) => audio.rate.hz(),
        }
    }

    /// Whether it is sound, of which every sample can be decoded by itself.
    pub(crate) const fn is_audio(&self) -> bool {
        matches!(self, Self::Audio(_))
    }

    /// Where in the track's own time the first thing shown lies, in ticks.
    pub(crate) const fn media_start_ticks(&self) -> u64 {
        match self {
            Self::Video(_) => 0,
            Self::Audio(audio) => audio.priming_samples as u64,
        }
    }
}

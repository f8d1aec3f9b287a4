//! Names of codecs and the parameters a stream of them has. The codecs themselves are in `audio` and `picture`.

use serde::{Deserialize, Serialize};

use crate::{Channels, SampleRate};

/// How the bytes of an audio frame are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AudioCodec {
    /// Signed 16-bit little-endian PCM.
    L16,
    /// G.711 A-law.
    G711Alaw,
    /// G.722.
    G722,
    /// One Opus packet a frame (RFC 6716).
    Opus,
}

/// How the bytes of a picture frame are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VideoCodec {
    /// One H.264 access unit a frame, Annex B.
    H264,
    /// One JPEG file a frame.
    Jpeg,
    /// One PNG file a frame.
    Png,
}

/// The parameters of an audio stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AudioFormat {
    /// The codec of each frame.
    pub codec: AudioCodec,
    /// The rate of the decoded samples.
    pub rate: SampleRate,
    /// The channels of the decoded samples.
    pub channels: Channels,
    /// How much time one frame covers, in milliseconds, 20 to 1000.
    pub packet_ms: u16,
}

/// The parameters of a stream of one kind of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Sound.
    Audio(AudioFormat),
    /// Pictures of cameras or of a shared screen.
    Video(VideoCodec),
}

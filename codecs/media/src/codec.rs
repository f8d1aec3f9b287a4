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

impl VideoCodec {
    /// The codec that a picture begins like: by the signature of JPEG or PNG, or a start code of H.264 Annex B.
    pub const fn of_bytes(picture: &[u8]) -> Option<Self> {
        match picture {
            [0xFF, 0xD8, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', ..] => Some(Self::Png),
            [0, 0, 1, ..] | [0, 0, 0, 1, ..] => Some(Self::H264),
            _ => None,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_their_first_bytes_and_other_bytes_have_no_codec() {
        let cases: [(&[u8], Option<VideoCodec>); 9] = [
            (&[0xFF, 0xD8, 0xFF], Some(VideoCodec::Jpeg)),
            (b"\x89PNG\r\n", Some(VideoCodec::Png)),
            (&[0, 0, 1, 0x67], Some(VideoCodec::H264)),
            (&[0, 0, 0, 1, 0x67], Some(VideoCodec::H264)),
            (&[0, 0, 0, 0, 1], None),
            (&[0, 0, 2], None),
            (&[0xFF], None),
            (b"RIFF", None),
            (&[], None),
        ];
        for (picture, codec) in cases {
            assert_eq!(VideoCodec::of_bytes(picture), codec, "{picture:?}");
        }
    }
}

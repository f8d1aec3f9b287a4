//! Which codec a picture message holds, told by its first bytes. Reading further is in `h264` and `still`.

use media::VideoCodec;

/// Answers which codec `payload` begins like: a JPEG or PNG signature, or a start code of H.264 Annex B.
pub fn sniff(payload: &[u8]) -> Option<VideoCodec> {
    match payload {
        [0xFF, 0xD8, ..] => Some(VideoCodec::Jpeg),
        [0x89, b'P', b'N', b'G', ..] => Some(VideoCodec::Png),
        [0, 0, 1, ..] | [0, 0, 0, 1, ..] => Some(VideoCodec::H264),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_name_the_codec() {
        assert_eq!(sniff(&[0xFF, 0xD8, 0xFF]), Some(VideoCodec::Jpeg));
        assert_eq!(sniff(b"\x89PNG\r\n"), Some(VideoCodec::Png));
        assert_eq!(sniff(&[0, 0, 1, 0x67]), Some(VideoCodec::H264));
        assert_eq!(sniff(&[0, 0, 0, 1, 0x67]), Some(VideoCodec::H264));
    }

    #[test]
    fn other_bytes_have_no_codec() {
        for payload in [&b""[..], b"\xFF", b"RIFF", &[0, 0, 0, 0, 1], &[0, 0, 2]] {
            assert_eq!(sniff(payload), None, "{payload:?}");
        }
    }
}

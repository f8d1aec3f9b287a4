//! Headers of still pictures: how large is it? Their pixels are read in `picture`.

use media::VideoCodec;

/// Answers the codec, width and height in pixels of a JPEG (ITU-T T.81 §B.2.2) or PNG (W3C PNG §11.2.1) file.
///
/// Only the header is read, so the rest of the file may be damaged. `None` for any other file, a header that is cut, or a
/// side of 0 pixels.
pub fn dimensions(payload: &[u8]) -> Option<(VideoCodec, u32, u32)> {
    let codec = VideoCodec::of_bytes(payload)?;
    let (width, height) = match codec {
        VideoCodec::Jpeg => jpeg(payload)?,
        VideoCodec::Png => png(payload)?,
        VideoCodec::H264 => return None,
    };
    (width > 0 && height > 0).then_some((codec, width, height))
}

fn png(payload: &[u8]) -> Option<(u32, u32)> {
    let rest = payload.strip_prefix(b"\x89PNG\r\n\x1A\n")?;
    let header = rest.get(4..16)?.strip_prefix(b"IHDR")?;
    let (width, height) = header.split_first_chunk::<4>()?;
    let height = height.first_chunk::<4>()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

fn jpeg(payload: &[u8]) -> Option<(u32, u32)> {
    let mut rest = payload.get(2..)?;
    loop {
        rest = rest.strip_prefix(&[0xFF])?;
        // Any number of fill bytes may precede a marker (§B.1.1.2).
        let (&marker, after) = rest.split_first()?;
        match marker {
            0xFF => continue,
            // Markers without parameters: TEM, RSTn.
            0x01 | 0xD0..=0xD7 => rest = after,
            // Start of frame, except DHT, JPG and DAC, which share the range.
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                let [high, low, wide, narrow] = *after.get(3..7)?.first_chunk::<4>()?;
                return Some((u16::from_be_bytes([wide, narrow]).into(), u16::from_be_bytes([high, low]).into()));
            }
            // SOI again, end of image, start of scan: no frame header will follow.
            0x00 | 0xD8..=0xDA => return None,
            _ => {
                let length_bytes = u16::from_be_bytes(*after.first_chunk::<2>()?);
                rest = after.get(usize::from(length_bytes).max(2)..)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A JFIF header, a quantization table that contains what looks like a frame header, then a frame of 320 × 200.
    const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\
        \xFF\xDB\x00\x08\xFF\xC0\x00\x11\x08\x01\
        \xFF\xFF\xC2\x00\x11\x08\x00\xC8\x01\x40\x03";

    #[test]
    fn a_jpeg_tells_its_size_in_its_frame_header() {
        assert_eq!(dimensions(JPEG), Some((VideoCodec::Jpeg, 320, 200)));
    }

    #[test]
    fn a_png_tells_its_size_in_its_first_chunk() {
        let png = b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\x05\0\0\0\x02\xD0\x08\x02\0\0\0";
        assert_eq!(dimensions(png), Some((VideoCodec::Png, 1280, 720)));
    }

    #[test]
    fn a_cut_header_and_an_empty_picture_have_no_size() {
        for end in 0..JPEG.len() - 1 {
            assert_eq!(dimensions(&JPEG[..end]), None, "cut at {end}");
        }
        assert_eq!(dimensions(b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\0\0\0\0\x02\xD0"), None);
        assert_eq!(dimensions(b"\xFF\xD8\xFF\xDA\x00\x02\xFF\xC0\x00\x11\x08\x00\xC8\x01\x40"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(start in prop_oneof![Just(&b"\xFF\xD8\xFF"[..]), Just(&b"\x89PNG\r\n\x1A\n"[..]), Just(&b""[..])],
                          rest in proptest::collection::vec(any::<u8>(), 0..200)) {
            let payload = [start, &rest].concat();
            dimensions(&payload);
        }
    }
}

//! Stills made by FFmpeg's own encoders come back in the right colours; damaged ones come back as errors.

use ffmpeg_next::{Packet, Rational, codec, encoder};
use proptest::prelude::*;

use super::*;

/// A picture of one colour with a darker left half, encoded by `name` in `format`; `fill` sets the planes.
fn encoded(name: &str, format: Pixel, width: u32, height: u32, fill: impl Fn(&mut frame::Video)) -> Vec<u8> {
    let found = encoder::find_by_name(name).expect("FFmpeg has the encoder");
    let mut video = codec::Context::new_with_codec(found).encoder().video().unwrap();
    video.set_width(width);
    video.set_height(height);
    video.set_format(format);
    video.set_time_base(Rational(1, 25));
    video.set_qmin(1);
    video.set_qmax(2);
    let mut encoder = video.open_as(found).unwrap();
    let mut frame = frame::Video::new(format, width, height);
    fill(&mut frame);
    frame.set_pts(Some(0));
    encoder.send_frame(&frame).unwrap();
    encoder.send_eof().unwrap();
    let mut packet = Packet::empty();
    encoder.receive_packet(&mut packet).unwrap();
    packet.data().unwrap().to_vec()
}

fn png(width: u32, height: u32, rgb: [u8; 3]) -> Vec<u8> {
    encoded("png", Pixel::RGB24, width, height, |frame| {
        let pixels = frame.data_mut(0);
        for pixel in pixels.chunks_mut(3) {
            pixel.copy_from_slice(&rgb[..pixel.len()]);
        }
    })
}

fn jpeg(width: u32, height: u32, yuv: [u8; 3]) -> Vec<u8> {
    encoded("mjpeg", Pixel::YUVJ420P, width, height, |frame| {
        for (plane, value) in yuv.into_iter().enumerate() {
            frame.data_mut(plane).fill(value);
        }
    })
}

fn colour(picture: &Picture) -> [u8; 3] {
    let [blue, red] = picture.chroma();
    let middle = (picture.height() / 4, picture.width() as usize / 4);
    [
        picture.luma().row(picture.height() / 2)[picture.width() as usize / 2],
        blue.row(middle.0)[middle.1],
        red.row(middle.0)[middle.1],
    ]
}

fn close(found: [u8; 3], expected: [u8; 3]) -> bool {
    found.iter().zip(expected).all(|(&found, expected)| found.abs_diff(expected) <= 2)
}

#[test]
fn a_png_becomes_bt709_in_limited_range() {
    let red = decode_still(VideoCodec::Png, &png(96, 64, [255, 0, 0])).unwrap();
    assert_eq!((red.width(), red.height(), red.is_full_range()), (96, 64, false));
    // ITU-R BT.709-6 §3: Y = 16 + 219 * 0.2126, Cb = 128 - 224 * 0.2126 / 1.8556, Cr = 128 + 112.
    assert!(close(colour(&red), [63, 102, 240]), "{:?}", colour(&red));
    let white = decode_still(VideoCodec::Png, &png(96, 64, [255; 3])).unwrap();
    assert!(close(colour(&white), [235, 128, 128]), "{:?}", colour(&white));
}

#[test]
fn a_jpeg_becomes_bt709_in_limited_range() {
    // Red in the full-range BT.601 of JFIF.
    let red = decode_still(VideoCodec::Jpeg, &jpeg(96, 64, [76, 85, 255])).unwrap();
    assert!(close(colour(&red), [63, 102, 240]), "{:?}", colour(&red));
    let black = decode_still(VideoCodec::Jpeg, &jpeg(95, 63, [0, 128, 128])).unwrap();
    assert_eq!((black.width(), black.height()), (95, 63));
    assert!(close(colour(&black), [16, 128, 128]), "{:?}", colour(&black));
}

#[test]
fn a_still_beyond_the_limit_is_refused_by_its_header() {
    let mut large = png(16, 16, [0; 3]);
    large[16..24].copy_from_slice(&[0, 0, 0x20, 0, 0, 0, 0x10, 0]);
    let refused = decode_still(VideoCodec::Png, &large);
    assert!(matches!(refused, Err(PictureError::TooLarge { width: 8192, height: 4096, .. })), "{refused:?}");
    let mut large = jpeg(16, 16, [0; 3]);
    let header = large.windows(2).position(|bytes| bytes == [0xff, 0xc0]).unwrap();
    large[header + 5..header + 9].copy_from_slice(&[0xff; 4]);
    let refused = decode_still(VideoCodec::Jpeg, &large);
    assert!(matches!(refused, Err(PictureError::TooLarge { width: 65_535, .. })), "{refused:?}");
}

#[test]
fn the_name_of_the_codec_must_fit_the_file() {
    assert!(matches!(decode_still(VideoCodec::Jpeg, &png(16, 16, [0; 3])), Err(PictureError::Damaged { .. })));
    assert!(matches!(decode_still(VideoCodec::H264, b"\0\0\0\x01"), Err(PictureError::NotStill { .. })));
    assert!(matches!(decode_still(VideoCodec::Png, b""), Err(PictureError::EmptyFrame)));
}

#[test]
fn chunks_that_hold_no_pixels_do_not_reach_the_decoder() {
    let plain = png(16, 16, [9, 8, 7]);
    let mut with_text = plain.clone();
    let chunk = [&[0, 0, 0, 5][..], b"zTXta\0\0xx", &[0; 4]].concat();
    with_text.splice(33..33, chunk);
    assert_eq!(png_essentials(&with_text).unwrap(), png_essentials(&plain).unwrap());
    assert!(decode_still(VideoCodec::Png, &with_text).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_stills_do_not_panic(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<prop::sample::Index>(),
        which: bool,
    ) {
        let (codec, mut file) = if which {
            (VideoCodec::Png, png(32, 32, [200, 100, 50]))
        } else {
            (VideoCodec::Jpeg, jpeg(32, 32, [100, 90, 160]))
        };
        for (at, value) in flips {
            let at = at.index(file.len());
            file[at] = value;
        }
        file.truncate(cut.index(file.len()) + 1);
        if let Ok(picture) = decode_still(codec, &file) {
            prop_assert!(u64::from(picture.width()) * u64::from(picture.height()) <= MOST_PIXELS);
        }
    }
}

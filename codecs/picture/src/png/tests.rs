//! What is made is read back: size, colours, and that the same encoder goes on with other sizes.

use media::VideoCodec;

use super::*;
use crate::decode_still;

/// A PNG file of one colour, made by FFmpeg's own encoder without our scaler.
fn plain(width: u32, height: u32, rgb: [u8; 3]) -> Vec<u8> {
    let found = encoder::find_by_name("png").expect("FFmpeg has the encoder");
    let mut video = codec::Context::new_with_codec(found).encoder().video().unwrap();
    video.set_width(width);
    video.set_height(height);
    video.set_format(Pixel::RGB24);
    video.set_time_base(Rational(1, 25));
    let mut encoder = video.open_as(found).unwrap();
    let mut frame = frame::Video::new(Pixel::RGB24, width, height);
    for pixel in frame.data_mut(0).chunks_mut(3) {
        pixel.copy_from_slice(&rgb[..pixel.len()]);
    }
    frame.set_pts(Some(0));
    encoder.send_frame(&frame).unwrap();
    let mut packet = Packet::empty();
    encoder.receive_packet(&mut packet).unwrap();
    packet.data().unwrap().to_vec()
}

/// Brightness and colours of the middle.
fn middle(picture: &Picture) -> [u8; 3] {
    let [blue, red] = picture.chroma();
    let (row, column) = (picture.height() / 2, picture.width() as usize / 2);
    [picture.luma().row(row)[column], blue.row(row / 2)[column / 2], red.row(row / 2)[column / 2]]
}

#[test]
fn a_picture_is_shrunk_into_its_box_keeps_its_colours_and_never_grows() {
    let mut encoder = PngEncoder::new();
    for (size, expected) in [((1280, 720), (640, 360)), ((96, 64), (96, 64)), ((360, 640), (203, 360))] {
        for rgb in [[255, 0, 0], [10, 200, 90], [255; 3]] {
            let picture = decode_still(VideoCodec::Png, &plain(size.0, size.1, rgb)).unwrap();
            let file = encoder.encode(&picture, 640, 360).unwrap();
            assert_eq!(video::still::dimensions(&file), Some((VideoCodec::Png, expected.0, expected.1)));
            let again = decode_still(VideoCodec::Png, &file).unwrap();
            let (was, is) = (middle(&picture), middle(&again));
            assert!(was.iter().zip(is).all(|(was, is)| was.abs_diff(is) <= 2), "{rgb:?}: {was:?} became {is:?}");
        }
    }
}

#[test]
fn one_encoder_makes_the_same_file_of_the_same_picture_again() {
    let picture = decode_still(VideoCodec::Png, &plain(64, 48, [1, 2, 3])).unwrap();
    let mut encoder = PngEncoder::new();
    let first = encoder.encode(&picture, 640, 360).unwrap();
    assert_eq!(encoder.encode(&picture, 640, 360).unwrap(), first);
    assert!(!first.is_empty());
}

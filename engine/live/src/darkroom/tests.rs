//! Pictures that our own encoder made come out as PNG files; what is damaged costs one picture.

use picture::{Canvas, EncoderConfig, H264Encoder, Preset, Rect};
use proptest::prelude::*;
use video::still::dimensions;

use super::*;

/// A slide of the test media.
fn slide(number: u64) -> Picture {
    let file = format!("{}/../../fixtures/pack/slide-{number}.jpg", env!("CARGO_MANIFEST_DIR"));
    decode_still(VideoCodec::Jpeg, &std::fs::read(file).unwrap()).unwrap()
}

/// Access units of a camera that shows one slide after the other, a key picture with its parameter sets first.
fn camera(width: u32, height: u32, count: u64) -> Vec<Bytes> {
    let mut encoder = H264Encoder::new(EncoderConfig {
        width,
        height,
        fps_num: 25,
        fps_den: 1,
        preset: Preset::Ultrafast,
        crf: 30,
        max_bitrate_bps: None,
        keyframe_interval_frames: 100,
        immediate: false,
    })
    .unwrap();
    let mut canvas = Canvas::new(width, height).unwrap();
    for index in 0..count {
        canvas.draw_fitted(&slide(index / 13 % 4), Rect { x: 0, y: 0, width, height }).unwrap();
        encoder.encode(&canvas, index, false).unwrap();
    }
    encoder.finish().unwrap();
    let (sps, pps) = encoder.parameter_sets();
    std::iter::from_fn(|| encoder.poll())
        .map(|picture| {
            let start: &[u8] = &[0, 0, 0, 1];
            let head = if picture.key { [start, &sps, start, &pps].concat() } else { Vec::new() };
            [&head[..], &picture.payload].concat().into()
        })
        .collect()
}

fn exposure(slot: u8, payload: &Bytes, begins: bool, is_shown: bool) -> Exposure {
    Exposure {
        slot,
        kind: TrackKind::Video,
        codec: VideoCodec::H264,
        begins,
        is_shown,
        print: Print::Still,
        payload: payload.clone(),
    }
}

#[test]
fn of_the_frames_of_a_camera_those_that_are_wanted_come_out_shrunk() {
    let mut room = Darkroom::new();
    let mut made = Vec::new();
    for (index, unit) in camera(1280, 720, 26).iter().enumerate() {
        let png = room.develop(&exposure(3, unit, index == 0, index % 13 == 0)).unwrap();
        assert_eq!(png.is_some(), index % 13 == 0, "{index}");
        made.extend(png);
    }
    assert!(made.iter().all(|png| is_still(TrackKind::Video, png)));
    assert_eq!(dimensions(&made[0]), Some((VideoCodec::Png, 640, 360)));
    assert_ne!(made[0], made[1], "the picture moves");
}

#[test]
fn a_screen_that_fits_is_handed_on_as_it_is_and_a_larger_one_is_shrunk() {
    let mut room = Darkroom::new();
    let unit = &camera(640, 360, 1)[0];
    let small = room.develop(&exposure(0, unit, true, true)).unwrap().expect("a picture");
    let still = |payload: &Bytes, kind| Exposure { codec: VideoCodec::Png, kind, ..exposure(1, payload, true, true) };
    assert_eq!(room.develop(&still(&small, TrackKind::Share)).unwrap(), Some(small.clone()));
    let large = PngEncoder::new()
        .encode(&H264Decoder::new().unwrap().decode(&camera(1920, 1080, 1)[0]).unwrap().expect("a picture"), 4096, 4096)
        .unwrap();
    assert_eq!(dimensions(&large), Some((VideoCodec::Png, 1920, 1080)));
    let shrunk = room.develop(&still(&large, TrackKind::Share)).unwrap().expect("a picture");
    assert_eq!(dimensions(&shrunk), Some((VideoCodec::Png, 1280, 720)));
    let mut cut = small.to_vec();
    cut.truncate(60);
    assert!(room.develop(&still(&cut.into(), TrackKind::Share)).is_err(), "what cannot be read is not handed on");
}

#[test]
fn what_is_damaged_costs_a_picture_and_others_go_on() {
    let mut room = Darkroom::new();
    let units = camera(320, 180, 3);
    assert!(room.develop(&exposure(0, &units[0], true, true)).unwrap().is_some());
    let nonsense = Bytes::from_static(&[0, 0, 0, 1, 0x65, 0xFF, 0xFF]);
    assert!(!matches!(room.develop(&exposure(0, &nonsense, false, true)), Ok(Some(_))));
    assert!(room.develop(&exposure(1, &units[0], true, true)).unwrap().is_some());
    assert!(room.develop(&exposure(0, &units[0], true, true)).unwrap().is_some());
    assert_eq!(room.develop(&exposure(MOST_SLOTS, &units[0], true, true)).unwrap(), None);
}

fn filmed(slot: u8, payload: &Bytes, begins: bool, is_first: Option<bool>) -> Exposure {
    let print = Print::Filmed { width: 320, height: 180, is_first: is_first == Some(true) };
    Exposure { print, ..exposure(slot, payload, begins, is_first.is_some()) }
}

/// Decodes pictures of a film that begin with a key picture.
fn played(film: &[Bytes]) -> Vec<Vec<u8>> {
    let (_, config) = crate::unexposed(320, 180).unwrap();
    assert_eq!((config.width, config.height), (320, 180));
    let (sps, pps) = Film::new(320, 180).unwrap().parameter_sets();
    let mut decoder = H264Decoder::new().unwrap();
    let decode = |(n, picture): (usize, &Bytes)| {
        let start: &[u8] = &[0, 0, 0, 1];
        let head = if n == 0 { [start, &sps, start, &pps].concat() } else { Vec::new() };
        let shown = decoder.decode(&[&head[..], picture].concat()).unwrap().expect("each comes out at once");
        shown.luma().bytes.to_vec()
    };
    film.iter().enumerate().map(decode).collect()
}

#[test]
fn a_film_has_a_picture_for_each_that_is_wanted_and_is_the_same_wherever_decoding_began() {
    let units = camera(320, 180, 40);
    let (mut whole, mut late) = (Darkroom::new(), Darkroom::new());
    let mut film = Vec::new();
    for (index, unit) in units.iter().enumerate() {
        let is_first = (index >= 10).then_some(index % 10 == 0);
        let made = whole.develop(&filmed(1, unit, index == 0, is_first)).unwrap();
        assert_eq!(made.is_some(), index >= 10, "{index}");
        film.extend(made);
    }
    for (index, unit) in units.iter().enumerate().take(30) {
        let is_first = (index >= 20).then_some(index == 20);
        let made = late.develop(&filmed(0, unit, index == 0, is_first)).unwrap();
        assert_eq!(made.as_ref(), (index >= 20).then(|| &film[index - 10]), "picture {index}");
    }
    for stretch in film.chunks(10) {
        assert_eq!(played(stretch).len(), 10);
    }
    let (before, after) = (played(&film[..10]), played(&film[20..]));
    assert_ne!(before[0], after[0], "the picture moves");
}

#[test]
fn what_cannot_be_decoded_leaves_the_picture_before_it_and_where_there_is_none_it_is_black() {
    let units = camera(320, 180, 3);
    let nothing = Bytes::new();
    let mut room = Darkroom::new();
    let mut film = Vec::new();
    for (payload, is_first) in [(&nothing, true), (&units[0], false), (&nothing, false), (&nothing, true)] {
        film.extend(room.develop(&filmed(0, payload, false, Some(is_first))).unwrap());
    }
    let shown = [played(&film[..3]), played(&film[3..])].concat();
    let brightness = |picture: &[u8]| picture.iter().map(|luma| u64::from(*luma)).sum::<u64>() / picture.len() as u64;
    assert!(brightness(&shown[0]) <= 17);
    assert!(shown[1..].iter().all(|picture| brightness(picture) > 40));
    assert_eq!(brightness(&shown[1]), brightness(&shown[3]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_bytes_panic(
        frames in proptest::collection::vec((0..3u8, 0..3u8, any::<bool>(), proptest::collection::vec(any::<u8>(), 0..80)), 0..12),
    ) {
        let mut room = Darkroom::new();
        for (slot, codec, begins, bytes) in frames {
            let codec = [VideoCodec::H264, VideoCodec::Jpeg, VideoCodec::Png][usize::from(codec)];
            let payload = bytes.into();
            let kind = TrackKind::Share;
            let print = if begins { Print::Still } else { Print::Filmed { width: 32, height: 32, is_first: slot == 0 } };
            let _ = room.develop(&Exposure { slot, kind, codec, begins, is_shown: true, print, payload });
        }
    }
}

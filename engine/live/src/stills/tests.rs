//! Frames and time in, frames for a decoder out.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::exposure::{STILL_LIMIT_BYTES, is_still};

const KEY: &[u8] = &[
    0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1E, 0xD9, 0x00, 0xA0, 0x47, 0xFE, 0x88, 0, 0, 0, 1, 0x68, 0xCE, 0x3C, 0x80, 0, 0,
    0, 1, 0x65, 0x88, 0x84,
];
const OTHER: &[u8] = &[0, 0, 0, 1, 0x41, 0x9A, 0x21];
const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF];

fn frame(kind: TrackKind, source: i64, at_ms: i64, payload: &'static [u8]) -> Frame {
    let at = SourceTime::from_unix_ms(1_767_225_600_000).plus_ms(at_ms);
    Frame { track: Track { kind, source }, at, payload: Bytes::from_static(payload) }
}

#[test]
fn a_camera_is_followed_from_a_key_picture_on_and_shown_twice_a_second() {
    let mut stills = Stills::new();
    assert_eq!(stills.handle_frame(&frame(TrackKind::Video, 1, 0, OTHER)), None);
    let mut shown = Vec::new();
    for index in 0..100 {
        let (at_ms, payload) = (10 + index * 40, if index % 50 == 0 { KEY } else { OTHER });
        let exposure = stills.handle_frame(&frame(TrackKind::Video, 1, at_ms, payload)).expect("each is decoded");
        assert_eq!((exposure.slot, exposure.begins, exposure.codec), (0, index == 0, VideoCodec::H264));
        shown.extend(exposure.is_shown.then_some(at_ms));
    }
    assert_eq!(shown, [10, 530, 1_010, 1_530, 2_010, 2_530, 3_010, 3_530], "two a second, on a grid");
}

#[test]
fn of_a_screen_that_comes_as_stills_only_those_that_are_due_are_decoded() {
    let mut stills = Stills::new();
    let mut times = Vec::new();
    for at_ms in (0..3_000).step_by(200) {
        let exposure = stills.handle_frame(&frame(TrackKind::Share, 1, at_ms, JPEG));
        times.extend(exposure.filter(|exposure| exposure.is_shown && exposure.begins).map(|_| at_ms));
    }
    assert_eq!(times, [0, 600, 1_000, 1_600, 2_000, 2_600]);
}

#[test]
fn after_a_pause_and_after_a_clock_that_was_set_back_it_goes_on_at_once() {
    let mut stills = Stills::new();
    let mut is_shown = |at_ms| stills.handle_frame(&frame(TrackKind::Share, 1, at_ms, JPEG)).is_some();
    assert!(is_shown(0) && !is_shown(400) && is_shown(60_000) && !is_shown(60_400));
    assert!(!is_shown(59_000), "a frame that is late");
    assert!(is_shown(1_000) && !is_shown(1_400), "another clock");
}

#[test]
fn seventeen_sources_do_not_take_each_others_place_until_one_is_idle() {
    let mut stills = Stills::new();
    let mut slot = |source, at_ms| {
        let exposure = stills.handle_frame(&frame(TrackKind::Video, source, at_ms, KEY))?;
        Some((exposure.slot, exposure.begins))
    };
    for source in 0..16 {
        assert_eq!(slot(source, source), Some((u8::try_from(source).expect("small"), true)));
    }
    assert_eq!(slot(16, 100), None);
    for source in 1..16 {
        assert!(slot(source, 1_500).is_some());
    }
    assert_eq!(slot(16, 2_500), Some((0, true)), "the first shows nothing any more");
    assert_eq!(slot(0, 2_600), None);
    assert_eq!(slot(1, 2_600), Some((1, false)), "the others go on");
}

#[test]
fn only_a_png_file_that_fits_its_box_is_a_still_picture() {
    let png = |width: u32, height: u32| {
        let head: [&[u8]; 4] =
            [b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR", &width.to_be_bytes(), &height.to_be_bytes(), &[8, 2, 0, 0, 0]];
        head.concat()
    };
    assert!(is_still(TrackKind::Video, &png(640, 360)) && is_still(TrackKind::Share, &png(1280, 720)));
    assert!(!is_still(TrackKind::Video, &png(641, 360)) && !is_still(TrackKind::Share, &png(1280, 721)));
    assert!(!is_still(TrackKind::Video, JPEG) && !is_still(TrackKind::Video, b"<html>"));
    let mut long = png(640, 360);
    long.resize(STILL_LIMIT_BYTES + 1, 0);
    assert!(!is_still(TrackKind::Video, &long));
}

proptest! {
    #[test]
    fn any_bytes_at_any_time_are_taken_and_slots_stay_few(
        frames in proptest::collection::vec((0..40i64, any::<i32>(), proptest::collection::vec(any::<u8>(), 0..40)), 0..80),
    ) {
        let mut stills = Stills::new();
        for (source, at_ms, payload) in frames {
            let frame = Frame {
                track: Track { kind: TrackKind::Video, source },
                at: SourceTime::from_unix_ms(i64::from(at_ms)),
                payload: [&[0, 0, 1][..], &payload].concat().into(),
            };
            if let Some(exposure) = stills.handle_frame(&frame) {
                prop_assert!(exposure.slot < MOST_SLOTS);
            }
        }
    }
}

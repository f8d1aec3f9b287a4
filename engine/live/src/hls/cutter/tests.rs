use bytes::Bytes;
use media::VideoCodec;
use proptest::prelude::*;
use timeline::PictureFormat;
use video::h264::ParameterSets;

use super::*;

/// Pictures every 40 ms of these stretches: from, to, how often a key picture comes, and which of two cameras it is.
fn track(stretches: &[(i64, i64, i64, u16)]) -> VideoTrack {
    let mut track = VideoTrack::default();
    for width in [320, 640] {
        let sets =
            ParameterSets { sps: Bytes::from(vec![0x67, 66, 0, 30, width as u8]), pps: Bytes::from_static(&[0x68]) };
        track.parameter_sets.push(PictureFormat { sets, width, height: 180, reorders: false });
    }
    for (from_ms, to_ms, keys_ms, sets) in stretches {
        for ms in (*from_ms..*to_ms).step_by(40) {
            let key = (ms - from_ms) % keys_ms == 0;
            let locator = Locator { segment: 1, offset: ms as u64, len: 1 };
            let (at, codec) = (Position::from_ms(ms), VideoCodec::H264);
            track.frames.push(VideoFrame { at, source: 7, codec, key, idr: key, sets: *sets, locator });
        }
    }
    track
}

/// Begin, end, look and break of every segment, in milliseconds.
fn cut(track: &VideoTrack, end_ms: i64) -> Vec<(i64, i64, usize, bool)> {
    let mut cutter = Cutter::new();
    cutter.finish(track, Position::from_ms(end_ms));
    told(&cutter)
}

fn told(cutter: &Cutter) -> Vec<(i64, i64, usize, bool)> {
    cutter.segments().iter().map(|of| (of.start.ms(), of.end.ms(), of.look, of.is_break)).collect()
}

#[test]
fn a_segment_begins_with_each_key_picture_that_comes_two_seconds_after_the_last() {
    let expected = [(0, 2_000, 1, false), (2_000, 4_000, 1, false), (4_000, 6_000, 1, false)];
    assert_eq!(cut(&track(&[(0, 6_000, 2_000, 0)]), 6_000), expected);
    assert_eq!(cut(&track(&[(0, 6_000, 1_000, 0)]), 6_000), expected, "more of them change nothing");
}

#[test]
fn where_no_key_picture_comes_in_time_pictures_are_made_from_the_last_one_on() {
    let segments = cut(&track(&[(0, 10_000, 10_000, 0)]), 10_000);
    let expected = [(0, 4_080, 1, false), (4_080, 6_080, 2, true), (6_080, 8_080, 2, false), (8_080, 10_000, 2, false)];
    assert_eq!(segments, expected);
    let exact = cut(&track(&[(0, 12_000, 4_000, 0)]), 12_000);
    assert_eq!(exact, [(0, 4_000, 1, false), (4_000, 8_000, 1, false), (8_000, 12_000, 1, false)]);
}

#[test]
fn made_pictures_have_the_size_of_those_that_came_up_to_a_limit() {
    let mut large = track(&[(0, 10_000, 10_000, 0)]);
    for (from, to) in
        [((1920, 1080), (1280, 720)), ((720, 1280), (406, 720)), ((641, 359), (642, 360)), ((8, 9), (16, 16))]
    {
        (large.parameter_sets[0].width, large.parameter_sets[0].height) = from;
        let mut cutter = Cutter::new();
        cutter.finish(&large, Position::from_ms(10_000));
        assert_eq!(cutter.looks().last(), Some(&Look::Made { width: to.0, height: to.1 }), "{from:?}");
    }
}

#[test]
fn pictures_are_copied_again_once_key_pictures_came_often_for_ten_seconds() {
    let often = track(&[(0, 6_000, 6_000, 0), (6_000, 20_000, 2_000, 0)]);
    let looks: Vec<(i64, usize)> = cut(&often, 20_000).iter().map(|(start, _, look, _)| (*start, *look)).collect();
    assert!(looks.iter().all(|(start, look)| *look == 1 + usize::from((4_080..16_000).contains(start))), "{looks:?}");
    assert!(looks.contains(&(16_000, 1)));
    let rare = track(&[(0, 120_000, 6_000, 0)]);
    let breaks = cut(&rare, 120_000).iter().filter(|(.., is_break)| *is_break).count();
    assert_eq!(breaks, 1, "one every six seconds does not change the look each time");
}

#[test]
fn the_end_of_pictures_that_stay_is_made_where_a_copy_would_be_too_long() {
    let segments = cut(&track(&[(0, 4_000, 4_000, 0), (9_000, 11_000, 2_000, 0)]), 11_000);
    let expected = [
        (0, 3_960, 1, false),
        (3_960, 5_960, 2, true),
        (5_960, 7_960, 0, true),
        (7_960, 9_000, 0, false),
        (9_000, 11_000, 1, true),
    ];
    assert_eq!(segments, expected);
}

#[test]
fn a_first_picture_within_two_seconds_is_shown_from_the_beginning_on_and_a_later_one_is_not() {
    assert_eq!(cut(&track(&[(1_200, 4_000, 2_000, 0)]), 4_000), [(0, 3_200, 1, false), (3_200, 4_000, 1, false)]);
    let late = cut(&track(&[(3_000, 5_000, 2_000, 0)]), 5_000);
    assert_eq!(late, [(0, 2_000, 0, false), (2_000, 3_000, 0, false), (3_000, 5_000, 1, true)]);
}

#[test]
fn another_camera_and_a_pause_are_discontinuities() {
    let segments = cut(&track(&[(0, 2_000, 2_000, 0), (2_000, 3_000, 2_000, 1), (9_000, 10_000, 2_000, 1)]), 10_000);
    // The last picture before the pause begins at 2.96 s and stays for 2 s.
    let expected = [
        (0, 2_000, 1, false),
        (2_000, 4_960, 2, true),
        (4_960, 6_960, 0, true),
        (6_960, 8_960, 0, false),
        (8_960, 9_000, 0, false),
        (9_000, 10_000, 2, true),
    ];
    assert_eq!(segments, expected);
}

#[test]
fn pictures_that_need_what_was_not_sent_are_left_out() {
    let mut track = track(&[(0, 2_000, 2_000, 0), (5_000, 8_000, 2_000, 0)]);
    // After the pause the key picture is missing.
    track.frames.retain(|frame| frame.at != Position::from_ms(5_000));
    let segments = cut(&track, 8_000);
    assert_eq!(segments.last(), Some(&(7_000, 8_000, 1, true)), "{segments:?}");
    assert!(segments.iter().all(|(start, end, look, _)| *look == 0 || *end <= 3_960 || *start >= 7_000));
}

#[test]
fn what_no_copy_can_show_is_made_from_the_beginning_on() {
    let mut reordered = track(&[(0, 4_000, 2_000, 0)]);
    reordered.parameter_sets[0].reorders = true;
    assert_eq!(cut(&reordered, 4_000), [(0, 2_000, 1, false), (2_000, 4_000, 1, false)]);
    let mut stills = track(&[(0, 4_000, 40, 0)]);
    stills.frames.iter_mut().for_each(|frame| (frame.codec, frame.sets) = (VideoCodec::Jpeg, u16::MAX));
    let mut cutter = Cutter::new();
    cutter.finish(&stills, Position::from_ms(4_000));
    assert_eq!(cutter.looks(), [Look::Black, Look::Made { width: 1280, height: 720 }]);
    assert_eq!(told(&cutter), [(0, 2_000, 1, false), (2_000, 4_000, 1, false)]);
}

#[test]
fn decoding_begins_at_the_last_key_picture_up_to_a_place() {
    let mut cutter = Cutter::new();
    cutter.finish(&track(&[(0, 10_000, 8_000, 0)]), Position::from_ms(10_000));
    let passage = cutter.part(1, 0).unwrap();
    assert_eq!((passage.first_shot, passage.start.ms()), (102, 4_080));
    assert_eq!(cutter.key_before(102), Some(0));
    assert_eq!(cutter.key_before(200), Some(200));
    assert_eq!(cutter.key_before(249), Some(200));
    assert_eq!(cutter.key_before(250), None);
}

#[test]
fn every_picture_is_in_one_part_and_lasts_until_the_next() {
    let mut cutter = Cutter::new();
    cutter.finish(&track(&[(0, 6_000, 2_000, 0)]), Position::from_ms(6_000));
    let mut shots = Vec::new();
    for number in 0..3 {
        assert_eq!(cutter.parts(number), 7);
        for part in 0..7 {
            let passage = cutter.part(number, part).unwrap();
            assert_eq!(passage.is_independent, part == 0);
            shots.extend(passage.shots);
        }
    }
    assert_eq!(shots.len(), 150);
    assert!(shots.windows(2).all(|two| two[0].1 == two[1].0.at));
    assert!(cutter.part(3, 0).is_none() && cutter.part(0, 7).is_none());
}

proptest! {
    #[test]
    fn what_is_cut_bit_by_bit_is_what_is_cut_at_once(
        stretches in proptest::collection::vec((0..4_000_i64, 40..9_000_i64, 1..120_i64, 0..2_u16), 0..6),
        steps in proptest::collection::vec(1..3_000_i64, 1..60),
    ) {
        let mut ms = 0;
        let stretches: Vec<_> = stretches.into_iter().map(|(pause, length, keys, sets)| {
            let from = ms + pause / 40 * 40;
            ms = from + length / 40 * 40;
            (from, ms, keys * 40, sets)
        }).collect();
        let track = track(&stretches);
        let end = Position::from_ms(ms + 1_000);
        let mut growing = Cutter::new();
        let mut settled = 0;
        let mut parts: Vec<(u64, u32, Position, Position, usize)> = Vec::new();
        for step in steps {
            settled += step;
            if Position::from_ms(settled) >= end {
                break;
            }
            growing.advance(&track, Position::from_ms(settled));
            let open = growing.segments().len() as u64;
            for part in 0..growing.parts(open) {
                let passage = growing.part(open, part).unwrap();
                parts.push((open, part, passage.start, passage.end, passage.shots.len()));
            }
        }
        growing.finish(&track, end);
        let mut whole = Cutter::new();
        whole.finish(&track, end);
        prop_assert_eq!(told(&growing), told(&whole));
        // What was told of a segment while it grew holds when it is whole.
        for (number, part, start, end, shots) in parts {
            let passage = whole.part(number, part).unwrap();
            prop_assert_eq!((passage.start, passage.end, passage.shots.len()), (start, end, shots));
        }
        let segments = whole.segments();
        prop_assert_eq!(segments.first().map(|of| of.start), Some(Position::ZERO));
        prop_assert_eq!(segments.last().map(|of| of.end), Some(end));
        for two in segments.windows(2) {
            prop_assert_eq!(two[0].end, two[1].start);
            prop_assert!(two[0].look == two[1].look || two[1].is_break);
        }
        for (number, of) in (0..).zip(segments) {
            let micros = of.end.micros_since(of.start);
            prop_assert!(micros > 0 && micros <= PATIENCE_MICROS);
            let passage = whole.part(number, 0).unwrap();
            prop_assert!(passage.is_independent, "segment {number} begins with what came before it");
            let first = passage.shots.first().map(|(shot, _)| shot.at);
            let is_black = *passage.look == Look::Black;
            prop_assert!(is_black && first.is_none() || first == Some(of.start), "segment {number} begins with nothing");
            prop_assert!(is_black || whole.key_before(passage.first_shot).is_some());
        }
    }
}

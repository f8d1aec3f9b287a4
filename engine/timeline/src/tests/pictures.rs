//! How camera pictures are ordered.

use media::TrackKind;
use model::platform::Leg;

use super::script::{PPS, SPS, Script, annexb};

#[test]
fn every_picture_knows_the_parameter_sets_before_it() {
    let mut script = Script::ready();
    script.idr(1, 0);
    script.delta(1, 40);
    let mut other = PPS.to_vec();
    other.push(0x55);
    script.media(TrackKind::Video, 2, 80, annexb(&[SPS, &other]));
    script.media(TrackKind::Video, 2, 80, annexb(&[&[0x65, 0x88]]));
    script.delta(2, 120);
    let track = script.build().video;
    let frames: Vec<_> =
        track.frames.iter().map(|frame| (frame.at.ms(), frame.source, frame.key, frame.idr, frame.sets)).collect();
    assert_eq!(
        frames,
        [(0, 1, true, true, 0), (40, 1, false, false, 0), (80, 2, true, true, 1), (120, 2, false, false, 1)]
    );
    assert_eq!(track.parameter_sets.len(), 2);
    assert_eq!((track.parameter_sets[0].width, track.parameter_sets[0].height), (640, 360));
    assert!(!track.parameter_sets[0].reorders);
}

#[test]
fn pictures_without_parameter_sets_before_them_are_damaged() {
    let mut script = Script::ready();
    script.delta(1, 0);
    script.delta(1, 40);
    script.media(TrackKind::Video, 1, 60, vec![1, 2, 3]);
    script.idr(1, 80);
    let track = script.build().video;
    assert_eq!((track.frames.len(), track.damaged), (1, 3));
    assert_eq!(track.frames[0].at.ms(), 80);
}

#[test]
fn a_backlog_of_pictures_fills_the_hole() {
    let mut script = Script::ready();
    script.idr(1, 0);
    (1..25).for_each(|n| script.delta(1, 40 * n));
    script.lost(Leg::Video);
    script.leg(Leg::Video, None);
    (20..50).for_each(|n| script.delta(1, 40 * n));
    let timeline = script.build();
    let at: Vec<_> = timeline.video.frames.iter().map(|frame| frame.at.ms()).collect();
    assert_eq!(at, (0..50).map(|n| 40 * n).collect::<Vec<_>>());
    assert_eq!((timeline.counts.duplicates, timeline.gaps.len()), (5, 0));
}

#[test]
fn pictures_of_a_clock_that_jumped_back_are_left_out_where_others_were() {
    let mut script = Script::ready();
    script.idr(1, 0);
    (1..500).for_each(|n| script.delta(1, 40 * n));
    (100..600).for_each(|n| script.delta(1, 40 * n + 7));
    let timeline = script.build();
    let mut last = -1;
    for frame in &timeline.video.frames {
        assert!(frame.at.ms() > last);
        last = frame.at.ms();
    }
    assert_eq!(last, 599 * 40 + 7);
    assert_eq!(timeline.counts.overlapping, 399);
}

#[test]
fn a_picture_just_before_second_0_is_shown_at_second_0() {
    let mut script = Script::ready();
    script.idr(1, -40);
    script.delta(1, 0);
    script.delta(1, 40);
    let at: Vec<_> = script.build().video.frames.iter().map(|frame| frame.at.ms()).collect();
    assert_eq!(at, [0, 1, 40]);
}

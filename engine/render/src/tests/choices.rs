//! What is copied and what is composed.

use media::{Position, SourceTime, VideoCodec};
use model::{Locator, LossCause, VideoPlan, platform::Leg};
use timeline::{Builder, Gap, PictureFormat, Timeline, VideoFrame};
use video::h264::ParameterSets;

use crate::{VideoChoice, View, plan};

/// A timeline of 10 s whose camera sends 25 pictures a second, a key picture each second.
fn steady() -> Timeline {
    let mut timeline = Builder::new().build();
    timeline.origin = SourceTime::from_unix_ms(1_767_225_600_000);
    timeline.end = Position::from_ms(10_000);
    timeline.video.parameter_sets.push(format(1));
    timeline.video.frames = (0..250)
        .map(|n| VideoFrame {
            at: Position::from_ms(40 * n),
            source: 1,
            codec: VideoCodec::H264,
            key: n % 25 == 0,
            idr: n % 25 == 0,
            sets: 0,
            locator: Locator { segment: 1, offset: n as u64, len: 1 },
        })
        .collect();
    timeline
}

fn format(id: u8) -> PictureFormat {
    let sets = ParameterSets { sps: vec![0x67, id].into(), pps: vec![0x68, id].into() };
    PictureFormat { sets, width: 640, height: 360, reorders: false }
}

fn chosen(change: impl FnOnce(&mut Timeline)) -> (VideoChoice, VideoChoice) {
    let mut timeline = steady();
    change(&mut timeline);
    (plan(&timeline, VideoPlan::Auto, View::default()).video, plan(&timeline, VideoPlan::Copy, View::default()).video)
}

const BOTH: (VideoChoice, VideoChoice) = (VideoChoice::Copy, VideoChoice::Copy);
const ONLY_IF_ASKED: (VideoChoice, VideoChoice) = (VideoChoice::Compose, VideoChoice::Copy);
const NEVER: (VideoChoice, VideoChoice) = (VideoChoice::Compose, VideoChoice::Compose);

#[test]
fn one_steady_stream_is_copied() {
    assert_eq!(chosen(|_| ()), BOTH);
    assert_eq!(plan(&steady(), VideoPlan::Compose, View::default()).video, VideoChoice::Compose);
}

#[test]
fn a_camera_that_is_silent_for_more_than_2_s_anywhere_is_composed() {
    assert_eq!(chosen(|timeline| drop(timeline.video.frames.drain(100..149))), BOTH);
    assert_eq!(chosen(|timeline| drop(timeline.video.frames.drain(100..150))), ONLY_IF_ASKED);
    assert_eq!(chosen(|timeline| drop(timeline.video.frames.drain(..75))), ONLY_IF_ASKED);
    assert_eq!(chosen(|timeline| timeline.video.frames.truncate(190)), ONLY_IF_ASKED);
}

#[test]
fn a_stream_that_begins_or_switches_without_a_key_picture_is_composed() {
    assert_eq!(chosen(|timeline| drop(timeline.video.frames.drain(..1))), ONLY_IF_ASKED);
    assert_eq!(chosen(|timeline| timeline.video.frames[130..].iter_mut().for_each(|f| f.source = 2)), ONLY_IF_ASKED);
    assert_eq!(chosen(|timeline| timeline.video.frames[125..].iter_mut().for_each(|f| f.source = 2)), BOTH);
    let no_idr = |timeline: &mut Timeline| {
        timeline.video.frames[125..].iter_mut().for_each(|f| f.source = 2);
        timeline.video.frames[125].idr = false;
    };
    assert_eq!(chosen(no_idr), ONLY_IF_ASKED);
}

#[test]
fn a_stream_with_missing_pictures_is_copied_only_if_nothing_after_them_needs_them() {
    let without = |from: usize, to: usize| {
        chosen(|timeline| {
            let (start, end) = (timeline.video.frames[from].at, timeline.video.frames[to].at);
            timeline.video.frames.drain(from..to);
            timeline.gaps.push(Gap { kind: Leg::Video, start, end, cause: LossCause::Network });
        })
    };
    assert_eq!(without(110, 125), BOTH);
    assert_eq!(without(110, 130), ONLY_IF_ASKED);
}

#[test]
fn what_no_file_can_hold_is_never_copied() {
    assert_eq!(chosen(|timeline| timeline.video.parameter_sets.push(format(2))), NEVER);
    assert_eq!(chosen(|timeline| timeline.video.parameter_sets.clear()), NEVER);
    assert_eq!(chosen(|timeline| timeline.video.parameter_sets[0].reorders = true), NEVER);
    assert_eq!(chosen(|timeline| timeline.video.more_sets = true), NEVER);
    assert_eq!(chosen(|timeline| timeline.video.frames[7].codec = VideoCodec::Jpeg), NEVER);
    assert_eq!(chosen(|timeline| timeline.video.frames.iter_mut().for_each(|f| f.codec = VideoCodec::Png)), NEVER);
    assert_eq!(chosen(|timeline| timeline.video.frames.clear()), NEVER);
}

//! Shared screens are a track as cameras are, and several sources at once do not disturb each other.

use media::{TrackKind, VideoCodec};

use super::script::{PPS, SPS, Script, annexb};

const IDR: [&[u8]; 2] = [&[0x65, 0x88, 1], &[0x65, 0x44, 2]];
const DELTA: &[u8] = &[0x41, 0x9A, 3];

#[test]
fn a_screen_that_is_sent_as_h264_is_put_together_and_has_its_own_parameter_sets() {
    let mut script = Script::ready();
    script.idr(1, 0);
    let share = |script: &mut Script, at_ms: i64, units: &[&[u8]]| {
        script.media(TrackKind::Share, 9, at_ms, annexb(units));
    };
    let other = [PPS, &[0x55]].concat();
    share(&mut script, 500, &[SPS]);
    share(&mut script, 500, &[&other]);
    share(&mut script, 500, &[IDR[0]]);
    share(&mut script, 500, &[IDR[1]]);
    share(&mut script, 5_500, &[DELTA]);
    let timeline = script.build();
    let (cameras, screens) = (timeline.video, timeline.share);
    assert_eq!((cameras.frames.len(), cameras.parameter_sets.len()), (1, 1));
    let [first, second] = screens.frames[..] else { panic!("{screens:?}") };
    assert_eq!((first.at.ms(), first.source, first.key, first.idr), (500, 9, true, true));
    assert_eq!((second.at.ms(), second.key, second.sets), (5_500, false, first.sets));
    assert_eq!(screens.messages(&first).count(), 4);
    assert_eq!(screens.format_of(&first).unwrap().sets.pps, other);
    assert_eq!((cameras.damaged, screens.damaged), (0, 0));
}

#[test]
fn stills_of_a_screen_are_keys_and_what_shows_nothing_is_damaged() {
    let mut script = Script::ready();
    script.media(TrackKind::Share, 9, 0, vec![0xFF, 0xD8, 0xFF, 1]);
    script.media(TrackKind::Share, 9, 0, vec![0xFF, 0xD8, 0xFF, 1]);
    script.media(TrackKind::Share, 9, 1_000, b"\x89PNG\r\n\x1A\n".to_vec());
    script.media(TrackKind::Share, 9, 2_000, vec![1, 2, 3]);
    let timeline = script.build();
    let told: Vec<_> = timeline.share.frames.iter().map(|frame| (frame.codec, frame.key, frame.idr)).collect();
    assert_eq!(told, [(VideoCodec::Jpeg, true, true), (VideoCodec::Png, true, true)]);
    assert_eq!((timeline.share.damaged, timeline.counts.duplicates), (1, 1));
}

#[test]
fn cameras_that_are_sent_at_once_keep_their_own_parameter_sets() {
    let sets_of = |source: u8| [PPS, &[source]].concat();
    let mut script = Script::ready();
    for source in 1..=4_u8 {
        let (own, at_ms) = (sets_of(source), i64::from(source));
        script.media(TrackKind::Video, source.into(), at_ms, annexb(&[SPS, &own, IDR[0]]));
    }
    for n in 1..25 {
        for source in 1..=4 {
            script.delta(source, 40 * n + source);
        }
    }
    let track = script.build().video;
    assert_eq!((track.frames.len(), track.damaged), (100, 0));
    for frame in &track.frames {
        assert_eq!(track.format_of(frame).unwrap().sets.pps, sets_of(frame.source as u8), "{frame:?}");
    }
}

#[test]
fn a_message_before_a_picture_waits_for_the_picture_of_its_own_source() {
    let mut script = Script::ready();
    script.idr(2, 0);
    script.media(TrackKind::Video, 1, 10, annexb(&[SPS, PPS]));
    script.delta(2, 40);
    script.media(TrackKind::Video, 1, 50, annexb(&[IDR[0]]));
    let track = script.build().video;
    let messages: Vec<_> = track.frames.iter().map(|frame| (frame.source, track.messages(frame).count())).collect();
    assert_eq!(messages, [(2, 1), (2, 1), (1, 2)]);
}

#[test]
fn a_source_that_brought_no_parameter_sets_goes_on_with_those_of_the_stream() {
    let mut script = Script::ready();
    script.idr(1, 0);
    script.delta(2, 40);
    let track = script.build().video;
    assert_eq!(track.frames.iter().map(|frame| frame.sets).collect::<Vec<_>>(), [0, 0]);
}

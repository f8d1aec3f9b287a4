//! Pictures that come in several messages, and those that are not what was agreed.

use media::{TrackKind, VideoCodec};
use model::{Control, platform::Leg};

use super::script::{PPS, SPS, Script, annexb};
use crate::{Contradiction, VideoTrack};

/// First and second slice of an IDR picture, and of another one: `first_mb_in_slice` is 0 where the second byte begins with a set
/// bit.
const IDR: [&[u8]; 2] = [&[0x65, 0x88, 1], &[0x65, 0x44, 2]];
const DELTA: [&[u8]; 2] = [&[0x41, 0x9A, 3], &[0x41, 0x4A, 4]];
const SEI: &[u8] = &[6, 5, 1, 0x80];
const DELIMITER: &[u8] = &[9, 0xF0];

/// The messages that the script sends as video, in its order.
fn sent(script: &Script) -> Vec<Vec<u8>> {
    let media = script.lines.iter().filter_map(|(record, _)| match &record.entry {
        model::Entry::Media(frame) => Some(frame.payload.to_vec()),
        _ => None,
    });
    media.collect()
}

/// Each picture's moment, whether decoding may begin with it, and its bytes, joined from its messages.
fn joined(script: &Script) -> Vec<(i64, bool, Vec<u8>)> {
    let track = script.build().video;
    let payload = |locator: model::Locator| {
        let line = script.lines.iter().find(|(_, at)| *at == locator);
        let Some(model::Entry::Media(frame)) = line.map(|(record, _)| &record.entry) else { panic!("{locator:?}") };
        frame.payload.to_vec()
    };
    let bytes = |frame| track.messages(frame).flat_map(payload).collect();
    track.frames.iter().map(|frame| (frame.at.ms(), frame.key, bytes(frame))).collect()
}

fn video(script: &mut Script, source: i64, at_ms: i64, units: &[&[u8]]) {
    script.media(TrackKind::Video, source, at_ms, annexb(units));
}

#[test]
fn an_access_unit_over_two_messages_of_one_moment_is_one_picture() {
    let mut script = Script::ready();
    video(&mut script, 1, 0, &[SPS, PPS, IDR[0]]);
    video(&mut script, 1, 0, &[IDR[1]]);
    video(&mut script, 1, 40, &[DELTA[0]]);
    video(&mut script, 1, 40, &[DELTA[1]]);
    video(&mut script, 1, 80, &[DELTA[0], DELTA[1]]);
    let sent = sent(&script);
    assert_eq!(
        joined(&script),
        [
            (0, true, [&sent[0][..], &sent[1]].concat()),
            (40, false, [&sent[2][..], &sent[3]].concat()),
            (80, false, sent[4].clone())
        ]
    );
}

#[test]
fn an_access_unit_may_be_split_between_units_and_anywhere_in_its_slices() {
    let units = [DELIMITER, SPS, PPS, SEI, IDR[0], IDR[1]];
    let whole = annexb(&units);
    let between: Vec<usize> = (1..units.len()).map(|count| annexb(&units[..count]).len()).collect();
    // The first slice shows what it is by its header.
    let within = between[3] + 6..whole.len();
    for cut in between.into_iter().chain(within) {
        let mut script = Script::ready();
        script.media(TrackKind::Video, 1, 0, whole[..cut].to_vec());
        script.media(TrackKind::Video, 1, 0, whole[cut..].to_vec());
        script.delta(1, 40);
        let pictures = joined(&script);
        assert_eq!(pictures.len(), 2, "cut at {cut}: {pictures:?}");
        assert_eq!(pictures[0], (0, true, whole.clone()), "cut at {cut}");
        let track = script.build().video;
        assert_eq!((track.damaged, track.more_sets, track.parameter_sets.len()), (0, false, 1), "cut at {cut}");
    }
}

#[test]
fn sets_that_may_have_been_cut_are_not_relied_upon() {
    let whole = annexb(&[SPS, PPS, IDR[0]]);
    let mut script = Script::ready();
    // Within the last field of the sequence parameter set, which can be read without it.
    script.media(TrackKind::Video, 1, 0, whole[..SPS.len() + 2].to_vec());
    script.media(TrackKind::Video, 1, 0, whole[SPS.len() + 2..].to_vec());
    let track = script.build().video;
    assert_eq!((track.frames.len(), track.more_sets), (1, true));
    assert_eq!(joined(&script)[0].2, whole);
}

#[test]
fn pictures_of_two_people_at_one_moment_are_put_together_from_their_own_pieces() {
    let mut script = Script::ready();
    video(&mut script, 1, 0, &[SPS, PPS, IDR[0]]);
    video(&mut script, 2, 0, &[SPS, PPS, IDR[0], &[6, 9, 0x80]]);
    video(&mut script, 1, 0, &[IDR[1]]);
    video(&mut script, 2, 0, &[IDR[1], &[6, 9, 0x80]]);
    let sent = sent(&script);
    let bytes: Vec<_> = joined(&script).into_iter().map(|(_, _, bytes)| bytes).collect();
    assert_eq!(bytes, [[&sent[0][..], &sent[2]].concat(), [&sent[1][..], &sent[3]].concat()]);
}

#[test]
fn two_whole_pictures_of_one_moment_stay_two() {
    let mut script = Script::ready();
    video(&mut script, 1, 0, &[SPS, PPS, IDR[0]]);
    video(&mut script, 1, 0, &[DELTA[0]]);
    assert_eq!(joined(&script).len(), 2);
    // So does the rest of a picture whose beginning was stamped otherwise.
    video(&mut script, 1, 80, &[DELTA[1]]);
    assert_eq!(joined(&script).len(), 3);
}

#[test]
fn sets_and_messages_on_their_own_belong_to_the_next_picture() {
    for messages in [
        vec![vec![SPS, PPS]],
        vec![vec![SPS], vec![PPS]],
        vec![vec![DELIMITER], vec![SPS], vec![PPS], vec![SEI]],
        vec![vec![DELIMITER, SPS], vec![PPS, SEI]],
        vec![vec![PPS], vec![SPS]],
    ] {
        for picture in [IDR[0], DELTA[0]] {
            let mut script = Script::ready();
            for units in &messages {
                video(&mut script, 1, 0, units);
            }
            video(&mut script, 1, 7, &[picture]);
            video(&mut script, 1, 47, &[DELTA[0]]);
            let (pictures, track) = (joined(&script), script.build().video);
            let all = sent(&script)[..=messages.len()].concat();
            assert_eq!(pictures, [(7, true, all), (47, false, annexb(&[DELTA[0]]))]);
            assert_eq!((track.damaged, track.more_sets, track.parameter_sets.len()), (0, false, 1));
            assert_eq!((&track.parameter_sets[0].sets.sps[..], &track.parameter_sets[0].sets.pps[..]), (SPS, PPS));
        }
    }
}

#[test]
fn sets_may_come_half_before_and_half_in_the_picture() {
    let mut script = Script::ready();
    video(&mut script, 1, 0, &[SPS]);
    video(&mut script, 1, 0, &[PPS, IDR[0]]);
    let track = script.build().video;
    assert_eq!((track.frames.len(), track.parameter_sets.len(), track.damaged), (1, 1, 0));
    assert_eq!(joined(&script)[0].2, sent(&script).concat());
}

#[test]
fn different_sets_before_one_picture_are_noticed_and_a_change_between_pictures_is_a_new_format() {
    let other = [PPS, &[0x55]].concat();
    let mut script = Script::ready();
    for units in [[SPS], [PPS], [&other[..]], [IDR[0]]] {
        video(&mut script, 1, 0, &units);
    }
    assert!(script.build().video.more_sets);

    let mut script = Script::ready();
    for (at_ms, units) in
        [(0, [SPS]), (0, [PPS]), (0, [IDR[0]]), (40, [&other[..]]), (40, [IDR[0]]), (80, [PPS]), (80, [IDR[0]])]
    {
        video(&mut script, 1, at_ms, &units);
    }
    let track = script.build().video;
    let sets: Vec<u16> = track.frames.iter().map(|frame| frame.sets).collect();
    assert_eq!((sets, track.more_sets, track.parameter_sets.len()), (vec![0, 1, 0], false, 2));
}

#[test]
fn what_belongs_to_no_picture_is_counted_or_harmless() {
    let mut script = Script::ready();
    script.idr(1, 0);
    // The rest of a unit that was never begun, and an empty message.
    script.media(TrackKind::Video, 1, 40, vec![1, 2, 3]);
    script.media(TrackKind::Video, 1, 120, vec![]);
    // A delimiter at the end of the meeting.
    video(&mut script, 1, 160, &[DELIMITER]);
    let track = script.build().video;
    assert_eq!((track.frames.len(), track.damaged), (1, 2));
}

#[test]
fn a_flood_of_pieces_is_bounded() {
    let mut script = Script::ready();
    for n in 0..200_u8 {
        video(&mut script, 1, 0, &[&[6, n, 0x80]]);
    }
    video(&mut script, 1, 0, &[SPS, PPS, IDR[0]]);
    for n in 0..2_000_u16 {
        video(&mut script, 1, 0, &[&[IDR[1], &n.to_be_bytes(), &[0x80]].concat()]);
    }
    let track = script.build().video;
    assert_eq!(track.frames.len(), 1);
    assert_eq!(track.messages(&track.frames[0]).count(), 1_024);
    assert_eq!(track.damaged, 2_000 - (1_024 - 65));
}

#[test]
fn a_normal_stream_has_one_message_a_picture_and_no_table_of_them() {
    let mut script = Script::ready();
    script.idr(1, 0);
    (1..50).for_each(|n| script.delta(1, 40 * n));
    let track = script.build().video;
    assert!(track.split.is_empty());
    assert!(track.frames.iter().all(|frame| track.messages(frame).eq([frame.locator])));
}

#[test]
fn pictures_are_read_as_what_they_are_and_the_contradiction_is_told_once() {
    let mut script = Script::ready();
    script.idr(1, 0);
    for at_ms in [40, 80] {
        let found = VideoCodec::Jpeg;
        script.control(Control::Contradicted { leg: Leg::Video, agreed: VideoCodec::H264, found });
        script.media(TrackKind::Video, 1, at_ms, vec![0xFF, 0xD8, 0xFF, at_ms as u8]);
    }
    script.media(TrackKind::Video, 1, 120, b"\x89PNG\r\n\x1A\n".to_vec());
    script.delta(1, 160);
    let timeline = script.build();
    let codecs = |track: &VideoTrack| track.frames.iter().map(|frame| (frame.codec, frame.key)).collect::<Vec<_>>();
    let (h264, jpeg, png) = (VideoCodec::H264, VideoCodec::Jpeg, VideoCodec::Png);
    assert_eq!(codecs(&timeline.video), [(h264, true), (jpeg, true), (jpeg, true), (png, true), (h264, false)]);
    assert_eq!(timeline.video.damaged, 0);
    assert_eq!(timeline.contradictions, [Contradiction { leg: Leg::Video, agreed: h264, found: jpeg }]);
}

#[test]
fn stills_need_no_parameter_sets() {
    let mut script = Script::ready();
    script.media(TrackKind::Video, 1, 0, vec![0xFF, 0xD8, 0xFF]);
    let track = script.build().video;
    assert_eq!((track.frames.len(), track.damaged), (1, 0));
    assert_eq!(track.format_of(&track.frames[0]), None);
}

#[test]
fn pictures_before_the_first_key_picture_are_damaged_and_those_after_it_are_not() {
    let mut script = Script::ready();
    script.talk(7, 0, 60_000);
    (0..800).for_each(|n| script.delta(1, 40 * n));
    script.idr(1, 32_000);
    (801..1_000).for_each(|n| script.delta(1, 40 * n));
    let timeline = script.build();
    assert_eq!((timeline.video.frames.len(), timeline.video.damaged), (200, 800));
    assert_eq!(timeline.audio[0].frames.len(), 3_000);
}

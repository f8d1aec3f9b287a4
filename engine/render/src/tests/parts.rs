//! Where one participant's part ends and the next begins.

use media::{AudioCodec, SampleRate, TrackKind};
use model::{EventBody, ParticipantId};
use proptest::prelude::*;

use super::meeting::{Meeting, somebody};
use crate::{Part, parts};

/// 16 kHz L16 of 20 ms.
const PACKET: &[u8] = &[0; 640];

fn meeting() -> Meeting {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    meeting
}

fn talk(meeting: &mut Meeting, source: i64, from_ms: i64, to_ms: i64) {
    (from_ms..to_ms).step_by(20).for_each(|at_ms| meeting.media(TrackKind::Audio, source, at_ms, PACKET));
}

/// Who, from and to in milliseconds.
fn told(parts: &[Part]) -> Vec<(i64, i64, i64)> {
    parts.iter().map(|part| (part.who.map_or(0, |who| who.0), part.start.ms(), part.end.ms())).collect()
}

#[test]
fn a_pause_up_to_a_minute_stays_within_a_part_and_a_longer_one_begins_another() {
    let mut meeting = meeting();
    talk(&mut meeting, 7, 1_003, 2_003);
    talk(&mut meeting, 7, 62_003, 63_003);
    talk(&mut meeting, 7, 123_004, 124_004);
    meeting.end(130_000);
    assert_eq!(told(&parts(&meeting.timeline()).parts), [(7, 1_003, 63_003), (7, 123_004, 124_004)]);
}

#[test]
fn everybody_has_parts_of_their_own_ordered_by_start() {
    let mut meeting = meeting();
    talk(&mut meeting, 9, 500, 1_500);
    talk(&mut meeting, 7, 1_000, 2_000);
    // A mix of all is nobody's.
    talk(&mut meeting, 0, 0, 100);
    meeting.end(2_000);
    let parts = parts(&meeting.timeline());
    assert_eq!(told(&parts.parts), [(0, 0, 100), (9, 500, 1_500), (7, 1_000, 2_000)]);
    assert_eq!((parts.parts[0].who, parts.left_out), (None, 0));
}

#[test]
fn who_comes_back_under_the_same_number_begins_another_part() {
    let joined = |meeting: &mut Meeting, at_ms| {
        meeting.event(at_ms, EventBody::Joined { participant: somebody(7, "Ada") });
    };
    let with = |left: bool| {
        let mut meeting = meeting();
        joined(&mut meeting, 0);
        talk(&mut meeting, 7, 1_000, 2_000);
        if left {
            meeting.event(3_000, EventBody::Left { id: ParticipantId(7) });
        }
        joined(&mut meeting, 4_000);
        talk(&mut meeting, 7, 5_000, 6_000);
        talk(&mut meeting, 7, 7_000, 8_000);
        meeting.end(9_000);
        told(&parts(&meeting.timeline()).parts)
    };
    assert_eq!(with(true), [(7, 1_000, 2_000), (7, 5_000, 8_000)]);
    // The negative control: to be named again is not to come back.
    assert_eq!(with(false), [(7, 1_000, 8_000)]);
}

#[test]
fn another_format_begins_another_part() {
    let mut meeting = meeting();
    talk(&mut meeting, 7, 0, 1_000);
    meeting.audio(AudioCodec::Opus, SampleRate::HZ_48000);
    talk(&mut meeting, 7, 1_000, 2_000);
    meeting.end(3_000);
    let parts = parts(&meeting.timeline()).parts;
    assert_eq!(told(&parts), [(7, 0, 1_000), (7, 1_000, 2_000)]);
    assert_eq!(parts.iter().map(|part| part.format.codec).collect::<Vec<_>>(), [AudioCodec::L16, AudioCodec::Opus]);
}

#[test]
fn a_list_has_a_thousand_parts_and_says_how_many_more_there_would_be() {
    let mut meeting = meeting();
    for source in 1..=1_003 {
        talk(&mut meeting, source, 20 * source, 20 * source + 20);
    }
    meeting.end(30_000);
    let timeline = meeting.timeline();
    let parts = parts(&timeline);
    assert_eq!((parts.parts.len(), parts.left_out), (1_000, 3));
    assert_eq!(told(&parts.parts)[999].0, 1_000, "those that begin first stay");
    let sound = crate::SoundOutcome { left_out_parts: 3, ..crate::SoundOutcome::default() };
    let report = crate::quality(&timeline, None, &sound, &[]);
    assert_eq!(report.grade, model::Grade::Partial);
    assert!(report.remarks.iter().any(|remark| remark.starts_with("3 parts")), "{:?}", report.remarks);
}

proptest! {
    #[test]
    fn every_packet_is_in_one_part_and_parts_of_one_person_do_not_overlap(
        spurts in prop::collection::vec((1..4_i64, 0..400_000_i64, 1..40_i64), 1..40),
    ) {
        let mut meeting = meeting();
        for (source, from_ms, packets) in spurts {
            talk(&mut meeting, source, from_ms, from_ms + 20 * packets);
        }
        meeting.end(500_000);
        let timeline = meeting.timeline();
        let parts = parts(&timeline).parts;
        let sent: usize = timeline.audio.iter().map(|track| track.frames.len()).sum();
        prop_assert_eq!(parts.iter().map(Part::packets).sum::<usize>(), sent);
        for (n, part) in parts.iter().enumerate() {
            prop_assert!(part.start < part.end && part.end <= timeline.end);
            let later = parts[n + 1..].iter().filter(|later| later.who == part.who);
            // At most the rest of a packet that is still played.
            prop_assert!(later.into_iter().all(|later| later.start.micros_since(part.end) > -20_000));
        }
    }
}

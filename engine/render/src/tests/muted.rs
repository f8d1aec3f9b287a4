//! Stretches in which somebody sent nothing, told by that alone.

use media::{AudioCodec, SampleRate, SourceTime, TrackKind};
use model::{Control, DropReason, EventBody, Grade, LossCause, ParticipantId, platform::Leg};
use schema::document::{GapCause, Quality};

use super::{
    ledger::talk,
    meeting::{Meeting, ZERO, somebody},
};
use crate::{SoundOutcome, quality};

/// A meeting of ten seconds in which 7 talks all the time.
fn meeting(happens: impl FnOnce(&mut Meeting)) -> Quality {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    meeting.event(0, EventBody::Joined { participant: somebody(7, "Ada") });
    talk(&mut meeting, 7, 0, 10_000);
    happens(&mut meeting);
    meeting.end(10_000);
    quality(&meeting.timeline(), None, &SoundOutcome::default(), &[])
}

/// The muted stretches of a report, in milliseconds.
fn muted(report: &Quality) -> Vec<(&str, i64, i64)> {
    let muted = report.gaps.iter().filter(|gap| gap.cause == GapCause::Muted);
    muted.map(|gap| (gap.track.as_str(), gap.start.ms(), gap.end.ms())).collect()
}

#[test]
fn whoever_sends_nothing_while_he_is_there_is_muted_once_for_each_stretch_and_nothing_is_missing() {
    let report = meeting(|meeting| {
        meeting.event(1_000, EventBody::Joined { participant: somebody(8, "Grace") });
        talk(meeting, 8, 2_000, 4_000);
        talk(meeting, 8, 5_000, 6_000);
        meeting.event(8_000, EventBody::Left { id: ParticipantId(8) });
    });
    let expected = [("audio/8", 1_000, 2_000), ("audio/8", 4_000, 5_000), ("audio/8", 6_000, 8_000)];
    assert_eq!(muted(&report), expected);
    assert_eq!((report.grade, report.gaps.len()), (Grade::Complete, 3));
}

#[test]
fn nobody_is_muted_who_talks_all_the_time_or_pauses_for_less_than_half_a_second() {
    assert_eq!(muted(&meeting(|_| {})), []);
    let report = meeting(|meeting| {
        meeting.event(0, EventBody::Joined { participant: somebody(8, "Grace") });
        talk(meeting, 8, 0, 4_000);
        talk(meeting, 8, 4_480, 10_000);
    });
    assert_eq!(muted(&report), []);
}

#[test]
fn whoever_comes_back_under_his_number_was_away_and_not_muted_and_whoever_was_never_announced_is_there_once_heard() {
    let report = meeting(|meeting| {
        meeting.event(0, EventBody::Joined { participant: somebody(8, "Grace") });
        talk(meeting, 8, 0, 3_000);
        meeting.event(3_000, EventBody::Left { id: ParticipantId(8) });
        meeting.event(6_000, EventBody::Joined { participant: somebody(8, "Grace") });
        talk(meeting, 8, 7_000, 10_000);
        talk(meeting, 9, 4_000, 5_000);
    });
    assert_eq!(muted(&report), [("audio/9", 5_000, 10_000), ("audio/8", 6_000, 7_000)], "by their begin");
}

#[test]
fn what_is_missing_or_was_paused_is_not_muted() {
    let at = |ms| SourceTime::from_unix_ms(ZERO + ms);
    let report = meeting(|meeting| {
        meeting.event(0, EventBody::Joined { participant: somebody(8, "Grace") });
        talk(meeting, 8, 0, 2_000);
        meeting.control(Control::Dropped {
            kind: TrackKind::Audio,
            frames: 100,
            from: at(2_000),
            to: at(3_980),
            cause: LossCause::Ours,
            reason: DropReason::Buffer,
        });
        talk(meeting, 8, 5_000, 10_000);
    });
    assert_eq!(muted(&report), [("audio/8", 4_000, 5_000)]);
    assert_eq!(report.grade, Grade::Partial);
    let declared = report.gaps.iter().find(|gap| gap.track == Leg::Audio.name()).expect("what was dropped is declared");
    assert_eq!(declared.cause, GapCause::Lost(LossCause::Ours));
}

#[test]
fn a_mix_in_which_nobody_is_heard_is_muted_for_everybody() {
    let mut meeting = Meeting::new();
    meeting.audio(AudioCodec::L16, SampleRate::HZ_16000);
    talk(&mut meeting, 0, 1_000, 2_000);
    meeting.end(4_000);
    let report = quality(&meeting.timeline(), None, &SoundOutcome::default(), &[]);
    assert_eq!(muted(&report), [("audio/0", 0, 1_000), ("audio/0", 2_000, 4_000)]);
}

//! Scripts of packets and active speakers.

use super::*;
use proptest::{collection::vec, prelude::*};

const ADA: ParticipantId = ParticipantId(16_778_240);
const BOB: ParticipantId = ParticipantId(16_779_264);
const CY: ParticipantId = ParticipantId(16_780_288);

/// Somebody's packets of 20 ms from one millisecond to another.
fn packets(who: Option<ParticipantId>, from_ms: i64, to_ms: i64, loudness: Loudness) -> Vec<Input> {
    (from_ms..to_ms).step_by(20).map(|at_ms| Input::Packet(who, at_ms, loudness)).collect()
}

#[derive(Clone, Copy, Debug)]
enum Input {
    Packet(Option<ParticipantId>, i64, Loudness),
    Active(ParticipantId, i64),
    Left(ParticipantId, i64),
}

impl Input {
    fn at_ms(self) -> i64 {
        match self {
            Self::Packet(_, at_ms, _) | Self::Active(_, at_ms) | Self::Left(_, at_ms) => at_ms,
        }
    }

    fn enter(self, speaking: &mut Speaking) {
        let at = Position::from_ms(self.at_ms());
        match self {
            Self::Packet(who, _, loudness) => speaking.handle_packet(who, at, at.plus_ms(20), loudness),
            Self::Active(who, _) => speaking.handle_active_speaker(who, at),
            Self::Left(who, _) => speaking.handle_left(who, at),
        }
    }
}

/// Who spoke from when to when, in milliseconds.
fn spoken(scripts: &[Vec<Input>]) -> Vec<(ParticipantId, i64, i64)> {
    let mut inputs: Vec<Input> = scripts.concat();
    // What is said of a moment is known before its sound is.
    inputs.sort_by_key(|input| (input.at_ms(), matches!(input, Input::Packet(..))));
    let mut speaking = Speaking::new();
    let mut begun = BTreeMap::new();
    let mut spans = Vec::new();
    let mut drain = |speaking: &mut Speaking| {
        while let Some(change) = speaking.poll_output() {
            if change.speaks {
                assert_eq!(begun.insert(change.who, change.at), None, "begun twice");
            } else {
                let start: Position = begun.remove(&change.who).expect("begun before it is over");
                spans.push((change.who, start.ms(), change.at.ms()));
            }
        }
    };
    for input in inputs {
        input.enter(&mut speaking);
        drain(&mut speaking);
    }
    speaking.handle_timeout(Position::from_micros(i64::MAX));
    drain(&mut speaking);
    assert_eq!(speaking.poll_timeout(), None);
    spans.sort_by_key(|span| (span.1, span.0));
    spans
}

#[test]
fn loud_packets_are_speech_and_quiet_ones_cut_it_whoever_is_active() {
    let script = [
        packets(Some(ADA), 0, 1_000, Loudness::Quiet),
        packets(Some(ADA), 1_000, 2_000, Loudness::Loud),
        packets(Some(ADA), 2_000, 3_000, Loudness::Quiet),
        vec![Input::Active(BOB, 0)],
    ];
    assert_eq!(spoken(&script), [(ADA, 1_000, 2_000)]);
}

#[test]
fn faint_packets_neither_begin_speech_nor_end_it() {
    let script = [
        packets(Some(ADA), 0, 1_000, Loudness::Faint),
        packets(Some(ADA), 1_000, 1_500, Loudness::Loud),
        packets(Some(ADA), 1_500, 2_500, Loudness::Faint),
        packets(Some(ADA), 2_500, 2_900, Loudness::Quiet),
        packets(Some(ADA), 2_900, 4_000, Loudness::Faint),
    ];
    assert_eq!(spoken(&script), [(ADA, 1_000, 2_500)]);
}

#[test]
fn pauses_below_300_ms_are_joined_and_longer_ones_are_not() {
    let script = |pause_ms: i64| {
        [
            packets(Some(ADA), 0, 1_000, Loudness::Loud),
            packets(Some(ADA), 1_000, 1_000 + pause_ms, Loudness::Quiet),
            packets(Some(ADA), 1_000 + pause_ms, 3_000, Loudness::Loud),
        ]
    };
    assert_eq!(spoken(&script(280)), [(ADA, 0, 3_000)]);
    assert_eq!(spoken(&script(300)), [(ADA, 0, 1_000), (ADA, 1_300, 3_000)]);
}

#[test]
fn a_click_is_no_speech_and_a_short_word_is_told_from_its_begin() {
    let click = [packets(Some(ADA), 0, 40, Loudness::Loud), packets(Some(ADA), 2_000, 2_040, Loudness::Loud)];
    assert_eq!(spoken(&click), []);
    assert_eq!(spoken(&[packets(Some(ADA), 100, 160, Loudness::Loud)]), [(ADA, 100, 160)]);
}

#[test]
fn sound_that_nobody_measured_is_speech_while_nobody_is_preferred() {
    let both = [packets(Some(ADA), 0, 1_000, Loudness::Unknown), packets(Some(BOB), 500, 2_000, Loudness::Unknown)];
    assert_eq!(spoken(&both), [(ADA, 0, 1_000), (BOB, 500, 2_000)]);
}

#[test]
fn of_several_open_microphones_that_nobody_measured_the_active_speakers_counts() {
    let open = [
        packets(Some(ADA), 0, 10_000, Loudness::Unknown),
        packets(Some(BOB), 0, 10_000, Loudness::Unknown),
        vec![Input::Active(ADA, 0), Input::Active(BOB, 4_000), Input::Active(ADA, 7_000)],
    ];
    assert_eq!(spoken(&open), [(ADA, 0, 4_000), (BOB, 4_000, 7_000), (ADA, 7_000, 10_000)]);
}

#[test]
fn an_active_speaker_whose_sound_is_not_there_takes_nothing_from_whoever_is_heard() {
    let script = [
        packets(Some(ADA), 0, 1_000, Loudness::Unknown),
        packets(Some(BOB), 2_000, 4_000, Loudness::Unknown),
        vec![Input::Active(ADA, 0)],
    ];
    assert_eq!(spoken(&script), [(ADA, 0, 1_000), (BOB, 2_000, 4_000)]);
}

#[test]
fn an_open_microphone_does_not_speak_while_the_next_speaker_is_not_named_yet() {
    let script = [
        packets(Some(ADA), 0, 9_000, Loudness::Unknown),
        packets(Some(BOB), 1_000, 4_000, Loudness::Unknown),
        packets(Some(CY), 4_100, 6_000, Loudness::Unknown),
        vec![Input::Active(BOB, 0), Input::Active(CY, 4_500)],
    ];
    // Cy, whose microphone opens, does.
    assert_eq!(spoken(&script), [(ADA, 0, 1_020), (BOB, 1_000, 4_000), (CY, 4_100, 6_000), (ADA, 7_020, 9_000)]);
}

#[test]
fn what_is_measured_does_not_compete_with_what_is_not() {
    let script = [
        packets(Some(ADA), 0, 2_000, Loudness::Loud),
        packets(Some(BOB), 0, 2_000, Loudness::Unknown),
        vec![Input::Active(ADA, 0)],
    ];
    assert_eq!(spoken(&script), [(ADA, 0, 2_000), (BOB, 0, 2_000)]);
}

#[test]
fn a_mix_is_the_voice_of_the_active_speaker_and_nobodys_without_one() {
    let script = [
        packets(None, 0, 3_000, Loudness::Loud),
        packets(None, 3_000, 4_000, Loudness::Quiet),
        packets(None, 4_000, 6_000, Loudness::Loud),
        vec![Input::Active(ADA, 1_000), Input::Active(BOB, 2_000), Input::Left(BOB, 5_000)],
    ];
    assert_eq!(spoken(&script), [(ADA, 1_000, 2_000), (BOB, 2_000, 3_000), (BOB, 4_000, 5_000)]);
}

fn input() -> impl Strategy<Value = Input> {
    let who = prop_oneof![Just(ADA), Just(BOB)];
    let loudness =
        prop_oneof![Just(Loudness::Unknown), Just(Loudness::Quiet), Just(Loudness::Faint), Just(Loudness::Loud)];
    prop_oneof![
        8 => (proptest::option::of(who.clone()), 0..20_000_i64, loudness)
            .prop_map(|(who, at_ms, loudness)| Input::Packet(who, at_ms, loudness)),
        1 => (who.clone(), 0..20_000_i64).prop_map(|(who, at_ms)| Input::Active(who, at_ms)),
        1 => (who, 0..20_000_i64).prop_map(|(who, at_ms)| Input::Left(who, at_ms)),
    ]
}

proptest! {
    #[test]
    fn speech_lies_where_sound_is_and_its_turns_are_apart(script in vec(input(), 0..400)) {
        let spans = spoken(std::slice::from_ref(&script));
        for (who, from_ms, to_ms) in &spans {
            prop_assert!(to_ms - from_ms >= 20);
            let is_edge = |at: &dyn Fn(i64) -> bool| script.iter().any(|input| match input {
                Input::Packet(of, at_ms, _) => of.is_none_or(|of| of == *who) && at(*at_ms),
                _ => false,
            });
            prop_assert!(is_edge(&|at_ms| at_ms == *from_ms) && is_edge(&|at_ms| at_ms + 20 == *to_ms));
        }
        for (who, from_ms, to_ms) in &spans {
            let others = spans.iter().filter(|(of, from, _)| of == who && from > from_ms);
            prop_assert!(others.clone().all(|(_, from, _)| from - to_ms >= 300));
        }
    }
}

//! What is declared of a log that cannot be read as a whole.

use std::ops::Range;

use media::SourceTime;
use model::{LossCause, platform::Leg};

use super::{
    kinds::said,
    script::{Script, ZERO},
};
use crate::{Builder, Timeline};

/// Ten seconds of sound and pictures.
fn meeting() -> Script {
    let mut script = Script::ready();
    script.live(0, 10_000, 0);
    script.ended(Some(10_000));
    script
}

/// The timeline of what did not arrive in these milliseconds of the meeting; `parts` are told to be unreadable.
fn without(script: &Script, arrived_ms: Range<i64>, parts: u64) -> Timeline {
    let mut builder = Builder::new();
    builder.tell_origin(SourceTime::from_unix_ms(ZERO));
    let mut is_told = false;
    for (record, locator) in &script.lines {
        if arrived_ms.contains(&((record.arrived_unix_ns / 1_000_000) as i64 - ZERO)) {
            if parts > 0 && !std::mem::replace(&mut is_told, true) {
                builder.note_unreadable(parts);
            }
        } else {
            builder.push(record, *locator);
        }
    }
    builder.build()
}

/// What is missing: kind, start and end in milliseconds. The fault must be ours.
fn gaps(timeline: &Timeline) -> Vec<(Leg, i64, i64)> {
    assert!(timeline.gaps.iter().all(|gap| gap.cause == LossCause::Ours), "{:?}", timeline.gaps);
    timeline.gaps.iter().map(|gap| (gap.kind, gap.start.ms(), gap.end.ms())).collect()
}

#[test]
fn what_cannot_be_read_in_the_middle_is_a_gap_of_what_flows() {
    let timeline = without(&meeting(), 3_000..5_000, 2);
    assert_eq!(gaps(&timeline), [(Leg::Audio, 2_960, 4_960), (Leg::Video, 2_960, 4_960)]);
    assert_eq!(timeline.counts.unreadable, 2);
}

/// The control: whoever does not tell leaves a hole that nobody knows of.
#[test]
fn what_nobody_noted_is_no_gap() {
    assert_eq!(gaps(&without(&meeting(), 3_000..5_000, 0)), []);
}

#[test]
fn a_log_that_lost_its_beginning_still_begins_at_the_second_0_that_was_told() {
    let timeline = without(&meeting(), 0..4_000, 1);
    assert_eq!(timeline.origin.unix_ms(), ZERO);
    // Pictures begin where decoding may.
    assert_eq!(gaps(&timeline), [(Leg::Audio, 0, 3_960), (Leg::Video, 0, 4_000)]);
}

/// What a connection of text was ready for is in the part that cannot be read; what it brought later tells that it was there.
#[test]
fn words_that_came_later_tell_that_words_are_missing_too() {
    let mut script = meeting();
    script.event(9_000, said(9_000));
    let timeline = without(&script, 0..4_000, 1);
    let kinds: Vec<Leg> = gaps(&timeline).into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, [Leg::Audio, Leg::Video, Leg::Transcript]);
}

#[test]
fn second_0_as_it_was_told_counts_for_nothing_while_the_beginning_can_be_read() {
    let mut script = Script::new();
    script.live(2_000, 4_000, 0);
    assert_eq!(without(&script, 0..0, 0).origin.unix_ms(), ZERO + 2_000);
}

#[test]
fn a_log_that_lost_its_end_has_a_gap_up_to_where_anything_ends() {
    let mut script = meeting();
    script.arrived_ms = (ZERO + 12_000) as u64;
    script.ended(Some(10_000));
    let timeline = without(&script, 7_000..11_000, 1);
    assert_eq!(gaps(&timeline), [(Leg::Audio, 6_960, 10_000), (Leg::Video, 6_960, 10_000)]);
}

#[test]
fn of_what_nobody_sent_there_and_of_kinds_that_never_came_little_or_nothing_is_declared() {
    let mut script = Script::ready();
    script.talk(7, 0, 1_000);
    (0..250).for_each(|n| {
        script.wait_until(40 * n);
        if n == 0 { script.idr(1, 0) } else { script.delta(1, 40 * n) }
    });
    script.talk(7, 9_000, 10_000);
    let timeline = without(&script, 5_000..6_000, 1);
    let found = gaps(&timeline);
    assert_eq!(found.len(), 2, "{found:?}");
    let (_, start, end) = found[0];
    assert!(found[0].0 == Leg::Audio && (4_300..5_000).contains(&start) && (5_900..6_100).contains(&end), "{found:?}");
}

#[test]
fn two_stretches_with_nothing_between_them_are_one() {
    let script = meeting();
    let mut builder = Builder::new();
    for (number, (record, locator)) in script.lines.iter().enumerate() {
        match number {
            100 | 101 => builder.note_unreadable(1),
            102..200 => {}
            _ => builder.push(record, *locator),
        }
    }
    let timeline = builder.build();
    assert_eq!((timeline.counts.unreadable, timeline.gaps.len()), (2, 2), "{:?}", timeline.gaps);
}

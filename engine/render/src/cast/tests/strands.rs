//! Which pictures of a source follow each other.

use model::platform::Leg;

use super::script::Script;
use crate::cast::strands;

/// Of each picture of a source whether it is cut off from the one before, and whether it can be shown.
fn strips(script: &Script, source: i64) -> Vec<(bool, bool)> {
    strips_of(Leg::Video, script, source)
}

fn strips_of(kind: Leg, script: &Script, source: i64) -> Vec<(bool, bool)> {
    let strands = strands(&script.timeline, kind);
    strands[&source].iter().map(|strip| (strip.cut, strip.shows)).collect()
}

const FIRST: (bool, bool) = (true, true);
const NEXT: (bool, bool) = (false, true);
const LOST: (bool, bool) = (true, false);
const BLIND: (bool, bool) = (false, false);

#[test]
fn who_comes_back_after_another_needs_a_key_picture() {
    let script = Script::new(9_000).films(1, 0, 120).films(2, 120, 600).picture(Leg::Video, 1, 600, false);
    let script = script.picture(Leg::Video, 1, 640, false).picture(Leg::Video, 1, 680, true);
    let script = script.picture(Leg::Video, 1, 720, false);
    assert_eq!(strips(&script, 1), [FIRST, NEXT, NEXT, LOST, BLIND, NEXT, NEXT]);
}

#[test]
fn cameras_that_are_sent_at_once_do_not_cut_each_other_off() {
    let script = (1..=4).fold(Script::new(9_000), |script, who| script.films(who, who, 1_000));
    for who in 1..=4 {
        assert_eq!(strips(&script, who), [&[FIRST][..], &[NEXT; 24]].concat());
    }
}

#[test]
fn a_pause_alone_cuts_nothing_off_and_a_gap_does() {
    let script = |gap: bool| {
        let script = Script::new(9_000).films(1, 0, 80).picture(Leg::Video, 1, 5_000, false);
        if gap { script.gap(Leg::Video, 2_000, 3_000) } else { script.gap(Leg::Share, 2_000, 3_000) }
    };
    assert_eq!(strips(&script(false), 1), [FIRST, NEXT, NEXT]);
    assert_eq!(strips(&script(true), 1), [FIRST, NEXT, LOST]);
}

#[test]
fn screens_with_few_pictures_that_are_shared_at_once_do_not_cut_each_other_off() {
    let shared = |kind| {
        let first = Script::new(9_000).picture(kind, 1, 0, true).picture(kind, 1, 500, false);
        (1..=6).fold(first, |script, n| {
            script.picture(kind, 2, 500 * n + 100, n == 1).picture(kind, 1, 500 * n + 500, false)
        })
    };
    assert_eq!(strips_of(Leg::Share, &shared(Leg::Share), 1), [&[FIRST][..], &[NEXT; 7]].concat());
    // Of cameras the platform chooses one: whoever was away missed pictures.
    assert_eq!(strips(&shared(Leg::Video), 1)[..3], [FIRST, NEXT, LOST]);
    let long = shared(Leg::Share).picture(Leg::Share, 2, 4_000, false).picture(Leg::Share, 1, 6_000, false);
    assert_eq!(strips_of(Leg::Share, &long, 1).last(), Some(&LOST));
}

//! Which pictures of a source follow each other.

use model::platform::Leg;

use super::script::Script;
use crate::cast::strands;

/// Of each picture of a source whether it is cut off from the one before, and whether it can be shown.
fn strips(script: &Script, source: i64) -> Vec<(bool, bool)> {
    let strands = strands(&script.timeline, Leg::Video);
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

//! When a shared screen is on.

use model::{EventBody, platform::Leg};

use super::script::Script;
use crate::cast::screens;

/// Whose screen is on from where, 0 for nobody's.
fn on(script: &Script) -> Vec<(i64, i64)> {
    screens(&script.timeline).into_iter().map(|(at, who)| (at.ms(), who.unwrap_or(0))).collect()
}

#[test]
fn a_slide_stays_until_its_share_ends_or_whoever_shares_leaves() {
    let script = || Script::new(90_000).sharing(1_000, 7, true).slide(7, 1_500).slide(7, 30_000);
    assert_eq!(on(&script().sharing(60_000, 7, false)), [(1_500, 7), (60_000, 0)]);
    assert_eq!(on(&script().leaves(50_000, 7)), [(1_500, 7), (50_000, 0)]);
    assert_eq!(on(&script().leaves(50_000, 8)), [(1_500, 7), (90_000, 0)]);
    assert_eq!(on(&script().event(40_000, EventBody::ShareOff { id: None })), [(1_500, 7), (40_000, 0)]);
}

#[test]
fn a_share_begins_anew_with_pictures_of_its_own() {
    let script = Script::new(90_000).slide(7, 1_000).sharing(5_000, 7, false).sharing(9_000, 7, true).slide(7, 12_000);
    assert_eq!(on(&script.sharing(20_000, 7, false)), [(1_000, 7), (5_000, 0), (12_000, 7), (20_000, 0)]);
}

#[test]
fn pictures_that_straggle_behind_the_end_begin_no_share() {
    let script = |at: i64| Script::new(90_000).slide(7, 1_000).sharing(5_000, 7, false).slide(7, at);
    assert_eq!(on(&script(5_900)), [(1_000, 7), (5_000, 0)]);
    assert_eq!(on(&script(6_100)), [(1_000, 7), (5_000, 0), (6_100, 7), (90_000, 0)]);
    // One that was announced is no straggler.
    assert_eq!(on(&script(5_900).sharing(5_800, 7, true)), [(1_000, 7), (5_000, 0), (5_900, 7), (90_000, 0)]);
}

#[test]
fn of_two_screens_the_later_one_is_on() {
    let script = Script::new(90_000).slide(7, 1_000).slide(8, 4_000).slide(7, 5_000).sharing(9_000, 8, false);
    assert_eq!(on(&script.sharing(20_000, 7, false)), [(1_000, 7), (4_000, 8), (9_000, 7), (20_000, 0)]);
}

#[test]
fn a_slide_is_not_looked_at_for_more_than_two_seconds_of_a_gap() {
    let script = |from: i64, to: i64| Script::new(90_000).slide(7, 1_000).slide(7, 30_000).gap(Leg::Share, from, to);
    assert_eq!(on(&script(10_000, 15_000)), [(1_000, 7), (12_000, 0), (30_000, 7), (90_000, 0)]);
    assert_eq!(on(&script(10_000, 11_900)), [(1_000, 7), (90_000, 0)]);
    // A picture in the gap is worth two seconds of it.
    assert_eq!(on(&script(500, 6_000)), [(1_000, 7), (3_000, 0), (30_000, 7), (90_000, 0)]);
}

#[test]
fn a_share_whose_end_nobody_tells_is_over_ten_seconds_later_if_cameras_go_on() {
    let script = || Script::new(90_000).slide(7, 1_000);
    assert_eq!(on(&script()), [(1_000, 7), (90_000, 0)]);
    assert_eq!(on(&script().films(1, 0, 9_000)), [(1_000, 7), (90_000, 0)]);
    assert_eq!(on(&script().films(1, 0, 20_000)), [(1_000, 7), (11_000, 0)]);
    assert_eq!(on(&script().films(1, 40_000, 41_000)), [(1_000, 7), (40_000, 0)]);
    // It is the last picture that counts.
    assert_eq!(on(&script().films(1, 0, 60_000).slide(7, 35_000)), [(1_000, 7), (45_000, 0)]);
}

#[test]
fn a_screen_without_a_key_picture_or_without_any_is_not_on() {
    let script = Script::new(90_000).sharing(1_000, 7, true).picture(Leg::Share, 7, 2_000, false);
    assert_eq!(on(&script), []);
    let script = script.picture(Leg::Share, 7, 4_000, true).picture(Leg::Share, 7, 9_000, false);
    assert_eq!(on(&script.sharing(12_000, 7, false)), [(4_000, 7), (12_000, 0)]);
}

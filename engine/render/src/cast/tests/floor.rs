//! Who has the word.

use model::ParticipantId;

use super::{super::floor::floor, script::Script};

fn given(script: &Script) -> Vec<(i64, i64)> {
    let given = floor(&script.timeline).into_iter();
    given.map(|(at, who)| (at / 1_000, who.map_or(0, |ParticipantId(who)| who))).collect()
}

#[test]
fn the_word_passes_after_a_second_and_a_half_of_dominance_and_two_seconds_of_having_it() {
    let script = Script::new(20_000).speaks(1, 1_000, 4_000).speaks(2, 5_000, 8_000);
    assert_eq!(given(&script), [(1_000, 1), (6_500, 2)]);
    // Too short to dominate.
    let script = Script::new(20_000).speaks(1, 1_000, 4_000).speaks(2, 5_000, 6_400).speaks(1, 6_500, 9_000);
    assert_eq!(given(&script), [(1_000, 1)]);
    // The word was not had for long enough.
    let script = Script::new(20_000).speaks(1, 1_000, 1_200).speaks(2, 1_300, 9_000);
    assert_eq!(given(&script), [(1_000, 1), (3_000, 2)]);
}

#[test]
fn dominance_is_lost_with_a_pause() {
    let script = Script::new(20_000).speaks(1, 0, 4_000).speaks(2, 5_000, 6_000).speaks(2, 6_400, 7_800);
    assert_eq!(given(&script), [(0, 1)]);
}

#[test]
fn nobody_speaking_keeps_the_last_and_who_leaves_gives_it_back() {
    let script = Script::new(90_000).speaks(1, 0, 1_000).leaves(60_000, 1).speaks(2, 70_000, 70_100);
    assert_eq!(given(&script), [(0, 1), (60_000, 0), (70_000, 2)]);
}

#[test]
fn of_several_who_speak_the_platform_names_one_and_else_the_word_stays() {
    let both = || Script::new(20_000).speaks(1, 0, 15_000).speaks(2, 3_000, 15_000);
    assert_eq!(given(&both()), [(0, 1)]);
    assert_eq!(given(&both().named(6_000, 2)), [(0, 1), (7_500, 2)]);
    assert_eq!(given(&both().named(6_000, 2).named(7_400, 1)), [(0, 1)]);
    // Whom it names has to speak.
    assert_eq!(given(&both().named(6_000, 3)), [(0, 1)]);
}

#[test]
fn without_sound_of_each_the_platforms_word_is_all_there_is() {
    let script = Script::new(20_000).named(1_000, 1).named(8_000, 2).named(9_000, 1).named(12_000, 2);
    assert_eq!(given(&script), [(1_000, 1), (13_500, 2)]);
}

#[test]
fn who_leaves_while_still_heard_does_not_get_the_word_back() {
    let script = Script::new(90_000).speaks(1, 0, 10_000).leaves(6_000, 1).speaks(2, 70_000, 70_100);
    assert_eq!(given(&script), [(0, 1), (6_000, 0), (70_000, 2)]);
}

#[test]
fn what_happened_before_second_0_counts_in_its_own_order() {
    let script = Script::new(20_000).named(-9_000, 1).leaves(-5_000, 1).named(4_000, 2);
    assert_eq!(given(&script), [(4_000, 2)]);
}

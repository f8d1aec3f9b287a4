//! Who has a tile in the galleries.

use model::{BesideShare, Layout};

use super::script::Script;

fn everybody(script: &Script) -> Vec<(i64, Vec<i64>)> {
    script.alone(Layout::GalleryViewV2)
}

fn with_cameras(script: &Script) -> Vec<(i64, Vec<i64>)> {
    script.alone(Layout::GalleryView)
}

#[test]
fn everybody_has_a_tile_in_the_order_of_joining_with_a_card_while_not_seen() {
    let script = Script::new(60_000).joins(0, 3).joins(1_000, 1).joins(2_000, 2).leaves(9_000, 1);
    let script = script.films(1, 4_000, 6_040);
    assert_eq!(
        everybody(&script),
        [
            (0, vec![-3]),
            (1_000, vec![-3, -1]),
            (2_000, vec![-3, -1, -2]),
            (4_000, vec![-3, 1, -2]),
            (8_000, vec![-3, -1, -2]),
            (9_000, vec![-3, -2]),
        ]
    );
}

#[test]
fn who_joined_at_one_moment_keeps_the_order_in_which_that_was_told() {
    assert_eq!(everybody(&Script::new(60_000).joins(0, 9).joins(0, 4).joins(0, 6)), [(0, vec![-9, -4, -6])]);
}

#[test]
fn only_cameras_that_are_on_or_seen_have_a_tile() {
    let script = Script::new(60_000).joins(0, 1).joins(0, 2).joins(0, 3);
    let script = script.camera(1_000, 2, true).films(1, 2_000, 3_040).camera(7_000, 1, false).camera(9_000, 2, false);
    assert_eq!(
        with_cameras(&script),
        [
            (0, vec![]),
            (1_000, vec![-2]),
            // Who came first does not push anybody away.
            (2_000, vec![-2, 1]),
            // The camera is on as far as is known, though no picture of it comes.
            (5_000, vec![-2, -1]),
            (7_000, vec![-2]),
            (9_000, vec![]),
        ]
    );
}

#[test]
fn who_was_never_announced_is_there_from_the_first_to_the_last_media() {
    let script = Script::new(60_000).films(1, 2_000, 4_040).speaks(2, 3_000, 9_000);
    assert_eq!(
        everybody(&script),
        [(0, vec![]), (2_000, vec![1]), (3_000, vec![1, -2]), (6_000, vec![-2]), (11_000, vec![])]
    );
}

#[test]
fn who_leaves_has_no_tile_although_pictures_come() {
    let script = Script::new(60_000).joins(0, 1).films(1, 0, 5_040).leaves(3_000, 1);
    assert_eq!(everybody(&script), [(0, vec![1]), (3_000, vec![])]);
}

#[test]
fn beyond_25_whoever_speaks_takes_the_tile_of_the_longest_silent_and_no_other_moves() {
    let script = (1..=27).fold(Script::new(60_000), |script, who| script.joins(0, who));
    let script =
        script.speaks(1, 1_000, 2_000).speaks(26, 5_000, 6_000).speaks(27, 7_000, 8_000).speaks(2, 9_000, 9_500);
    let all: Vec<i64> = (1..=25).map(|who| -who).collect();
    let with = |changes: &[(usize, i64)]| {
        let mut all = all.clone();
        changes.iter().for_each(|(place, who)| all[*place] = -who);
        all
    };
    assert_eq!(
        everybody(&script),
        [
            (0, all.clone()),
            (5_000, with(&[(1, 26)])),
            (7_000, with(&[(1, 26), (2, 27)])),
            (9_000, with(&[(1, 26), (2, 27), (3, 2)])),
        ]
    );
}

#[test]
fn the_tile_of_who_leaves_goes_to_who_waits() {
    let script = (1..=27).fold(Script::new(60_000), |script, who| script.joins(0, who)).leaves(1_000, 3);
    let tiles = everybody(&script);
    assert_eq!(tiles[1].1[2], -26);
    assert_eq!(tiles[1].1[3..], tiles[0].1[3..]);
}

#[test]
fn beside_a_screen_are_the_first_four_or_five_and_whoever_speaks() {
    let script = (1..=7).fold(Script::new(60_000), |script, who| script.joins(0, who));
    let script = script.speaks(6, 2_000, 3_000).slide(7, 1_000).sharing(4_000, 7, false);
    let all: Vec<i64> = (1..=7).map(|who| -who).collect();
    let shown = |beside_share| script.shown(Layout::GalleryViewV2, beside_share);
    for (beside_share, before, after) in [
        (BesideShare::Overlap, vec![-1, -2, -3, -4], vec![-6, -2, -3, -4]),
        (BesideShare::Beside, vec![-1, -2, -3, -4, -5], vec![-6, -2, -3, -4, -5]),
    ] {
        let expected =
            [(0, None, all.clone()), (1_000, Some(7), before), (2_000, Some(7), after), (4_000, None, all.clone())];
        assert_eq!(shown(beside_share), expected);
    }
    let hidden = [(0, None, all.clone()), (1_000, Some(7), vec![]), (4_000, None, all)];
    assert_eq!(shown(BesideShare::Hide), hidden);
}

#[test]
fn a_meeting_that_changes_all_the_time_is_reckoned_in_little_time() {
    let mut script = Script::new(3_600_000);
    let origin = script.timeline.origin;
    let people = 3_000_i64;
    for who in 1..=people {
        let participant = model::Participant { id: model::ParticipantId(who), name: None };
        let body = model::EventBody::Joined { participant };
        script.timeline.events.push(model::Event { at: origin, body });
    }
    for n in 0..20_000_i64 {
        let (start, end) = (media::Position::from_ms(60 * n), media::Position::from_ms(60 * n + 50));
        script.timeline.speech.push(model::Turn { who: model::ParticipantId(1 + n % people), start, end });
    }
    let scenes = script.alone(Layout::GalleryViewV2);
    assert_eq!(scenes.len(), 20_000 - 25 + 1);
    assert!(scenes.iter().all(|(_, tiles)| tiles.len() == 25));
}

#[test]
fn who_begins_to_speak_while_all_do_has_the_tile_of_the_first_who_falls_silent() {
    let script = (1..=26).fold(Script::new(60_000), |script, who| script.joins(0, who));
    let script = (1..=25).fold(script, |script, who| script.speaks(who, 1_000, 20_000 + 1_000 * who));
    let script = script.speaks(26, 5_000, 50_000);
    let tiles = everybody(&script);
    assert_eq!(tiles[1].0, 21_000);
    assert_eq!(tiles[1].1[0], -26);
    assert_eq!(tiles[1].1[1..], tiles[0].1[1..]);
}

#[test]
fn a_camera_that_went_off_before_second_0_is_off() {
    let script = Script::new(60_000).joins(-9_000, 1).camera(-8_000, 1, true).camera(-2_000, 1, false);
    assert_eq!(with_cameras(&script), [(0, vec![])]);
    let on = Script::new(60_000).joins(-9_000, 1).camera(-8_000, 1, false).camera(-2_000, 1, true);
    assert_eq!(with_cameras(&on), [(0, vec![-1])]);
}

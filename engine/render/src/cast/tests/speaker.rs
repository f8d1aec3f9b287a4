//! Whom the speaker view shows.

use model::{BesideShare, Layout, platform::Leg};

use super::script::Script;

#[test]
fn nobody_at_all_is_an_empty_canvas_and_so_is_audio_only() {
    let script = Script::new(5_000).joins(0, 1);
    assert_eq!(script.speaker(), [(0, vec![])]);
    let script = script.films(1, 1_000, 4_000).speaks(1, 0, 4_000).slide(1, 500);
    assert_eq!(script.shown(Layout::AudioOnly, BesideShare::Overlap), [(0, None, vec![])]);
}

#[test]
fn the_speaker_is_shown_who_is_seen_for_two_seconds_more_and_then_as_a_card() {
    let script = Script::new(60_000).speaks(1, 0, 9_000).films(1, 1_000, 4_040);
    assert_eq!(script.speaker(), [(0, vec![-1]), (1_000, vec![1]), (6_000, vec![-1])]);
}

#[test]
fn pictures_less_than_two_seconds_apart_are_one_camera() {
    let at = [1_000, 2_900, 4_800, 6_900];
    let script =
        at.iter().fold(Script::new(60_000).speaks(1, 0, 9_000), |script, at| script.picture(Leg::Video, 1, *at, true));
    assert_eq!(
        script.speaker(),
        [(0, vec![-1]), (1_000, vec![1]), (6_800, vec![-1]), (6_900, vec![1]), (8_900, vec![-1])]
    );
}

#[test]
fn somebody_else_whom_the_platform_shows_is_better_than_no_picture() {
    let script = Script::new(60_000).speaks(1, 0, 9_000).films(2, 1_000, 4_040);
    assert_eq!(script.speaker(), [(0, vec![-1]), (1_000, vec![2]), (6_000, vec![-1])]);
}

#[test]
fn a_camera_that_is_known_to_be_off_is_a_card_whoever_else_is_seen() {
    let script = Script::new(60_000).speaks(1, 0, 9_000).films(2, 1_000, 4_040);
    let off = script.camera(500, 1, true).camera(2_000, 1, false);
    assert_eq!(off.speaker(), [(0, vec![-1]), (1_000, vec![2]), (2_000, vec![-1])]);
    // His own last picture is not looked at any more either.
    let own = Script::new(60_000).speaks(1, 0, 9_000).films(1, 0, 4_040).camera(4_100, 1, false);
    assert_eq!(own.speaker(), [(0, vec![1]), (4_100, vec![-1])]);
    // Whoever is seen is on, whatever was told.
    let seen = Script::new(60_000).speaks(1, 0, 9_000).camera(0, 1, false).films(1, 1_000, 4_040);
    assert_eq!(seen.speaker(), [(0, vec![-1]), (1_000, vec![1]), (4_000, vec![-1])]);
}

#[test]
fn the_platforms_switch_is_followed_before_the_word_passes_so_that_nobody_freezes() {
    let script = Script::new(9_000).speaks(1, 0, 3_000).speaks(2, 3_000, 8_000);
    let script = script.films(1, 0, 3_400).films(2, 3_400, 8_000);
    assert_eq!(script.speaker(), [(0, vec![1]), (3_400, vec![2])]);
}

#[test]
fn of_cameras_that_are_sent_at_once_the_speakers_is_shown() {
    let script = Script::new(9_000).speaks(1, 0, 3_000).speaks(2, 3_000, 8_000);
    let script = script.films(1, 0, 9_000).films(2, 1, 9_000).films(3, 2, 9_000);
    assert_eq!(script.speaker(), [(0, vec![1]), (4_500, vec![2])]);
}

#[test]
fn pictures_without_a_key_picture_are_nobodys() {
    let script = Script::new(60_000).speaks(1, 0, 9_000).picture(Leg::Video, 1, 1_000, false);
    assert_eq!(script.speaker(), [(0, vec![-1])]);
}

#[test]
fn beside_a_screen_the_speaker_has_a_tile_unless_it_is_hidden() {
    let script = Script::new(9_000).speaks(1, 0, 8_000).films(1, 0, 9_000);
    let script = script.slide(2, 3_000).sharing(6_000, 2, false);
    let beside = [(0, None, vec![1]), (3_000, Some(2), vec![1]), (6_000, None, vec![1])];
    assert_eq!(script.shown(Layout::SpeakerView, BesideShare::Beside), beside);
    assert_eq!(script.shown(Layout::SpeakerView, BesideShare::Overlap), beside);
    let hidden = [(0, None, vec![1]), (3_000, Some(2), vec![]), (6_000, None, vec![1])];
    assert_eq!(script.shown(Layout::SpeakerView, BesideShare::Hide), hidden);
}

//! A network that is cut without a word: what was lost before anybody noticed is declared, and nothing else.

use model::{LossCause, platform::Leg};

use super::script::Script;

/// Signaling is found silent, and takes everything with it.
fn cut(script: &mut Script) {
    script.lost_by(Leg::Signaling, "zoom_rtms_silent");
    script.lost_by(Leg::Audio, "zoom_rtms_signaling_lost");
    script.lost_by(Leg::Video, "zoom_rtms_signaling_lost");
}

fn sound(script: &mut Script, from_ms: i64, to_ms: i64) {
    for at_ms in (from_ms..to_ms).step_by(20) {
        script.wait_until(at_ms);
        script.packet(7, at_ms);
    }
}

fn back(script: &mut Script) {
    script.leg(Leg::Signaling, None);
    script.leg(Leg::Audio, None);
    script.leg(Leg::Video, None);
}

#[test]
fn pictures_that_were_lost_before_the_silence_of_signaling_was_noticed_are_declared() {
    // Signaling may have been heard of last at any time within its 20 s.
    for noticed_after_ms in [2_000, 10_000, 15_000, 19_000, 20_000] {
        let mut script = Script::ready();
        script.live(0, 30_000, 0);
        let noticed_ms = 30_000 + noticed_after_ms;
        script.wait_until(noticed_ms);
        cut(&mut script);
        script.wait_until(noticed_ms + 1_000);
        back(&mut script);
        // Sound was kept for us.
        script.talk(7, 30_000, noticed_ms + 1_200);
        script.live(noticed_ms + 1_200, noticed_ms + 5_000, 0);
        script.ended(Some(noticed_ms + 5_000));
        let resumed_ms = (noticed_ms + 1_200 + 39) / 40 * 40;
        assert_eq!(script.gaps(), [(Leg::Video, 30_000, resumed_ms, LossCause::Network)], "{noticed_after_ms}");
    }
}

#[test]
fn pictures_that_went_on_until_the_loss_are_missing_only_from_then_on() {
    let mut script = Script::ready();
    // Only signaling hangs.
    script.live(0, 50_000, 0);
    cut(&mut script);
    script.wait_until(51_000);
    back(&mut script);
    script.talk(7, 50_000, 51_200);
    script.live(51_200, 55_000, 0);
    script.ended(Some(55_000));
    assert_eq!(script.gaps(), [(Leg::Video, 50_000, 51_200, LossCause::Network)]);
}

#[test]
fn a_camera_that_was_off_long_before_a_silent_loss_is_missing_for_20_s_at_most() {
    let mut script = Script::ready();
    script.live(0, 10_000, 0);
    sound(&mut script, 10_000, 60_000);
    cut(&mut script);
    back(&mut script);
    sound(&mut script, 60_000, 70_000);
    script.ended(Some(70_000));
    let gaps = script.gaps();
    assert!(matches!(gaps[..], [(Leg::Video, 38_900..=40_100, 59_980..=60_100, LossCause::Network)]), "{gaps:?}");
}

#[test]
fn what_a_silent_cut_took_for_good_is_missing_from_the_last_that_came() {
    for of_signaling in [None, Some("zoom_rtms_silent"), Some("zoom_rtms_moved")] {
        let mut script = Script::ready();
        script.live(0, 30_000, 0);
        script.wait_until(48_000);
        if let Some(cause) = of_signaling {
            script.lost_by(Leg::Signaling, cause);
        }
        let cause = if of_signaling.is_some() { "zoom_rtms_signaling_lost" } else { "zoom_rtms_silent" };
        script.lost_by(Leg::Audio, cause);
        script.lost_by(Leg::Video, cause);
        script.ended(Some(52_000));
        let cause = LossCause::Network;
        assert_eq!(script.gaps(), [(Leg::Audio, 30_000, 52_000, cause), (Leg::Video, 30_000, 52_000, cause)]);
    }
}

#[test]
fn signaling_that_closes_with_the_meeting_leaves_no_gap_in_a_camera_that_was_off() {
    let mut script = Script::ready();
    script.idr(1, 0);
    sound(&mut script, 0, 20_000);
    script.lost_by(Leg::Signaling, "zoom_rtms_closed_by_peer");
    script.lost_by(Leg::Audio, "zoom_rtms_signaling_lost");
    script.lost_by(Leg::Video, "zoom_rtms_signaling_lost");
    script.ended(Some(20_100));
    assert_eq!(script.gaps(), []);
}

#[test]
fn a_message_that_never_ended_is_a_loss_that_was_not_noticed() {
    let mut script = Script::ready();
    script.live(0, 30_000, 0);
    sound(&mut script, 30_000, 40_000);
    script.lost_by(Leg::Video, "message_too_slow");
    script.leg(Leg::Video, None);
    script.live(40_000, 45_000, 0);
    script.ended(Some(45_000));
    assert_eq!(script.gaps(), [(Leg::Video, 30_000, 40_000, LossCause::Network)]);
}

#[test]
fn pictures_that_stopped_before_a_connection_broke_are_declared() {
    let mut script = Script::ready();
    script.live(0, 30_000, 0);
    sound(&mut script, 30_000, 45_000);
    script.lost_by(Leg::Video, "connection_broken");
    script.leg(Leg::Video, None);
    script.live(45_000, 50_000, 0);
    script.ended(Some(50_000));
    assert_eq!(script.gaps(), [(Leg::Video, 30_000, 45_000, LossCause::Network)]);
}

#[test]
fn chat_that_went_with_signaling_was_there_as_long_as_anything_came() {
    for (cause, last_ms) in [
        ("connection_broken", 60_000),
        ("zoom_rtms_closed_by_peer", 60_000),
        ("zoom_rtms_silent", 60_000),
        // The whole network was gone, or the server.
        ("zoom_rtms_silent", 45_000),
        ("zoom_rtms_moved", 56_000),
    ] {
        let mut script = Script::ready();
        script.leg(Leg::Chat, None);
        script.live(0, last_ms, 0);
        script.wait_until(60_000);
        script.lost_by(Leg::Signaling, cause);
        script.lost_by(Leg::Chat, "zoom_rtms_signaling_lost");
        script.live(60_000, 61_000, 0);
        script.leg(Leg::Chat, None);
        script.live(61_000, 62_000, 0);
        script.ended(Some(62_000));
        let gaps = script.gaps();
        let [(Leg::Chat, from, 60_980..=61_100, LossCause::Network)] = gaps[..] else { panic!("{cause}: {gaps:?}") };
        assert!((last_ms - 600..=last_ms).contains(&from), "{cause}: {gaps:?}");
    }
}

#[test]
fn chat_whose_own_connection_was_silent_is_missing_from_before() {
    let mut script = Script::ready();
    script.leg(Leg::Chat, None);
    script.live(0, 60_000, 0);
    script.lost_by(Leg::Chat, "zoom_rtms_silent");
    script.live(60_000, 61_000, 0);
    script.leg(Leg::Chat, None);
    script.live(61_000, 62_000, 0);
    script.ended(Some(62_000));
    let gaps = script.gaps();
    assert!(matches!(gaps[..], [(Leg::Chat, 38_900..=40_000, 60_980..=61_100, LossCause::Network)]), "{gaps:?}");
}

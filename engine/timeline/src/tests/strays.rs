//! Frames that are stamped ahead of everything else and that nothing follows.

use media::TrackKind;
use model::{LossCause, platform::Leg};

use super::script::Script;

const MINUTE_MS: i64 = 60_000;

/// One frame of each kind, stamped `ahead_ms` too late.
fn stray(script: &mut Script, kind: Leg, ahead_ms: i64) {
    let at_ms = script.arrived_ms as i64 - super::script::ZERO + ahead_ms;
    match kind {
        Leg::Audio => script.packet(7, at_ms),
        Leg::Video => script.delta(1, at_ms),
        _ => script.media(TrackKind::Share, 9, at_ms, vec![0xFF, 0xD8]),
    }
}

#[test]
fn a_stray_ahead_neither_moves_nor_hides_a_later_gap() {
    for kind in [Leg::Audio, Leg::Video, Leg::Share] {
        for is_ended in [false, true] {
            let mut script = Script::ready();
            script.live(0, 5 * MINUTE_MS, 0);
            stray(&mut script, kind, 60 * MINUTE_MS);
            script.live(5 * MINUTE_MS, 10 * MINUTE_MS, 0);
            script.lost(Leg::Audio);
            script.lost(Leg::Video);
            script.wait_until(10 * MINUTE_MS + 30_000);
            script.leg(Leg::Audio, None);
            script.leg(Leg::Video, None);
            script.live(10 * MINUTE_MS + 30_000, 15 * MINUTE_MS, 0);
            if is_ended {
                script.ended(Some(15 * MINUTE_MS));
            }
            let gap = |kind| (kind, 10 * MINUTE_MS, 10 * MINUTE_MS + 30_000, LossCause::Network);
            assert_eq!(script.gaps(), [gap(Leg::Audio), gap(Leg::Video)], "{kind} {is_ended}");
            assert_eq!(script.build().end.ms(), 15 * MINUTE_MS, "{kind} {is_ended}");
        }
    }
}

#[test]
fn a_stray_ahead_does_not_move_a_gap_of_text() {
    let mut script = Script::ready();
    script.leg(Leg::Chat, None);
    script.live(0, 20_000, 0);
    stray(&mut script, Leg::Audio, 60 * MINUTE_MS);
    script.live(20_000, 40_000, 0);
    script.lost_by(Leg::Chat, "zoom_rtms_closed_by_peer");
    script.live(40_000, 50_000, 0);
    script.leg(Leg::Chat, None);
    script.live(50_000, 60_000, 0);
    script.ended(Some(60_000));
    let gaps = script.gaps();
    assert!(matches!(gaps[..], [(Leg::Chat, 39_400..=40_000, 49_980..=50_100, LossCause::Network)]), "{gaps:?}");
}

#[test]
fn a_stray_a_few_minutes_ahead_does_not_make_a_recording_longer() {
    for kind in [Leg::Audio, Leg::Video, Leg::Share] {
        let mut script = Script::ready();
        script.live(0, 20_000, 0);
        stray(&mut script, kind, 5 * MINUTE_MS);
        script.live(20_000, 40_000, 0);
        let timeline = script.build();
        assert_eq!((timeline.end.ms(), timeline.counts.beyond), (40_000, 1), "{kind}");
    }
}

#[test]
fn a_few_frames_of_an_owner_who_was_there_for_a_moment_are_no_strays() {
    let mut script = Script::ready();
    script.live(0, 20_000, 0);
    script.epoch = 2;
    script.wait_until(30_000);
    script.leg(Leg::Audio, None);
    script.leg(Leg::Video, None);
    script.live(30_000, 30_100, 0);
    assert_eq!(script.build().end.ms(), 30_120);
}

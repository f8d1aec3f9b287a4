//! What is declared missing.

use media::{SourceTime, TrackKind};
use model::{Control, EventBody, LossCause, platform::Leg};

use super::script::{Script, ZERO};

fn gaps(script: &Script) -> Vec<(TrackKind, i64, i64, LossCause)> {
    script.build().gaps.iter().map(|gap| (gap.track, gap.start.ms(), gap.end.ms(), gap.cause)).collect()
}

#[test]
fn a_lost_connection_leaves_a_gap_until_sound_flows_again() {
    let mut script = Script::ready();
    script.talk(7, 0, 2_000);
    script.lost(Leg::Audio);
    script.arrived_ms += 3_000;
    script.leg(Leg::Audio, None);
    script.talk(7, 4_000, 6_000);
    assert_eq!(gaps(&script), [(TrackKind::Audio, 2_000, 4_000, LossCause::Network)]);
}

#[test]
fn a_gap_ends_when_the_connection_is_back_even_if_nobody_speaks() {
    let mut script = Script::ready();
    script.talk(7, 0, 2_000);
    script.lost(Leg::Audio);
    script.arrived_ms += 3_000;
    script.leg(Leg::Audio, None);
    script.talk(7, 90_000, 91_000);
    let found = gaps(&script);
    assert_eq!((found.len(), found[0].1), (1, 2_000));
    assert!((4_900..5_100).contains(&found[0].2), "{found:?}");
}

#[test]
fn a_backlog_that_reaches_back_only_a_part_leaves_the_rest_declared() {
    let mut script = Script::ready();
    script.talk(7, 0, 2_000);
    script.lost(Leg::Audio);
    script.arrived_ms += 90_000;
    script.leg(Leg::Audio, None);
    script.talk(7, 32_000, 92_000);
    assert_eq!(gaps(&script), [(TrackKind::Audio, 2_000, 32_000, LossCause::Network)]);
}

#[test]
fn a_dead_owner_leaves_a_gap_of_ours_on_both_tracks() {
    let mut script = Script::ready();
    script.idr(1, 0);
    script.talk(7, 0, 2_000);
    (1..50).for_each(|n| script.delta(1, 40 * n));
    script.epoch = 2;
    script.arrived_ms += 10_000;
    script.leg(Leg::Audio, None);
    script.leg(Leg::Video, None);
    script.talk(7, 8_000, 9_000);
    script.idr(1, 9_000);
    assert_eq!(
        gaps(&script),
        [(TrackKind::Audio, 2_000, 8_000, LossCause::Ours), (TrackKind::Video, 2_000, 9_000, LossCause::Ours)]
    );
}

#[test]
fn one_frame_that_a_dead_owner_did_not_keep_is_a_gap_and_none_is_no_gap() {
    let missing = |frames: i64| {
        let mut script = Script::ready();
        script.idr(1, 0);
        script.talk(7, 0, 2_000);
        (1..50).for_each(|n| script.delta(1, 40 * n));
        script.epoch = 2;
        script.arrived_ms += 300;
        script.leg(Leg::Audio, None);
        script.leg(Leg::Video, None);
        script.talk(7, 2_000 + 20 * frames, 3_000);
        script.idr(1, 2_000 + 40 * frames);
        gaps(&script)
    };
    assert_eq!(missing(0), []);
    let ours = LossCause::Ours;
    assert_eq!(missing(1), [(TrackKind::Audio, 2_000, 2_020, ours), (TrackKind::Video, 2_000, 2_040, ours)]);
}

#[test]
fn connections_that_close_with_the_meeting_leave_no_gap() {
    let mut script = Script::ready();
    script.talk(7, 0, 2_000);
    script.talk(8, 2_000, 9_900);
    script.idr(1, 500);
    script.lost(Leg::Audio);
    script.lost(Leg::Video);
    script.ended(Some(10_000));
    assert_eq!(gaps(&script), []);
}

#[test]
fn what_was_dropped_and_what_was_withheld_is_declared() {
    let mut script = Script::ready();
    script.talk(7, 0, 10_000);
    script.control(Control::Dropped {
        kind: TrackKind::Video,
        frames: 25,
        from: SourceTime::from_unix_ms(ZERO + 1_000),
        to: SourceTime::from_unix_ms(ZERO + 1_960),
        cause: LossCause::Ours,
    });
    script.event(4_000, EventBody::Paused);
    script.event(6_000, EventBody::Resumed);
    script.event(9_000, EventBody::Paused);
    script.ended(Some(10_000));
    let (audio, video) = (TrackKind::Audio, TrackKind::Video);
    assert_eq!(
        gaps(&script),
        [
            (video, 1_000, 2_000, LossCause::Ours),
            (audio, 4_000, 6_000, LossCause::Pause),
            (video, 4_000, 6_000, LossCause::Pause),
            (audio, 9_000, 10_000, LossCause::Pause),
            (video, 9_000, 10_000, LossCause::Pause),
        ]
    );
    assert_eq!(script.build().counts.dropped, 25);
}

#[test]
fn a_refused_connection_is_a_gap_of_the_platform_over_the_whole_meeting() {
    let mut script = Script::new();
    script.control(Control::FirstPacket { at: SourceTime::from_unix_ms(ZERO) });
    script.control(Control::LegRefused { leg: Leg::Video, status: Some(13), reason: "no scope".to_owned() });
    script.leg(Leg::Audio, None);
    script.talk(7, 0, 5_000);
    script.ended(Some(5_000));
    assert_eq!(gaps(&script), [(TrackKind::Video, 0, 5_000, LossCause::Upstream)]);
}

#[test]
fn a_connection_that_was_closed_while_nobody_spoke_is_missing_only_from_then_on() {
    let outage = |cause: &str| {
        let mut script = Script::ready();
        script.talk(7, 0, 2_000);
        script.idr(1, 40_000);
        script.control(Control::LegLost { leg: Leg::Audio, cause: cause.to_owned() });
        script.arrived_ms += 1_000;
        script.leg(Leg::Audio, None);
        script.talk(7, 41_000, 42_000);
        gaps(&script)
    };
    assert_eq!(outage("closed_by_peer"), [(TrackKind::Audio, 35_000, 41_000, LossCause::Network)]);
    assert_eq!(outage("silent"), [(TrackKind::Audio, 2_000, 41_000, LossCause::Network)]);
}

//! What is declared missing.

use media::{SourceTime, TrackKind};
use model::{Control, EventBody, LossCause, platform::Leg};

use super::script::{Script, ZERO, somebody};

fn gaps(script: &Script) -> Vec<(Leg, i64, i64, LossCause)> {
    script.gaps()
}

#[test]
fn a_lost_connection_leaves_a_gap_until_sound_flows_again() {
    let mut script = Script::ready();
    script.talk(7, 0, 2_000);
    script.lost(Leg::Audio);
    script.arrived_ms += 3_000;
    script.leg(Leg::Audio, None);
    script.talk(7, 4_000, 6_000);
    assert_eq!(gaps(&script), [(Leg::Audio, 2_000, 4_000, LossCause::Network)]);
}

#[test]
fn a_gap_ends_when_the_connection_is_back_even_if_nobody_speaks() {
    let mut script = Script::ready();
    script.talk(7, 0, 2_000);
    script.lost(Leg::Audio);
    script.arrived_ms += 3_000;
    script.leg(Leg::Audio, None);
    script.wait_until(90_000);
    script.talk(7, 90_000, 91_000);
    let found = gaps(&script);
    assert_eq!((found.len(), found[0].1), (1, 2_000));
    assert!((4_900..5_100).contains(&found[0].2), "{found:?}");
}

#[test]
fn a_gap_goes_on_until_media_flows_again_soon_after_the_connection_is_back() {
    let flows_after = |ms: i64| {
        let mut script = Script::ready();
        script.idr(1, 0);
        (1..50).for_each(|n| script.delta(1, 40 * n));
        script.talk(7, 0, 2_000);
        script.lost(Leg::Video);
        script.arrived_ms += 100;
        script.leg(Leg::Video, None);
        script.talk(7, 2_000, 8_000);
        script.wait_until(2_000 + ms);
        script.idr(1, 2_000 + ms);
        gaps(&script)
    };
    assert_eq!(flows_after(240), [(Leg::Video, 2_000, 2_240, LossCause::Network)]);
    assert_eq!(flows_after(1_000), [(Leg::Video, 2_000, 3_000, LossCause::Network)]);
    // A camera that is turned on much later was off.
    let late = flows_after(5_000);
    assert!((2_050..2_200).contains(&late[0].2), "{late:?}");
}

#[test]
fn a_loss_that_is_written_down_with_the_next_attempt_is_a_gap_from_when_nothing_came() {
    let missing_ms = |ms: i64| {
        let mut script = Script::ready();
        script.idr(1, 0);
        script.talk(7, 0, 2_000);
        (1..50).for_each(|n| script.delta(1, 40 * n));
        script.arrived_ms += ms as u64;
        script.lost(Leg::Audio);
        script.lost(Leg::Video);
        script.leg(Leg::Audio, None);
        script.leg(Leg::Video, None);
        script.talk(7, 2_000, 9_000);
        script.idr(1, 2_000 + ms);
        gaps(&script)
    };
    for ms in [240, 1_000, 3_600] {
        assert_eq!(missing_ms(ms), [(Leg::Video, 2_000, 2_000 + ms, LossCause::Network)]);
    }
}

#[test]
fn a_night_of_twenty_thousand_losses_is_told_one_by_one() {
    let mut script = Script::ready();
    for outage in 0..20_000 {
        let at_ms = 1_200 * outage;
        for packet_ms in (at_ms..at_ms + 1_000).step_by(100) {
            script.wait_until(packet_ms);
            script.packet(7, packet_ms);
        }
        script.lost_by(Leg::Audio, "zoom_rtms_closed_by_peer");
        script.wait_until(at_ms + 1_150);
        script.leg(Leg::Audio, None);
    }
    let gaps = gaps(&script);
    assert_eq!(gaps.len(), 19_999);
    for (gap, at_ms) in gaps.iter().zip((0..).step_by(1_200)) {
        assert_eq!(*gap, (Leg::Audio, at_ms + 920, at_ms + 1_200, LossCause::Network));
    }
}

#[test]
fn a_backlog_that_reaches_back_only_a_part_leaves_the_rest_declared() {
    let mut script = Script::ready();
    script.talk(7, 0, 2_000);
    script.lost(Leg::Audio);
    script.arrived_ms += 90_000;
    script.leg(Leg::Audio, None);
    script.talk(7, 32_000, 92_000);
    assert_eq!(gaps(&script), [(Leg::Audio, 2_000, 32_000, LossCause::Network)]);
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
        [(Leg::Audio, 2_000, 8_000, LossCause::Ours), (Leg::Video, 2_000, 9_000, LossCause::Ours)]
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
    assert_eq!(missing(1), [(Leg::Audio, 2_000, 2_020, ours), (Leg::Video, 2_000, 2_040, ours)]);
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
        reason: model::DropReason::Buffer,
    });
    script.event(4_000, EventBody::Paused);
    script.event(6_000, EventBody::Resumed);
    script.event(9_000, EventBody::Paused);
    script.ended(Some(10_000));
    let (audio, video) = (Leg::Audio, Leg::Video);
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
    script.control(Control::LegRefused {
        leg: Leg::Video,
        status: Some(13),
        code: None,
        reason: "no scope".to_owned(),
    });
    script.leg(Leg::Audio, None);
    script.talk(7, 0, 5_000);
    script.ended(Some(5_000));
    assert_eq!(gaps(&script), [(Leg::Video, 0, 5_000, LossCause::Upstream)]);
}

#[test]
fn a_connection_that_was_closed_while_nobody_spoke_is_missing_only_from_then_on() {
    let outage = |cause: &str| {
        let mut script = Script::ready();
        script.talk(7, 0, 2_000);
        script.idr(1, 40_000);
        script.control(Control::LegLost { leg: Leg::Audio, cause: cause.to_owned(), ago_ms: 0 });
        script.arrived_ms += 1_000;
        script.leg(Leg::Audio, None);
        script.talk(7, 41_000, 42_000);
        gaps(&script)
    };
    let closed = outage("zoom_rtms_closed_by_peer");
    assert!(matches!(closed[..], [(Leg::Audio, 35_000..=35_100, 41_000, LossCause::Network)]), "{closed:?}");
    // What says nothing for 15 s and does not answer in 5 s more was heard of 20 s ago.
    let silent = outage("zoom_rtms_silent");
    assert!(matches!(silent[..], [(Leg::Audio, 19_000..=20_000, 41_000, LossCause::Network)]), "{silent:?}");
}

#[test]
fn words_that_came_between_a_loss_and_its_record_were_missing_from_the_loss_on() {
    let outage = |ago_ms: u64| {
        let mut script = Script::ready();
        script.leg(Leg::Chat, None);
        script.talk(7, 0, 10_000);
        let cause = "zoom_rtms_closed_by_peer".to_owned();
        script.control(Control::LegLost { leg: Leg::Chat, cause, ago_ms });
        script.talk(7, 10_000, 11_000);
        script.leg(Leg::Chat, None);
        script.talk(7, 11_000, 20_000);
        gaps(&script)
    };
    // Half a second is how exactly a moment of the log is known.
    let told_at_once = outage(0);
    assert!(matches!(told_at_once[..], [(Leg::Chat, 9_400..=9_600, 10_900..=11_100, _)]), "{told_at_once:?}");
    let told_late = outage(3_000);
    assert!(matches!(told_late[..], [(Leg::Chat, 6_400..=6_600, 10_900..=11_100, _)]), "{told_late:?}");
}

#[test]
fn a_loss_that_claims_to_be_older_than_time_is_a_gap_from_second_0() {
    for ago_ms in [20_000, u64::MAX] {
        let mut script = Script::ready();
        script.leg(Leg::Chat, None);
        script.talk(7, 0, 10_000);
        script.control(Control::LegLost { leg: Leg::Chat, cause: "broken".to_owned(), ago_ms });
        script.leg(Leg::Chat, None);
        script.talk(7, 10_000, 20_000);
        let found = gaps(&script);
        assert!(matches!(found[..], [(Leg::Chat, 0, 9_900..=10_100, LossCause::Network)]), "{found:?}");
    }
}

#[test]
fn what_came_before_a_loss_is_not_missing_however_long_ago_its_record_says_it_was() {
    // Pictures of a screen are dated ahead of everything else, so that the loss is placed before the last of them.
    let mut script = Script::ready();
    script.leg(Leg::Share, None);
    script.talk(7, 0, 9_700);
    let picture = |script: &mut Script, at_ms: i64| {
        script.media(TrackKind::Share, 8, at_ms, vec![0xFF, 0xD8, (at_ms / 200) as u8]);
    };
    (45..=50).for_each(|n| picture(&mut script, 200 * n));
    script.talk(7, 9_700, 9_970);
    let cause = "zoom_rtms_closed_by_peer".to_owned();
    script.control(Control::LegLost { leg: Leg::Share, cause, ago_ms: 270 });
    script.talk(7, 9_970, 13_000);
    script.leg(Leg::Share, None);
    picture(&mut script, 13_200);
    script.talk(7, 13_000, 20_000);
    let of_share: Vec<_> = gaps(&script).into_iter().filter(|gap| gap.0 == Leg::Share).collect();
    assert!(matches!(of_share[..], [(Leg::Share, 10_000..=10_300, 13_200, LossCause::Network)]), "{of_share:?}");
}

#[test]
fn a_meeting_that_ends_while_its_end_is_awaited_lacks_nothing_and_one_that_goes_on_does() {
    let closed = |end_ms: i64| {
        let mut script = Script::ready();
        script.leg(Leg::Chat, None);
        script.live(0, 10_000, 0);
        script.wait_until(10_250);
        for leg in [Leg::Audio, Leg::Video, Leg::Chat] {
            let cause = "zoom_rtms_closed_by_peer".to_owned();
            script.control(Control::LegLost { leg, cause, ago_ms: 250 });
        }
        script.wait_until(end_ms);
        script.ended(Some(end_ms));
        gaps(&script).into_iter().map(|gap| gap.0).collect::<Vec<_>>()
    };
    assert_eq!(closed(10_350), []);
    assert_eq!(closed(12_000), [Leg::Audio, Leg::Video, Leg::Chat]);
}

/// A stream that ended after 2 s, and another of the same meeting that began at 10 s and repeats what the first had.
fn linked(cut_short: bool, repeats_from_ms: i64) -> Script {
    let mut script = Script::ready();
    script.talk(7, 0, 2_000);
    script.idr(1, 0);
    (1..50).for_each(|n| script.delta(1, 40 * n));
    let stop_reason = Some(if cut_short { 13 } else { 2 });
    script.control(Control::Ended { code: "over".to_owned(), cut_short, stop_reason, at: None });
    script.epoch = 2;
    script.arrived_ms += 8_000;
    script.control(Control::FirstPacket { at: SourceTime::from_unix_ms(ZERO + repeats_from_ms) });
    script.leg(Leg::Audio, None);
    script.leg(Leg::Video, None);
    script.talk(7, repeats_from_ms, 12_000);
    script.idr(1, repeats_from_ms.max(2_000));
    script
}

#[test]
fn between_two_streams_of_one_meeting_something_was_withheld_or_lost() {
    for (cut_short, cause) in [(false, LossCause::Pause), (true, LossCause::Upstream)] {
        let mut script = linked(cut_short, 10_000);
        script.ended(Some(12_000));
        let timeline = script.build();
        assert_eq!((timeline.origin.unix_ms(), timeline.end.ms()), (ZERO, 12_000));
        let expected = [(Leg::Audio, 2_000, 10_000, cause), (Leg::Video, 2_000, 10_000, cause)];
        assert_eq!(gaps(&script), expected);
    }
}

#[test]
fn a_second_stream_that_overlaps_the_first_repeats_nothing_and_leaves_no_gap() {
    let mut script = linked(false, 1_000);
    script.ended(Some(12_000));
    assert_eq!(gaps(&script), []);
    let timeline = script.build();
    let times: Vec<i64> = timeline.audio[0].frames.iter().map(|frame| frame.at.ms()).collect();
    assert_eq!(times, (0..12_000).step_by(20).collect::<Vec<i64>>());
}

#[test]
fn what_was_on_its_way_when_its_connection_was_closed_makes_the_gap_shorter() {
    let gap = |late_ms: i64, comes_back: bool| {
        let mut script = Script::ready();
        script.talk(7, 0, 2_000);
        script.lost(Leg::Audio);
        script.talk(7, 2_000, 2_000 + late_ms);
        script.arrived_ms += 3_000;
        if comes_back {
            script.leg(Leg::Audio, None);
            script.talk(7, 4_000, 6_000);
        } else {
            script.control(Control::FirstPacket { at: SourceTime::from_unix_ms(ZERO) });
        }
        gaps(&script)
    };
    assert_eq!(gap(0, true), [(Leg::Audio, 2_000, 4_000, LossCause::Network)]);
    assert_eq!(gap(60, true), [(Leg::Audio, 2_060, 4_000, LossCause::Network)]);
    assert_eq!(gap(0, false).first().map(|gap| gap.1), gap(60, false).first().map(|gap| gap.1 - 60));
}

#[test]
fn an_owner_that_died_before_anything_was_on_disk_leaves_a_gap_from_second_0() {
    let gaps_from = |epoch: u32| {
        let mut script = Script::new();
        script.epoch = epoch;
        script.control(Control::FirstPacket { at: SourceTime::from_unix_ms(ZERO) });
        script.arrived_ms += 2_000;
        // What the owner before announced is written down again.
        script.event(300, EventBody::Joined { participant: somebody(7, "Ada") });
        script.leg(Leg::Audio, None);
        script.leg(Leg::Video, None);
        script.idr(1, 2_000);
        // What Zoom kept of the sound comes late.
        script.talk(7, 1_000, 4_000);
        gaps(&script)
    };
    assert_eq!(gaps_from(2), [(Leg::Audio, 0, 1_000, LossCause::Ours), (Leg::Video, 0, 2_000, LossCause::Ours)]);
    // A first owner was not there before it was ready, and what it then gets is what there is.
    assert_eq!(gaps_from(1), []);
}

/// The first owner was killed when its notice was on disk and nothing of what it was ready for or received.
#[test]
fn an_owner_that_left_only_its_notice_leaves_a_gap_from_second_0() {
    let gaps_after = |is_killed: bool| {
        let mut script = Script::new();
        script.control(Control::Started { notice: String::new() });
        if is_killed {
            script.epoch = 2;
            script.arrived_ms += 2_000;
            script.control(Control::Started { notice: String::new() });
        }
        script.control(Control::FirstPacket { at: SourceTime::from_unix_ms(ZERO) });
        script.leg(Leg::Audio, None);
        script.leg(Leg::Video, None);
        script.idr(1, 2_000);
        script.talk(7, 1_000, 4_000);
        gaps(&script)
    };
    assert_eq!(gaps_after(true), [(Leg::Audio, 0, 1_000, LossCause::Ours), (Leg::Video, 0, 2_000, LossCause::Ours)]);
    assert_eq!(gaps_after(false), []);
}

/// The same of the second stream of a meeting: what the first had is not missing.
#[test]
fn an_owner_that_left_only_its_notice_of_a_later_stream_leaves_a_gap_from_where_that_began() {
    let mut script = Script::new();
    script.control(Control::FirstPacket { at: SourceTime::from_unix_ms(ZERO) });
    script.leg(Leg::Audio, None);
    script.live(0, 4_000, 0);
    script.ended(Some(4_000));
    script.epoch = 2;
    script.wait_until(60_000);
    script.control(Control::Started { notice: String::new() });
    script.epoch = 3;
    script.wait_until(62_000);
    script.control(Control::Started { notice: String::new() });
    script.leg(Leg::Audio, None);
    script.leg(Leg::Chat, None);
    script.live(62_000, 64_000, 0);
    let of_chat: Vec<_> = gaps(&script).into_iter().filter(|gap| gap.0 == Leg::Chat).collect();
    assert_eq!(of_chat.len(), 1, "{of_chat:?}");
    assert!(of_chat[0].1 > 50_000 && (61_000..63_000).contains(&of_chat[0].2), "{of_chat:?}");
}

#[test]
fn an_owner_that_died_at_the_end_leaves_a_gap_from_the_last_that_is_on_disk() {
    let mut script = Script::ready();
    script.talk(7, 0, 2_000);
    // A picture of somebody else came a moment later than the last sound.
    script.idr(1, 2_040);
    script.epoch = 2;
    script.arrived_ms += 3_000;
    script.control(Control::FirstPacket { at: SourceTime::from_unix_ms(ZERO) });
    script.ended(Some(5_000));
    let sound = gaps(&script).into_iter().find(|gap| gap.0 == Leg::Audio);
    assert_eq!(sound, Some((Leg::Audio, 2_000, 5_000, LossCause::Ours)));
}

/// The platform stood still, and sent what it had made until then right before the connection was lost: how much time passes on
/// its clock until the next picture is not how much passed here.
#[test]
fn a_loss_of_a_stream_that_is_late_is_a_gap_from_its_last_picture_to_its_next() {
    let missing = |resumes_after_ms: u64| {
        let mut script = Script::ready();
        script.live(0, 1_000, 0);
        script.wait_until(5_000);
        script.idr(1, 1_000);
        (1..25).for_each(|n| script.delta(1, 1_000 + 40 * n));
        script.talk(7, 1_000, 2_000);
        script.lost(Leg::Signaling);
        script.lost_by(Leg::Audio, "zoom_rtms_signaling_lost");
        script.lost_by(Leg::Video, "zoom_rtms_signaling_lost");
        script.leg(Leg::Audio, None);
        script.leg(Leg::Video, None);
        script.talk(7, 2_000, 5_080);
        script.arrived_ms += resumes_after_ms;
        script.idr(1, 5_080);
        script.delta(1, 5_120);
        gaps(&script)
    };
    assert_eq!(missing(300), [(Leg::Video, 2_000, 5_080, LossCause::Network)]);
    // A camera that is turned on much later was off.
    assert!(missing(5_000).iter().all(|gap| gap.2 < 3_000), "{:?}", missing(5_000));
}

/// A connection broke, was back, and its owner was killed before anything of it was on disk.
#[test]
fn a_moment_that_was_lost_twice_is_missing_once_by_what_came_first() {
    let mut script = Script::ready();
    script.live(0, 2_000, 0);
    script.lost(Leg::Video);
    script.talk(7, 2_000, 2_400);
    script.wait_until(2_500);
    script.leg(Leg::Video, None);
    script.epoch = 2;
    script.wait_until(4_000);
    script.control(Control::FirstPacket { at: SourceTime::from_unix_ms(ZERO) });
    script.leg(Leg::Audio, None);
    script.leg(Leg::Video, None);
    script.live(4_000, 6_000, 0);
    let of_video: Vec<_> = gaps(&script).into_iter().filter(|gap| gap.0 == Leg::Video).collect();
    let [(_, from, between, LossCause::Network), (_, again, to, LossCause::Ours)] = of_video[..] else {
        panic!("{of_video:?}")
    };
    assert_eq!((from, to), (2_000, 4_000));
    assert_eq!(between, again, "neither twice nor a hole between them");
}

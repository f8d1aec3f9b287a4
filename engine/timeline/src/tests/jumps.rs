//! A platform's clock that jumps.

use model::{Control, EventBody, LossCause, ParticipantId, Pii, Utterance, platform::Leg};
use proptest::{collection::vec, prelude::*};

use super::script::{Script, ZERO, build};
use crate::Timeline;

const HOUR_MS: i64 = 3_600_000;
/// What sets the clock to zero.
const TO_ZERO_MS: i64 = -ZERO;

/// Where sound and pictures lie, in milliseconds.
fn times(timeline: &Timeline) -> (Vec<i64>, Vec<i64>) {
    let sound = timeline.audio.iter().flat_map(|track| track.frames.iter().map(|frame| frame.at.ms()));
    (sound.collect(), timeline.video.frames.iter().map(|frame| frame.at.ms()).collect())
}

fn steady(from_ms: i64, to_ms: i64, step_ms: usize) -> Vec<i64> {
    (from_ms..to_ms).step_by(step_ms).collect()
}

#[test]
fn a_clock_that_jumps_while_media_flows_costs_nothing_and_is_told() {
    for jump_ms in [HOUR_MS, -HOUR_MS, 70_000, -70_000, TO_ZERO_MS, 30 * HOUR_MS] {
        let mut script = Script::ready();
        script.live(0, 100_000, 0);
        script.live(100_000, 200_000, jump_ms);
        script.ended(Some(200_000));
        let timeline = script.build();
        let (sound, pictures) = times(&timeline);
        assert_eq!(sound, steady(0, 200_000, 20), "{jump_ms}");
        assert_eq!(pictures, steady(0, 200_000, 40), "{jump_ms}");
        assert_eq!((timeline.end.ms(), timeline.gaps.len(), timeline.counts.absurd), (200_000, 0, 0), "{jump_ms}");
        let jumps: Vec<_> = timeline.jumps.iter().map(|jump| (jump.at.ms(), jump.by_ms)).collect();
        assert_eq!(jumps, [(100_000, jump_ms)]);
    }
}

#[test]
fn a_clock_that_jumps_there_and_back_is_followed_both_times() {
    let mut script = Script::ready();
    script.live(0, 10_000, 0);
    script.live(10_000, 20_000, HOUR_MS);
    script.live(20_000, 30_000, 0);
    script.live(30_000, 40_000, TO_ZERO_MS);
    script.ended(Some(40_000));
    let timeline = script.build();
    assert_eq!(times(&timeline), (steady(0, 40_000, 20), steady(0, 40_000, 40)));
    assert_eq!((timeline.gaps.len(), timeline.jumps.len()), (0, 2));
}

#[test]
fn a_clock_that_comes_back_nearly_is_another_one_and_does_not_run_ahead() {
    let mut script = Script::ready();
    script.live(0, 10_000, 0);
    script.live(10_000, 20_000, HOUR_MS);
    script.live(20_000, 30_000, 60_000);
    script.ended(Some(30_000));
    let timeline = script.build();
    assert_eq!(times(&timeline), (steady(0, 30_000, 20), steady(0, 30_000, 40)));
    assert_eq!((timeline.gaps.len(), timeline.jumps.len()), (0, 2));
}

#[test]
fn a_reset_to_zero_after_a_reconnect_leaves_the_gap_of_the_connection_and_no_other() {
    for backlog in [false, true] {
        let mut script = Script::ready();
        script.live(0, 100_000, 0);
        script.lost(Leg::Audio);
        script.lost(Leg::Video);
        script.wait_until(110_000);
        script.leg(Leg::Audio, None);
        script.leg(Leg::Video, None);
        if backlog {
            script.talk(7, 100_000 + TO_ZERO_MS, 110_000 + TO_ZERO_MS);
        }
        script.live(110_000, 200_000, TO_ZERO_MS);
        script.ended(Some(200_000));
        let timeline = script.build();
        let (sound, pictures) = times(&timeline);
        let lost = LossCause::Network;
        let near = |ms: i64, expected: i64| (ms - expected).abs() <= 200;
        let gaps = script.gaps();
        let of = |kind: Leg| gaps.iter().filter(|gap| gap.0 == kind).copied().collect::<Vec<_>>();
        assert!(
            matches!(of(Leg::Video)[..], [(_, 100_000, to, cause)] if near(to, 110_000) && cause == lost),
            "{backlog}: {gaps:?}"
        );
        match of(Leg::Audio)[..] {
            [] => assert!(backlog),
            [(_, 100_000, to, cause)] => assert!(!backlog && near(to, 110_000) && cause == lost, "{gaps:?}"),
            _ => panic!("{gaps:?}"),
        }
        let kept = if backlog { 10_000 } else { 9_500 };
        assert_eq!((sound.len(), pictures.len()), (kept, 4_750), "{backlog}");
        assert!(sound.windows(2).chain(pictures.windows(2)).all(|pair| pair[0] < pair[1]));
        assert_eq!(timeline.counts.absurd, 0);
        // Sound and pictures of one moment stay together.
        let late = |times: &[i64]| times.last().unwrap() - 199_960;
        assert!(near(late(&sound), 0) && (late(&sound) - 20 - late(&pictures)).abs() < 1, "{backlog}");
    }
}

#[test]
fn time_that_passed_while_a_clock_jumped_is_a_gap_of_the_clock() {
    let mut script = Script::ready();
    script.live(0, 100_000, 0);
    script.live(105_000, 200_000, HOUR_MS);
    script.ended(Some(200_000));
    let gaps = script.gaps();
    let [(Leg::Audio, from, to, cause), (Leg::Video, ..)] = gaps[..] else { panic!("{gaps:?}") };
    assert!((100_000..=100_040).contains(&from) && (104_800..=105_200).contains(&to), "{gaps:?}");
    assert_eq!(cause, LossCause::Clock);
}

#[test]
fn a_few_strays_are_no_jump_and_are_left_out_and_counted() {
    let mut script = Script::ready();
    script.live(0, 5_000, 0);
    for stray_ms in [TO_ZERO_MS, -HOUR_MS, 30 * HOUR_MS, i64::MAX / 4, i64::MIN / 4] {
        script.packet(7, stray_ms);
        script.live(script.arrived_ms as i64 - ZERO, script.arrived_ms as i64 - ZERO + 100, 0);
    }
    (0..49).for_each(|n| script.packet(7, 20 * n + TO_ZERO_MS));
    script.live(6_000, 9_000, 0);
    let timeline = script.build();
    assert_eq!((timeline.counts.absurd, timeline.jumps.len()), (5 + 49, 0));
}

#[test]
fn whoever_speaks_for_the_first_time_after_a_jump_is_heard_in_place() {
    let mut script = Script::ready();
    script.live(0, 30_000, 0);
    script.live(30_000, 60_000, TO_ZERO_MS);
    for at_ms in [60_000, 60_020, 60_040] {
        script.wait_until(at_ms);
        script.packet(9, at_ms + TO_ZERO_MS);
    }
    script.media(media::TrackKind::Share, 3, 60_000 + TO_ZERO_MS, vec![0xFF, 0xD8]);
    script.live(60_060, 61_000, TO_ZERO_MS);
    let timeline = script.build();
    let ninth = timeline.audio.iter().find(|track| track.source == 9).unwrap();
    assert_eq!(ninth.frames.iter().map(|frame| frame.at.ms()).collect::<Vec<_>>(), [60_000, 60_020, 60_040]);
    assert_eq!(timeline.share.frames[0].at.ms(), 60_000);
}

#[test]
fn one_source_alone_whose_clock_jumps_is_brought_back_and_the_others_stay() {
    let mut script = Script::ready();
    for at_ms in (0..60_000).step_by(20) {
        script.wait_until(at_ms);
        script.packet(7, at_ms);
        script.packet(8, if at_ms < 30_000 { at_ms } else { at_ms + HOUR_MS });
    }
    let timeline = script.build();
    let of = |source: i64| -> Vec<i64> {
        let tracks = timeline.audio.iter().filter(|track| track.source == source);
        tracks.flat_map(|track| track.frames.iter().map(|frame| frame.at.ms())).collect()
    };
    assert_eq!(of(7), steady(0, 60_000, 20));
    let eighth = of(8);
    assert_eq!(eighth.len(), 3_000);
    assert!(eighth.windows(2).all(|pair| pair[0] < pair[1]) && (eighth[2_999] - 59_980).abs() <= 200, "{eighth:?}");
    assert_eq!(timeline.gaps, []);
}

#[test]
fn words_and_events_after_a_jump_lie_where_they_were_said() {
    let mut script = Script::ready();
    script.live(0, 30_000, 0);
    script.live(30_000, 60_000, HOUR_MS);
    let at = |ms: i64| media::SourceTime::from_unix_ms(ZERO + ms);
    script.event(59_000 + HOUR_MS, EventBody::Left { id: ParticipantId(4) });
    script.event(
        50_000 + HOUR_MS,
        EventBody::Transcript(Utterance {
            speaker: None,
            text: Pii::new("hello".to_owned()),
            start: at(50_000 + HOUR_MS),
            end: at(51_000 + HOUR_MS),
            language: None,
        }),
    );
    script.ended(Some(60_000 + HOUR_MS));
    let timeline = script.build();
    assert_eq!(timeline.end.ms(), 60_000);
    assert_eq!(timeline.events[0].at, at(59_000));
    let words = &timeline.utterances[0];
    assert_eq!((words.start, words.end), (at(50_000), at(51_000)));
}

#[test]
fn a_clock_that_was_wrong_until_it_was_set_is_put_before_the_right_one() {
    let mut script = Script::ready();
    script.live(0, 5_000, TO_ZERO_MS);
    script.live(5_000, 20_000, 0);
    script.ended(Some(20_000));
    let timeline = script.build();
    assert_eq!(timeline.origin.unix_ms(), ZERO);
    assert_eq!(times(&timeline), (steady(0, 20_000, 20), steady(0, 20_000, 40)));
    assert_eq!((timeline.gaps.len(), timeline.jumps.len()), (0, 1));
}

#[test]
fn a_clock_of_this_machine_that_was_set_back_is_no_jump() {
    let mut script = Script::ready();
    script.live(0, 20_000, 0);
    for at_ms in (20_000..40_000).step_by(20) {
        script.arrived_ms = (ZERO + at_ms - HOUR_MS) as u64 + 50;
        script.packet(7, at_ms);
    }
    let timeline = script.build();
    assert_eq!((times(&timeline).0, timeline.jumps.len()), (steady(0, 40_000, 20), 0));
}

#[test]
fn an_owner_with_another_clock_is_no_jump() {
    for off_ms in [HOUR_MS, -HOUR_MS] {
        let mut script = Script::ready();
        script.live(0, 20_000, 0);
        script.epoch = 2;
        script.arrived_ms = script.arrived_ms.wrapping_add_signed(off_ms);
        script.leg(Leg::Audio, None);
        script.leg(Leg::Video, None);
        for at_ms in (22_000..40_000).step_by(20) {
            script.arrived_ms = (ZERO + at_ms + off_ms) as u64 + 50;
            script.packet(7, at_ms);
        }
        let timeline = script.build();
        assert_eq!((timeline.end.ms(), timeline.jumps.len()), (40_000, 0), "{off_ms}");
    }
}

#[test]
fn a_clock_that_was_reset_for_a_new_owner_goes_on_where_the_time_is() {
    let mut script = Script::ready();
    script.live(0, 20_000, 0);
    script.epoch = 2;
    script.wait_until(25_000);
    script.leg(Leg::Audio, None);
    script.leg(Leg::Video, None);
    script.live(25_000, 40_000, TO_ZERO_MS);
    script.ended(Some(40_000));
    let timeline = script.build();
    let (sound, pictures) = times(&timeline);
    assert_eq!((sound.len(), pictures.len(), timeline.counts.absurd), (1_750, 875, 0));
    assert!((sound[1_000] - 25_000).abs() <= 200, "{}", sound[1_000]);
    let gaps = script.gaps();
    assert!(gaps.len() == 2 && gaps.iter().all(|gap| gap.3 == LossCause::Ours), "{gaps:?}");
}

#[test]
fn a_second_stream_that_began_minutes_before_the_first_ended_is_no_jump() {
    let mut script = Script::ready();
    script.live(0, 300_000, 0);
    script.control(Control::Ended { code: "over".to_owned(), cut_short: false, stop_reason: Some(2), at: None });
    script.epoch = 2;
    script.arrived_ms = ZERO as u64 + 100_000;
    script.leg(Leg::Audio, None);
    script.leg(Leg::Video, None);
    script.live(100_000, 400_000, 0);
    script.ended(Some(400_000));
    let timeline = script.build();
    assert_eq!(timeline.jumps, []);
    assert_eq!(times(&timeline), (steady(0, 400_000, 20), steady(0, 400_000, 40)));
}

#[test]
fn media_that_was_held_up_for_minutes_is_late_and_no_jump() {
    let mut script = Script::ready();
    script.live(0, 100_000, 0);
    // This machine stood still; then comes what waited in its sockets, and then what is new.
    script.wait_until(400_000);
    script.talk(7, 100_000, 110_000);
    script.live(400_000, 420_000, 0);
    let timeline = script.build();
    assert_eq!(timeline.jumps, []);
    let (sound, _) = times(&timeline);
    assert_eq!(sound, [steady(0, 110_000, 20), steady(400_000, 420_000, 20)].concat());
}

fn jumps() -> impl Strategy<Value = i64> {
    prop_oneof![
        70_000..HOUR_MS,
        -HOUR_MS..-70_000,
        Just(HOUR_MS),
        Just(-HOUR_MS),
        Just(TO_ZERO_MS),
        Just(TO_ZERO_MS + 86_400_000),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whenever and however often the clock jumps, with strays between: nothing but the strays is lost, and nothing lies
    /// further off than arrivals are exact.
    #[test]
    fn whatever_the_clock_does_sound_and_pictures_go_on(
        pieces in vec((3_000..20_000_i64, jumps()), 1..5),
        strays in vec((0..200_usize, prop_oneof![Just(TO_ZERO_MS / 2), Just(40 * HOUR_MS)]), 0..4),
        seed in any::<u64>(),
    ) {
        let mut script = Script::ready();
        let (mut now_ms, mut off_ms) = (0, 0);
        let mut clocks: Vec<i64> = Vec::new();
        for (length_ms, jump_ms) in &pieces {
            let length_ms = length_ms / 1_000 * 1_000;
            script.live(now_ms, now_ms + length_ms, off_ms);
            now_ms += length_ms;
            clocks.push(off_ms);
            // One that is a minute behind an earlier clock cannot be told from that with a backlog.
            let is_clear = |off: i64| clocks.iter().all(|other| *other == off || (other - off).abs() > 66_000);
            off_ms = (off_ms + jump_ms..).step_by(66_000).find(|off| is_clear(*off)).unwrap_or(off_ms);
        }
        // A stray among what flows is followed by what flows.
        let mut lines = script.lines.clone();
        let mut stray_lines = 0;
        for (index, off_ms) in &strays {
            let place = 10 + index * 2;
            let Some((record, locator)) = lines.get(place).cloned() else { continue };
            let model::Entry::Media(mut frame) = record.entry.clone() else { continue };
            if frame.track.kind != media::TrackKind::Audio { continue; }
            frame.at = media::SourceTime::from_unix_ms(frame.at.unix_ms() + off_ms);
            let locator = model::Locator { offset: locator.offset + 1, ..locator };
            if lines.iter().any(|(_, other)| *other == locator) { continue; }
            lines.push((model::Record { entry: model::Entry::Media(frame), ..record }, locator));
            stray_lines += 1;
        }
        lines.sort_by_key(|(_, locator)| (locator.offset ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let timeline = build(lines.iter());
        let (sound, pictures) = times(&timeline);
        prop_assert_eq!((sound.len() as i64, pictures.len() as i64), (now_ms / 20, now_ms / 40));
        prop_assert_eq!(timeline.counts.absurd, stray_lines);
        let tolerance_ms = 300 * pieces.len() as i64;
        for (times, step_ms) in [(&sound, 20), (&pictures, 40)] {
            let disorder = times.windows(2).find(|pair| pair[0] >= pair[1]);
            prop_assert!(disorder.is_none(), "{disorder:?} {:?}", timeline.jumps);
            let off = times.iter().zip(0..).map(|(at, n)| (at - n * step_ms).abs()).max();
            prop_assert!(off.unwrap_or(0) <= tolerance_ms, "{off:?}");
        }
        // Sound and pictures that were made together stay together.
        let apart = pictures.iter().zip(sound.iter().step_by(2)).map(|(picture, packet)| (picture - packet).abs());
        prop_assert!(apart.max().unwrap_or(0) <= 1);
        // Whatever hole is left is declared.
        let declared = |from: i64, to: i64| {
            timeline.gaps.iter().any(|gap| gap.start.ms() <= from && gap.end.ms() >= to)
        };
        for pair in sound.windows(2).filter(|pair| pair[1] - pair[0] > 40) {
            prop_assert!(declared(pair[0] + 40, pair[1]), "{pair:?} {:?}", timeline.gaps);
        }
    }
}

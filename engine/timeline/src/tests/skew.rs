//! How this machine's clock stands to the platform's.

use media::TrackKind;

use super::script::{Script, ZERO};
use crate::Skew;

/// Sound of so many minutes, one packet a second, from a platform whose clock runs `ppm` faster than ours, which is `ahead_ms`
/// ahead. The way takes 20 to 70 ms.
fn minutes(script: &mut Script, from: u64, to: u64, ahead_ms: i64, ppm: i64) {
    for second in from * 60..to * 60 {
        let ours_ms = 1_000 * second as i64;
        script.arrived_ms = (ZERO + ours_ms + ahead_ms + 20 + (second * 7_919 % 51) as i64) as u64;
        script.packet(7, ours_ms + ours_ms * ppm / 1_000_000);
    }
}

fn skew(script: &Script) -> Skew {
    script.build().skew.expect("there is media")
}

#[test]
fn a_clock_that_is_ahead_and_one_that_runs_fast_are_told() {
    for (ahead_ms, ppm) in [(0, 0), (2_500, 200), (-40_000, -200), (100, 50), (0, -10)] {
        let mut script = Script::ready();
        minutes(&mut script, 0, 60, ahead_ms, ppm);
        let Skew { ahead_ms: found_ms, drift_ppm } = skew(&script);
        // In the middle of the hour the drift has come half its way.
        let expected_ms = ahead_ms + 20 - 1_800 * ppm / 1_000;
        assert!((found_ms - expected_ms).abs() <= 15, "{found_ms} for {expected_ms}");
        assert!((i64::from(drift_ppm.expect("an hour tells")) - ppm).abs() <= 1, "{drift_ppm:?} for {ppm}");
    }
}

#[test]
fn ten_minutes_are_needed_to_tell_a_drift() {
    for (length, is_told) in [(1, false), (9, false), (11, true)] {
        let mut script = Script::ready();
        minutes(&mut script, 0, length, 500, 100);
        assert_eq!(skew(&script).drift_ppm.is_some(), is_told, "{length}");
    }
    assert_eq!(Script::ready().build().skew, None);
}

#[test]
fn delayed_minutes_wild_stamps_and_a_clock_that_is_set_do_not_move_it() {
    let mut script = Script::ready();
    minutes(&mut script, 0, 40, 300, 100);
    // Ten minutes arrive half a minute late, and a few packets are stamped in another year.
    let late_ms = script.arrived_ms + 30_000;
    for second in 0..600 {
        script.arrived_ms = late_ms + second * 1_000;
        let ours_ms = 2_400_000 + second as i64 * 1_000;
        script.media(TrackKind::Audio, 7, ours_ms + ours_ms / 10_000, vec![second as u8; 8]);
    }
    minutes(&mut script, 51, 70, 300, 100);
    for n in 0..3 {
        script.arrived_ms += 20;
        script.packet(7, -40_000_000_000 + n);
    }
    let told = skew(&script);
    assert!((told.drift_ppm.expect("an hour tells") - 100).abs() <= 2, "{told:?}");
    // The next owner's machine has a clock of its own.
    script.epoch += 1;
    minutes(&mut script, 70, 80, 9_000_000, 0);
    let drift = skew(&script).drift_ppm.expect("an hour tells");
    assert!((drift - 100).abs() <= 2, "{drift}");
}

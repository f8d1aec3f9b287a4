//! Kills at uniformly random moments of a running meeting.

use std::{
    io::Write as _,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::{
    dice::Dice,
    e2e::{
        holes::{self, Hole},
        stage::{self, Played},
    },
    judge,
};

/// How much of what was received a kill may cost (fault matrix, loss budget).
const LOSS_MS: i64 = 1_250;
/// How long it may take until media flows again, but for one in twenty on a busy machine, which may take twice as long.
const GAP_MS: i64 = 5_000;
/// How exactly the moment of a kill is known: the meeting's clock is a little ahead of ours, and a kill takes a moment.
const KNOWN_MS: i64 = 250;

/// How much of the meeting is left after the last kill.
const LAST: Duration = Duration::from_secs(8);

fn unix_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// Kills a daemon that records at least as often as that and starts it again each time, then judges the recording by itself.
fn survive(least: usize, salt: u64) -> Played {
    let mut dice = Dice::salted(salt);
    let seconds = 12 + least as u64 * 4;
    let (runtime, simulator, mut daemon) = stage::set_up(stage::options("flash-beep", seconds, 1.0), &["127.0.0.1"]);
    let playing = runtime.spawn(simulator.run());
    daemon.wait_for_frames(1);
    let began = Instant::now();
    let mut killed_at_ms = Vec::new();
    // On an idle machine there are more than asked for, on a busy one each takes longer.
    while began.elapsed() + LAST < Duration::from_secs(seconds) {
        std::thread::sleep(Duration::from_millis(500 + dice.below(2_000) as u64));
        daemon.kill();
        killed_at_ms.push(unix_ms());
        daemon.start_again(&[]);
        daemon.wait_for_frames(1);
    }
    let kills = killed_at_ms.len();
    assert!(kills >= least, "{kills} of {least}");
    let report = runtime.block_on(playing).unwrap();
    let played = stage::finish(daemon, report);
    let meeting = played.meeting();
    assert_eq!(meeting.stop_reason, 6, "the meeting went on all the time");

    let found = holes::assert_declared(&played);
    let killed: Vec<i64> = killed_at_ms.iter().map(|at| at - played.second_0_ms()).collect();
    let (mut worst_loss_ms, mut worst_gap_ms, mut slow) = (0, 0, 0);
    // What is sent late is lost late.
    let known_ms = KNOWN_MS + meeting.worst_lag_ms as i64;
    for hole in &found {
        // The backlog of the next connection may bring the latest of what was lost, so that a hole ends before its kill.
        let away = |kill: i64| (hole.start_ms - kill).max(kill - LOSS_MS - hole.end_ms).max(0);
        let kill = killed.iter().copied().min_by_key(|kill| away(*kill)).expect("there were kills");
        assert!(away(kill) <= known_ms, "nobody was killed for {hole:?}: {killed:?}");
        let (loss_ms, gap_ms) = (kill.min(hole.end_ms) - hole.start_ms, hole.end_ms - kill);
        assert!(loss_ms <= LOSS_MS + known_ms, "{hole:?} of the kill at {kill}: {loss_ms} ms received and gone");
        assert!(gap_ms <= 2 * GAP_MS + known_ms, "{hole:?} of the kill at {kill}: media flowed {gap_ms} ms later");
        slow += usize::from(gap_ms > GAP_MS + known_ms);
        (worst_loss_ms, worst_gap_ms) = (loss_ms.max(worst_loss_ms), gap_ms.max(worst_gap_ms));
    }
    assert!(slow * 20 <= found.len(), "media flowed too late after {slow} of {} kills", found.len());
    assert!(found.iter().any(|hole| hole.track == "video"), "kills that cost nothing were none");
    let judged = judge::assert_whole_but_for_gaps(&played);
    let missing_ms: i64 = found.iter().map(Hole::ms).sum();
    let _ = writeln!(
        std::io::stderr(),
        "seed {}: {kills} kills, {} holes of {missing_ms} ms in all, worst loss {worst_loss_ms} ms, worst gap {worst_gap_ms} ms, \
         {} pictures, {} packets of sound (clear by {:.0} dB) and {} beeps in place, worst A/V offset {:.0} ms, the simulated Zoom was {} ms late",
        dice.seed(),
        found.len(),
        judged.pictures,
        judged.sound.packets,
        judged.sound.least_clear_db,
        judged.beeps,
        judged.worst_offset_ms,
        meeting.worst_lag_ms,
    );
    played
}

/// How many kills one test makes: its share of 51, or of `HANSARD_KILLS`.
fn share() -> usize {
    std::env::var("HANSARD_KILLS").ok().and_then(|kills| kills.parse::<usize>().ok()).unwrap_or(51).div_ceil(3)
}

#[test]
fn a_third_of_fifty_kills_costs_no_more_than_the_budget() {
    survive(share(), 1);
}

#[test]
fn another_third_of_fifty_kills_costs_no_more_than_the_budget() {
    survive(share(), 2);
}

#[test]
fn the_last_third_of_fifty_kills_costs_no_more_than_the_budget() {
    survive(share(), 3);
}

/// The negative control: the same meeting with nobody killed has no hole, and the judge sees all of it.
#[test]
fn a_daemon_that_nobody_kills_loses_nothing() {
    let options = stage::options("flash-beep", 10, 1.0);
    let (runtime, simulator, daemon) = stage::set_up(options, &["127.0.0.1"]);
    let report = runtime.block_on(simulator.run());
    let played = stage::finish(daemon, report);
    assert_eq!(holes::assert_declared(&played), []);
    let judged = judge::assert_whole_but_for_gaps(&played);
    assert!(judged.pictures >= 240 && judged.sound.packets >= 480 && judged.beeps >= 8, "{judged:?}");
    assert!(judged.worst_offset_ms <= 40.0, "{judged:?}");
}

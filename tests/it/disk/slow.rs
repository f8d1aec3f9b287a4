//! A disk that takes its time (fault matrix B4, C7): sockets are read and keep-alives answered as ever, and nothing is lost.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{
    judge,
    stage::{Scene, wait_for, wait_within},
};
use crate::e2e::{faults, ledger, stage};

/// What a keep-alive may take (fault matrix §1, hard limit), on a machine that is busy with other tests.
const KEEP_ALIVE_MS: u64 = 5_000;

/// How many captures share a disk that stalls.
const CAPTURES: usize = 100;

/// Lets the disk have a fault for so long; answers the worst lag that the daemon tells meanwhile and until it has told
/// `expected_s`, in seconds.
fn worst_lag_s(scene: &Scene, rules: &str, time: Duration, expected_s: f64) -> f64 {
    let (began, mut worst_s) = (Instant::now(), 0.0_f64);
    scene.faults.set(rules);
    wait_for("the lag", || {
        let over = began.elapsed() >= time;
        if over {
            scene.faults.clear();
        }
        worst_s = worst_s.max(scene.daemon.metric("hansard_durability_lag_seconds"));
        (over && worst_s >= expected_s).then_some(worst_s)
    })
}

#[test]
fn syncs_that_take_seconds_cost_nothing_and_hold_up_no_socket() {
    let scene = Scene::recording(26);
    for (delay_ms, seconds) in [(300, 3), (1_000, 4), (2_000, 6)] {
        let before = scene.daemon.frames_received();
        let rules = format!("captures/ sync delay:{delay_ms}");
        let lag_s = worst_lag_s(&scene, &rules, Duration::from_secs(seconds), f64::from(delay_ms) / 1000.0);
        assert!(scene.daemon.frames_received() > before, "nothing was read while syncs took {delay_ms} ms");
        judge::tell(&format!("syncs of {delay_ms} ms: {lag_s:.2} s until durable"));
    }
    assert!(scene.faults.hits() > 5, "{}", scene.faults.hits());
    let (played, _faults) = scene.finish();
    faults::assert_polite(played.meeting());
    judge::tell(&format!("worst keep-alive {} ms", played.meeting().keep_alive_worst_ms));
    assert!(played.meeting().keep_alive_worst_ms < KEEP_ALIVE_MS);
    // Nothing was refused, so nothing was written twice.
    ledger::assert_equal(&played.daemon.log_dir(&played.capture), played.meeting());
    judge::assert_whole(&played);
}

#[test]
fn a_disk_that_stands_still_for_ten_seconds_costs_nothing_and_health_says_so() {
    let stall = Duration::from_secs(10);
    let scene = Scene::recording(22);
    assert_eq!(scene.health(), "ready");
    let before = scene.daemon.frames_received();
    let lag_s = std::thread::scope(|scope| {
        let unwell = scope.spawn(|| {
            wait_within(stall, "a daemon that is not ready", || (scene.health() == "not_ready").then_some(()));
        });
        let lag_s = worst_lag_s(&scene, "* sync hold", stall, stall.as_secs_f64() - 2.0);
        unwell.join().unwrap();
        lag_s
    });
    assert!(scene.daemon.frames_received() > before, "nothing was read meanwhile");
    wait_for("a daemon that is ready", || (scene.health() == "ready").then_some(()));
    let (played, _faults) = scene.finish();
    faults::assert_polite(played.meeting());
    let worst_ms = played.meeting().keep_alive_worst_ms;
    judge::tell(&format!("a stall of {stall:?}: {lag_s:.2} s until durable, worst keep-alive {worst_ms} ms"));
    assert!(worst_ms < KEEP_ALIVE_MS);
    ledger::assert_equal(&played.daemon.log_dir(&played.capture), played.meeting());
    judge::assert_whole(&played);
}

/// C7. Light captures, of a quarter of a meeting's traffic each: it is the disk that shall be slow, and not the processor.
#[test]
fn a_hundred_captures_answer_their_keep_alives_while_the_disk_stands_still() {
    let options = fixtures::Options {
        meetings: CAPTURES,
        start_stagger: Duration::from_millis(50),
        ..stage::options("load-unhashed", 7, 0.25)
    };
    let scene = Scene::begin(options, "");
    wait_for("all captures", || (scene.daemon.metric("hansard_captures_active") as usize == CAPTURES).then_some(()));
    // Each connection is asked every 10 s: three stalls of 2 s meet many of the questions.
    for _ in 0..3 {
        scene.suffer("* sync hold", Duration::from_secs(2));
        thread::sleep(Duration::from_millis(1_500));
    }
    assert!(scene.faults.hits() > 0);
    let (daemon, report, _faults) = scene.end();
    let worst_ms = report.meetings.iter().map(|meeting| meeting.keep_alive_worst_ms).max().unwrap();
    let late_ms = report.meetings.iter().map(|meeting| meeting.worst_lag_ms).max().unwrap();
    judge::tell(&format!("{CAPTURES} captures: worst keep-alive {worst_ms} ms; the simulator was {late_ms} ms late"));
    assert!((1..KEEP_ALIVE_MS).contains(&worst_ms), "{worst_ms} ms");
    assert!(report.meetings.iter().all(|meeting| meeting.outages.is_empty()), "a connection was lost");
    assert_eq!(daemon.metric("hansard_media_dropped_frames_total"), 0.0);
    let sent: u64 = report.meetings.iter().map(|meeting| meeting.frames("audio") + meeting.frames("video")).sum();
    wait_for("every frame", || (daemon.frames_received() >= sent).then_some(()));
}

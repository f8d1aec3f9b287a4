//! Kills while the daemon recovers from a kill.

use std::time::Duration;

use crate::{
    dice::Dice,
    e2e::{holes, stage},
    judge,
};

/// How often it is killed before it may live.
const KILLS: usize = 20;

#[test]
fn twenty_kills_during_recovery_end_as_none_would() {
    let mut dice = Dice::salted(4);
    // It outlasts the kills, so that the last recovery still finds it.
    let (runtime, simulator, mut daemon) = stage::set_up(stage::options("flash-beep", 40, 1.0), &["127.0.0.1"]);
    let playing = runtime.spawn(simulator.run());
    let before = daemon.wait_for_recording();
    daemon.wait_for_frames(400);
    daemon.kill();
    for _ in 0..KILLS {
        daemon.start_and_kill(Duration::from_millis(100 + dice.below(800) as u64));
    }
    daemon.start_again(&[]);
    daemon.wait_for_frames(1);
    let played = stage::finish(daemon, runtime.block_on(playing).unwrap());
    assert_eq!(played.capture["id"], before["id"]);
    assert_eq!(played.capture["recordings"].as_array().unwrap().len(), 1);
    let found = holes::assert_declared(&played);
    assert!(!found.is_empty());
    let judged = judge::assert_whole_but_for_gaps(&played);
    assert!(judged.pictures > 300 && judged.sound.packets > 600, "{judged:?}");
}

//! The daemon is killed in the middle of a meeting and started again: what it had is there, what it missed is declared.

use model::Epoch;

use super::{
    holes::{self, Hole},
    ledger, media, stage,
};

/// How many frames are received before the kill: about five seconds of three voices and a camera.
const FRAMES_BEFORE: u64 = 800;
/// What a kill may cost of what was received (fault matrix, loss budget), and the time until media flows again.
const LOSS_AND_GAP_MS: i64 = 1_250 + 5_000;

#[test]
fn a_killed_daemon_goes_on_with_the_same_recording() {
    let (runtime, simulator, mut daemon) = stage::set_up(stage::options("copyable", 20, 1.0), &["127.0.0.1"]);
    let playing = runtime.spawn(simulator.run());
    let before = daemon.wait_for_recording();
    daemon.wait_for_frames(FRAMES_BEFORE);
    daemon.kill_and_restart();
    let report = runtime.block_on(playing).unwrap();
    let played = stage::finish(daemon, report);
    assert_eq!(played.capture["id"], before["id"]);
    assert_eq!(played.capture["recordings"].as_array().unwrap().len(), 1);

    assert_eq!(holes::epochs(&played.daemon.log_dir(&played.capture)), [Epoch(1), Epoch(2)]);
    let found = holes::assert_declared(&played);
    let blind_ms = found.iter().filter(|hole| hole.track == "video").map(Hole::ms).max().unwrap();
    assert!((40..LOSS_AND_GAP_MS).contains(&blind_ms), "{found:?}");
    let quality = played.json("quality.json");
    assert_eq!(quality["grade"], "partial", "{quality:#}");
    assert!(!quality["gaps"].as_array().unwrap().is_empty(), "{quality:#}");

    let file = played.file("video_mixed.mp4");
    media::assert_streams(&file, played.seconds());
    media::assert_decodes(&file);
    // Everybody is announced once, however often the daemon began.
    let events = played.json("participant_events.json");
    let joins = events.as_array().unwrap().iter().filter(|event| event["action"] == "join").count();
    assert_eq!(joins, played.meeting().presence.len());
}

#[test]
fn a_daemon_that_is_stopped_for_an_upgrade_keeps_all_that_it_received_and_goes_on() {
    let (runtime, simulator, mut daemon) = stage::set_up(stage::options("copyable", 14, 1.0), &["127.0.0.1"]);
    let playing = runtime.spawn(simulator.run());
    daemon.wait_for_recording();
    daemon.wait_for_frames(400);
    daemon.stop_and_restart();
    let played = stage::finish(daemon, runtime.block_on(playing).unwrap());
    // Not even what was on its way while the connections were closed is missing.
    ledger::assert_equal(&played.daemon.log_dir(&played.capture), played.meeting());
    let [hole] = &holes::assert_declared(&played)[..] else { panic!("one gap, of pictures that were never sent") };
    assert!(hole.track == "video" && (40..5_000).contains(&hole.ms()), "{hole:?}");
    media::assert_decodes(&played.file("video_mixed.mp4"));
    // A stream that was told to stop would have ended.
    assert_eq!(played.meeting().stop_reason, 6);
    assert_eq!(holes::epochs(&played.daemon.log_dir(&played.capture)), [Epoch(1), Epoch(2)]);
}

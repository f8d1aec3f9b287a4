//! A customer pauses a recording while the meeting goes on, and the process dies meanwhile: of the pause nothing is kept, and what is
//! missing is declared as asked for.

use std::time::{Duration, Instant};

use model::{Entry, EventBody};
use serde_json::{Value, json};

use super::{
    http, media,
    stage::{self, Daemon},
};

/// How long something may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a frame needs at most from its moment to the daemon, on a busy machine.
const WAY_MS: i64 = 1_000;

/// Waits until the recording of a capture stands so, and answers the capture.
fn wait_for(daemon: &Daemon, path: &str, status: &str, recording: &str) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let capture = http::get_json(&daemon.url(path));
        if capture["status"]["code"] == status && capture["recordings"][0]["status"]["code"] == recording {
            return capture;
        }
        assert!(Instant::now() < deadline, "neither {status} nor {recording}: {capture:#}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The moments of every frame in the log of a capture, and those of its pauses.
fn logged(daemon: &Daemon, capture: &Value) -> (Vec<i64>, Vec<(bool, i64)>) {
    let mut reader = journal::LogReader::open(journal::LogDir::at(daemon.log_dir(capture))).unwrap();
    let (mut frames, mut turns) = (Vec::new(), Vec::new());
    while let Some(stored) = reader.next_record().unwrap() {
        match stored.record.entry {
            Entry::Media(frame) => frames.push(frame.at.unix_ms()),
            Entry::Event(event) => match event.body {
                EventBody::Paused => turns.push((true, event.at.unix_ms())),
                EventBody::Resumed => turns.push((false, event.at.unix_ms())),
                _ => {}
            },
            Entry::Control(_) => {}
        }
    }
    turns.dedup();
    (frames, turns)
}

#[test]
fn of_a_pause_nothing_is_kept_although_the_process_dies_in_it() {
    let (runtime, simulator, mut daemon) = stage::set_up(stage::options("copyable", 40, 1.0), &["127.0.0.1"]);
    let playing = runtime.spawn(simulator.run());
    let capture = daemon.wait_for_recording();
    daemon.wait_for_frames(200);
    let path = format!("/api/v1/meeting_direct_connect/{}", capture["id"].as_str().unwrap());
    let ask = |daemon: &Daemon, verb: &str| http::post(&daemon.url(&format!("{path}/{verb}/")), &json!({})).0;
    assert_eq!(ask(&daemon, "pause_recording"), 200);
    wait_for(&daemon, &path, "in_call_not_recording", "paused");
    let before = daemon.frames_received();
    daemon.wait_for_frames(before + 800);
    daemon.kill_and_restart();
    // The count is the new process's: sound and pictures come again, and none is kept.
    daemon.wait_for_frames(800);
    wait_for(&daemon, &path, "in_call_not_recording", "paused");
    assert_eq!(ask(&daemon, "resume_recording"), 200);
    wait_for(&daemon, &path, "in_call_recording", "processing");
    let report = runtime.block_on(playing).unwrap();
    let played = stage::finish(daemon, report);

    let (frames, turns) = logged(&played.daemon, &played.capture);
    let [(true, paused_ms), (false, resumed_ms)] = turns[..] else { panic!("the log tells of {turns:?}") };
    let within = frames.iter().filter(|at| (paused_ms + WAY_MS..resumed_ms - WAY_MS).contains(*at)).count();
    assert_eq!(within, 0, "frames of the pause are in the log");
    assert!(resumed_ms - paused_ms > 2 * WAY_MS, "the pause took {} ms only", resumed_ms - paused_ms);
    for (what, range) in [("before", i64::MIN..paused_ms), ("after", resumed_ms..i64::MAX)] {
        assert!(frames.iter().filter(|at| range.contains(*at)).count() > 100, "the control: frames from {what}");
    }
    let quality = played.json("quality.json");
    let pauses: Vec<&Value> =
        quality["gaps"].as_array().unwrap().iter().filter(|gap| gap["cause"] == "pause").collect();
    assert!(!pauses.is_empty(), "{quality:#}");
    let second_0_ms = played.second_0_ms();
    let words = played.json("transcript.json");
    for entry in words.as_array().unwrap() {
        let at_ms = second_0_ms + (entry["words"][0]["start_timestamp"]["relative"].as_f64().unwrap() * 1000.0) as i64;
        assert!(
            !(paused_ms + WAY_MS..resumed_ms - WAY_MS).contains(&at_ms),
            "something said in the pause is in the transcript: {entry}"
        );
    }
    // It is one file, as long as the meeting.
    media::assert_streams(&played.file("video_mixed.mp4"), played.seconds());
    let codes: Vec<&str> = played.capture["status_changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["code"].as_str().unwrap())
        .collect();
    let expected = [
        "joining_call",
        "in_call_not_recording",
        "in_call_recording",
        "in_call_not_recording",
        "in_call_recording",
        "call_ended",
        "done",
    ];
    assert_eq!(codes, expected);
}

//! A defect in one capture, one connection, one render or one decoder ends only that, and leaves everything beside it as it was
//! (fault matrix A5, I10, I12). Of answers to clients it is tested in `answers`.

mod answers;

use fixtures::{MeetingReport, Simulator};
use model::Epoch;
use serde_json::Value;

use crate::e2e::{
    holes, http, ledger, media,
    stage::{self, Daemon, Environment, Files},
};

/// How many meetings run beside each other.
const MEETINGS: usize = 3;
/// How much of what was received a capture that panicked may lose, and how long until it is back (fault matrix A5 and loss
/// budget), in seconds; and the time that a busy machine takes.
const LOSS_AND_GAP_S: f64 = 1.25 + 1.0 + 3.0;

/// Plays meetings beside each other into a daemon with these fault points; answers it with each meeting and its capture.
fn play(meetings: usize, seconds: u64, points: &str) -> (Daemon, Vec<(MeetingReport, Value)>) {
    play_in(meetings, seconds, vec![("FAILPOINTS", points.into())])
}

/// The same with a daemon that finds all this in its environment.
fn play_in(meetings: usize, seconds: u64, environment: Environment) -> (Daemon, Vec<(MeetingReport, Value)>) {
    let options = fixtures::Options { meetings, ..stage::options("copyable", seconds, 1.0) };
    let place = (tempfile::tempdir().unwrap(), environment);
    let (runtime, simulator, daemon) = stage::set_up_in(options, place);
    let report = runtime.block_on(Simulator::run(simulator));
    let played = report.meetings.into_iter().map(|meeting| {
        let capture = daemon.wait_for_end(&meeting.rtms_stream_id);
        (meeting, capture)
    });
    let played = played.collect();
    (daemon, played)
}

/// Whether a later owner went on with a capture.
fn was_taken_up(daemon: &Daemon, capture: &Value) -> bool {
    holes::epochs(&daemon.log_dir(capture)).last() > Some(&Epoch(1))
}

fn assert_untouched(daemon: &Daemon, meeting: &MeetingReport, capture: &Value) {
    ledger::assert_equal(&daemon.log_dir(capture), meeting);
    let files = Files::of(capture);
    assert_eq!(files.json("quality.json")["grade"], "complete");
    media::assert_decodes(&files.file("video_mixed.mp4"));
}

/// Asserts that the capture that comes to this point in its middle goes on with a declared gap, and that no other notices.
fn assert_one_goes_on_behind(point: &str) {
    let (daemon, played) = play(MEETINGS, 9, &format!("{point}=600*off->1*panic->off"));
    assert_eq!(daemon.metric("hansard_stage_errors_total{stage=\"capture\"}"), 1.0, "it panicked once");
    let (hit, others): (Vec<_>, Vec<_>) = played.iter().partition(|(_, capture)| was_taken_up(&daemon, capture));
    assert_eq!((hit.len(), others.len()), (1, MEETINGS - 1));
    others.iter().for_each(|(meeting, capture)| assert_untouched(&daemon, meeting, capture));
    let (_, capture) = hit[0];
    assert_eq!((&capture["status"]["code"], capture["recordings"].as_array().unwrap().len()), (&"done".into(), 1));
    let files = Files::of(capture);
    media::assert_decodes(&files.file("video_mixed.mp4"));
    let quality = files.json("quality.json");
    let gaps = quality["gaps"].as_array().unwrap();
    assert!(!gaps.is_empty(), "{quality:#}");
    for gap in gaps {
        let long_s = gap["end"].as_f64().unwrap() - gap["start"].as_f64().unwrap();
        assert!(gap["cause"] == "ours" && long_s <= LOSS_AND_GAP_S, "{gap}");
    }
}

#[test]
fn a_capture_that_panics_goes_on_with_a_declared_gap_and_no_other_notices() {
    assert_one_goes_on_behind("ingest::received");
}

#[test]
fn a_connection_whose_reading_panics_costs_its_capture_a_declared_gap_and_no_other_notices() {
    assert_one_goes_on_behind("ingest::leg");
}

#[test]
fn a_render_that_panics_is_made_again_and_no_other_notices() {
    // Each worker counts its own steps.
    let point = ("FAILPOINTS", "studio::rendering=3*off->1*panic->off".into());
    let (daemon, played) = play_in(MEETINGS, 6, vec![point, ("HANSARD_FAULTY_WORKERS", "1".into())]);
    assert!(daemon.metric("hansard_stage_errors_total{stage=\"render\"}") >= 1.0, "it panicked");
    played.iter().for_each(|(meeting, capture)| assert_untouched(&daemon, meeting, capture));
    assert_eq!(http::anonymous(&daemon.url("/health/ready")).status().as_u16(), 200);
}

/// Plays a meeting whose render panics at a point, so many times in all, and is done with everything received nevertheless.
fn play_one(point: &str, panics: f64) -> (Daemon, MeetingReport, Value) {
    let (daemon, mut played) = play(1, 4, point);
    assert_eq!(daemon.metric("hansard_stage_errors_total{stage=\"render\"}"), panics);
    let (meeting, capture) = played.remove(0);
    ledger::assert_equal(&daemon.log_dir(&capture), &meeting);
    assert_eq!(capture["status"]["code"], "done");
    (daemon, meeting, capture)
}

#[test]
fn a_decoder_that_panics_each_time_costs_the_video_and_nothing_else() {
    // It was tried three times.
    let (daemon, meeting, capture) = play_one("studio::decoding=panic", 3.0);
    let shortcuts = &capture["recordings"][0]["media_shortcuts"];
    let status = |name: &str| [&shortcuts[name]["status"]["code"], &shortcuts[name]["status"]["sub_code"]];
    assert_eq!(status("video_mixed"), ["failed", "render_panicked"], "{shortcuts:#}");
    let read = |pointer: &str| -> Value { http::json_behind(shortcuts.pointer(pointer).unwrap().as_str().unwrap()) };
    assert_eq!(status("transcript")[0], "done");
    assert_eq!(read("/transcript/data/download_url").as_array().unwrap().len(), meeting.transcript.len());
    assert_eq!(status("participant_events")[0], "done");
    assert_eq!(read("/meeting_metadata/data/quality_download_url")["grade"], "partial");
    assert_eq!(http::anonymous(&daemon.url("/health/ready")).status().as_u16(), 200);
}

#[test]
fn a_judgement_that_panics_costs_no_artifact() {
    let (_daemon, _, capture) = play_one("studio::judging=panic", 1.0);
    let recording = &capture["recordings"][0];
    assert_eq!(recording["quality"], Value::Null);
    for (name, shortcut) in recording["media_shortcuts"].as_object().unwrap() {
        assert!(shortcut.is_null() || shortcut["status"]["code"] == "done", "{name}: {shortcut}");
    }
    media::assert_decodes(&Files::of(&capture).file("video_mixed.mp4"));
}

/// The negative control: without a fault point nobody is taken up by another owner.
#[test]
fn captures_beside_each_other_are_complete() {
    let (daemon, played) = play(MEETINGS, 6, "");
    assert_eq!(daemon.metric("hansard_stage_errors_total"), 0.0);
    for (meeting, capture) in &played {
        assert!(!was_taken_up(&daemon, capture));
        assert_untouched(&daemon, meeting, capture);
    }
}

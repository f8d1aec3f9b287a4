//! Meetings of which there is little, through the whole daemon: each artifact plays, or failed with a code that is written down. Broken
//! logs of every kind are judged beside `studio`.

use fixtures::{Options, Script, Simulator};
use serde_json::{Value, json};

use super::{cuts, http, media, stage};

/// Plays a staged meeting of these lines, and answers what became of its capture.
fn played(lines: &str) -> Value {
    let script = Script::parse(&format!("scenario staged\n{lines}")).unwrap();
    let options = Options { script: Some(script), ..Options::default() };
    let runtime = stage::runtime();
    let simulator = runtime.block_on(Simulator::start(options.clone())).unwrap();
    let daemon = stage::Daemon::start(&options, stage::own_address(), simulator.ca_pem(), stage::Setting::default());
    let invitation = simulator.invitations().remove(0);
    let wanted = json!({ "video_separate_mp4": {}, "audio_mixed_m4a": {}, "audio_separate_ogg": {} });
    let report = runtime.block_on(async {
        let playing = tokio::spawn(simulator.run());
        cuts::announce(&daemon, &options, &invitation, &invitation.server_urls, &wanted);
        playing.await.unwrap()
    });
    let capture = daemon.wait_for_end(&report.meetings[0].rtms_stream_id);
    for artifact in capture["recordings"][0]["artifacts"].as_array().unwrap() {
        assert_playable(artifact);
    }
    capture
}

/// Asserts that an artifact is done and plays, or failed with a code.
fn assert_playable(artifact: &Value) {
    let codes = include_str!("../../../docs/reference/codes.md");
    let status = &artifact["status"];
    if status["code"] == "failed" {
        let code = status["sub_code"].as_str().unwrap();
        assert!(codes.contains(&format!("| `{code}` |")), "{artifact}");
        return;
    }
    assert_eq!(status["code"], "done", "{artifact}");
    if !["video_mixed", "audio_mixed"].iter().any(|kind| artifact["kind"] == *kind) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file.mp4");
    let mut body = http::anonymous(artifact["data"]["download_url"].as_str().unwrap()).into_body();
    std::fs::write(&file, body.with_config().limit(1 << 30).read_to_vec().unwrap()).unwrap();
    media::probe(&file);
    media::assert_decodes(&file);
    media::assert_symphonia_reads(&file);
}

/// How long the recording is, in seconds.
fn seconds(capture: &Value) -> f64 {
    let recording = &capture["recordings"][0];
    let [from, to] = ["started_at", "completed_at"].map(|key| {
        let at = recording[key].as_str().unwrap_or_else(|| panic!("{key}: {recording:#}"));
        at.parse::<jiff::Timestamp>().unwrap().as_millisecond() as f64
    });
    (to - from) / 1_000.0
}

fn state(capture: &Value, kind: &str) -> Value {
    let artifacts = capture["recordings"][0]["artifacts"].as_array().unwrap();
    artifacts.iter().find(|each| each["kind"] == kind).unwrap()["status"]["code"].clone()
}

#[test]
fn a_meeting_of_nobody_of_one_voice_of_one_camera_and_of_a_second_each_end_in_files_that_play() {
    for (lines, length) in [
        ("duration 3s\n", 3.0),
        ("duration 3s\n0s join ada\n0s count ada\n", 3.0),
        ("duration 3s\n0s join ada\n0s camera ada flash\n", 3.0),
        ("duration 2s\n0s join ada\n0s camera ada flash\n0s count ada\n1s end\n", 1.0),
    ] {
        let capture = played(lines);
        assert_eq!(capture["status"]["code"], "done", "{lines:?}: {capture:#}");
        assert!((seconds(&capture) - length).abs() < 0.5, "{lines:?}: {capture:#}");
        for kind in ["video_mixed", "audio_mixed", "video_separate", "audio_separate"] {
            assert_eq!(state(&capture, kind), "done", "{lines:?}: {capture:#}");
        }
    }
}

//! How long a capture log lives, and what a recording says of itself as long as anybody asks.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{http, stage};

/// The recording of the first capture, as a customer sees it.
fn recording(daemon: &stage::Daemon) -> Value {
    let list = http::get_json(&daemon.url("/api/v1/meeting_direct_connect"));
    list["results"][0]["recordings"][0].clone()
}

#[test]
fn a_log_that_is_not_to_be_kept_is_gone_after_the_next_start_and_every_file_is_still_there() {
    let mut played = stage::play("copyable", 6, 1.0);
    let log = played.daemon.log_dir(&played.capture);
    let metrics = http::anonymous(&played.daemon.url("/metrics")).body_mut().read_to_string().unwrap();
    assert!(metrics.contains(r#"hansard_recordings_made_total{grade="complete"} 1"#), "{metrics}");
    let before = recording(&played.daemon);
    assert_eq!(before["quality"], json!({ "grade": "complete", "gap_seconds": {} }));
    assert_eq!(before["capture_log"], json!({ "code": "kept", "removed_at": null }));
    let report = played.json("quality.json");
    for track in report["tracks"].as_array().unwrap() {
        let sum: u64 = ["media_ms", "missing_ms", "muted_ms"].iter().map(|key| track[*key].as_u64().unwrap()).sum();
        assert_eq!(sum, report["duration_ms"].as_u64().unwrap(), "{track}");
    }
    // The simulator's clock is this machine's.
    let ahead_ms = report["clock"]["ahead_ms"].as_i64().unwrap();
    assert!((-1_000..1_000).contains(&ahead_ms), "{report:#}");
    assert!(report["av_offset_ms"].as_u64().unwrap() <= 40, "{report:#}");
    assert!(log.exists(), "the control: without the setting it is kept");

    played.daemon.kill();
    played.daemon.start_again(&[("HANSARD_DATA__KEEP_LOG_HOURS", "0")]);
    let deadline = Instant::now() + Duration::from_secs(60);
    while log.exists() {
        assert!(Instant::now() < deadline, "the log stays");
        std::thread::sleep(Duration::from_millis(100));
    }
    let after = recording(&played.daemon);
    assert_eq!((&after["capture_log"]["code"], &after["status"]["code"]), (&json!("removed"), &json!("done")));
    assert!(after["capture_log"]["removed_at"].is_string());
    let url = after["media_shortcuts"]["video_mixed"]["data"]["download_url"].as_str().unwrap();
    let bytes = http::anonymous(url).into_body().read_to_vec().unwrap();
    assert_eq!(bytes, std::fs::read(played.file("video_mixed.mp4")).unwrap());
}

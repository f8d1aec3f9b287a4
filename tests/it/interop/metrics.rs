//! The metrics of the real binary, judged by Prometheus' own `promtool`.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::json;

use crate::e2e::{
    http,
    receiver::Receiver,
    stage::{self, Setting},
};

/// The program of that name, or the one that `scripts/setup --test` took out of its package.
fn promtool() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = tests.parent().unwrap().join("target/promtool/usr/bin/promtool");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join("promtool")).find(|program| program.exists());
    let promtool = found.unwrap_or(own);
    assert!(promtool.exists(), "{} is missing: run `scripts/setup --test` first", promtool.display());
    promtool
}

/// What `promtool check metrics` finds wrong with metrics; nothing if it takes them.
fn judged(metrics: &str) -> Result<(), String> {
    let mut child = Command::new(promtool())
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[test]
fn promtool_finds_nothing_wrong_with_the_metrics_of_a_daemon_that_captured_a_meeting() {
    let receiver = Receiver::start();
    let (runtime, simulator, daemon) = stage::set_up_with(stage::options("copyable", 4, 1.0), |_| Setting {
        environment: receiver.environment(),
        ..Setting::default()
    });
    let report = runtime.block_on(simulator.run());
    let played = stage::finish(daemon, report);
    receiver.wait_for("meeting_direct_connect.done");
    // What is refused is counted as well.
    let (status, _) = http::post(&played.daemon.url("/api/v1/meeting_direct_connect"), &json!({}));
    assert_eq!(status, 400);
    let metrics = http::anonymous(&played.daemon.url("/metrics")).into_body().read_to_string().unwrap();
    let names =
        ["hansard_media_received_frames_total", "hansard_delivery_attempts_total", "hansard_http_requests_total"];
    for name in names {
        assert!(metrics.contains(&format!("\n{name}{{")), "{name} is not there:\n{metrics}");
    }
    assert_eq!(judged(&metrics), Ok(()));
    // The control: what is not described, is no counter by its name, or is no sample, is found.
    let undescribed = format!("{metrics}\n# TYPE hansard_odd gauge\nhansard_odd 1\n");
    assert!(judged(&undescribed).unwrap_err().contains("hansard_odd no help text"));
    assert!(judged(&format!("{metrics}\nhansard_odd{{of=\"x}} 1\n")).is_err());
}

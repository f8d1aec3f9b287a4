//! Plays simulated meetings into a daemon of the real binary, and waits for what comes out. The daemon is in `daemon`.

use std::{io::Read, path::PathBuf, time::Duration};

use fixtures::{MeetingReport, Options, Report, Simulator};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) use super::daemon::{API_KEY, Daemon, Environment, Host, Setting, binary, own_address};
use super::http;

/// A meeting that was played to its end, with everything that came out.
pub(crate) struct Played {
    pub(crate) daemon: Daemon,
    pub(crate) report: Report,
    pub(crate) capture: Value,
    pub(crate) files: Files,
}

/// The files of one recording.
pub(crate) struct Files(pub(crate) TempDir);

impl Files {
    /// Downloads every file of a capture's recording through its signed link.
    pub(crate) fn of(capture: &Value) -> Self {
        let files = tempfile::tempdir().unwrap();
        for (name, url) in links(capture) {
            let mut bytes = Vec::new();
            http::anonymous(&url).into_body().into_reader().read_to_end(&mut bytes).unwrap();
            std::fs::write(files.path().join(name), bytes).unwrap();
        }
        Self(files)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.file(name)).unwrap()).unwrap()
    }
}

impl Played {
    pub(crate) fn meeting(&self) -> &MeetingReport {
        &self.report.meetings[0]
    }

    /// Second 0 as the customer is told, in milliseconds since the Unix epoch.
    pub(crate) fn second_0_ms(&self) -> i64 {
        let started_at = self.capture["recordings"][0]["started_at"].as_str().unwrap();
        started_at.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    pub(crate) fn seconds(&self) -> f64 {
        (self.meeting().end_ms - self.second_0_ms()) as f64 / 1000.0
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.files.file(name)
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        self.files.json(name)
    }
}

/// Options for a scenario.
pub(crate) fn options(scenario: &str, seconds: u64, time_scale: f64) -> Options {
    Options {
        scenario: scenario.parse().unwrap(),
        duration: Duration::from_secs(seconds),
        time_scale,
        ..Options::default()
    }
}

/// What the simulated Zoom runs on.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// The certificate of a simulated Zoom's authority, for a daemon that dials nobody.
pub(crate) fn authority() -> String {
    runtime().block_on(Simulator::start(Options::default())).unwrap().ca_pem().to_owned()
}

/// Starts the simulated Zoom, and a daemon that trusts it and dials only `allowed_hosts`.
pub(crate) fn set_up(options: Options, allowed_hosts: &[&str]) -> (Runtime, Simulator, Daemon) {
    set_up_with(options, |_| Setting { allowed_hosts, ..Setting::default() })
}

/// The same with a daemon that lives in an empty directory, with more in its environment.
pub(crate) fn set_up_in(options: Options, (dir, environment): (TempDir, Environment)) -> (Runtime, Simulator, Daemon) {
    set_up_with(options, |_| Setting { dir: Some(dir), environment, ..Setting::default() })
}

/// Starts the simulated Zoom and a daemon that asks it over REST, and wants streams again that broke off.
pub(crate) fn set_up_asking(options: Options) -> (Runtime, Simulator, Daemon) {
    set_up_wanting(options, "account_id = \"simulated\"\nrestart = true")
}

/// Starts the simulated Zoom and a daemon that knows where it answers over REST, with more lines for its app.
pub(crate) fn set_up_wanting(options: Options, app: &str) -> (Runtime, Simulator, Daemon) {
    let mut zoom = String::new();
    set_up_with(options, |simulator| {
        let rest = simulator.rest_addr();
        zoom = format!("api_url = \"https://{rest}/v2\"\noauth_url = \"https://{rest}/oauth/token\"");
        Setting { app, zoom: &zoom, ..Setting::default() }
    })
}

/// Starts the simulated Zoom, and a daemon that trusts it, in a setting that may depend on it.
pub(crate) fn set_up_with<'a>(
    mut options: Options,
    setting: impl FnOnce(&Simulator) -> Setting<'a>,
) -> (Runtime, Simulator, Daemon) {
    let runtime = runtime();
    let address = own_address();
    options.webhook_url = Some(format!("http://{address}/zoom-webhook"));
    let simulator = runtime.block_on(Simulator::start(options.clone())).unwrap();
    let daemon = Daemon::start(&options, address, simulator.ca_pem(), setting(&simulator));
    (runtime, simulator, daemon)
}

/// Plays one meeting, waits for its artifacts and downloads every file through its signed link.
pub(crate) fn play(scenario: &str, seconds: u64, time_scale: f64) -> Played {
    let (runtime, simulator, daemon) = set_up(options(scenario, seconds, time_scale), &["127.0.0.1"]);
    let report = runtime.block_on(simulator.run());
    finish(daemon, report)
}

/// Waits for the artifacts of the first meeting, and downloads every file through its signed link.
pub(crate) fn finish(daemon: Daemon, report: Report) -> Played {
    let capture = daemon.wait_for_end(&report.meetings[0].rtms_stream_id);
    assert_eq!(capture["status"]["code"], "done", "{capture}");
    let files = Files::of(&capture);
    Played { daemon, report, capture, files }
}

/// Every download link of a capture's recording, with the name that its file gets here.
pub(crate) fn links(capture: &Value) -> Vec<(&'static str, String)> {
    let shortcuts = &capture["recordings"][0]["media_shortcuts"];
    [
        ("video_mixed.mp4", "/video_mixed/data/download_url"),
        ("transcript.json", "/transcript/data/download_url"),
        ("transcript.vtt", "/transcript/data/vtt_download_url"),
        ("transcript.srt", "/transcript/data/srt_download_url"),
        ("transcript.txt", "/transcript/data/txt_download_url"),
        ("transcript.md", "/transcript/data/markdown_download_url"),
        ("transcript.jsonl", "/transcript/data/jsonl_download_url"),
        ("participant_events.json", "/participant_events/data/participant_events_download_url"),
        ("speaker_timeline.json", "/participant_events/data/speaker_timeline_download_url"),
        ("participants.json", "/participant_events/data/participants_download_url"),
        ("chat.json", "/participant_events/data/chat_download_url"),
        ("chat.txt", "/participant_events/data/chat_text_download_url"),
        ("talk_time.json", "/participant_events/data/talk_time_download_url"),
        ("meeting.json", "/meeting_metadata/data/meeting_download_url"),
        ("quality.json", "/meeting_metadata/data/quality_download_url"),
    ]
    .into_iter()
    .map(|(name, pointer)| {
        let url = shortcuts.pointer(pointer).and_then(Value::as_str);
        (name, url.unwrap_or_else(|| panic!("no {pointer} in {shortcuts:#}")).to_owned())
    })
    .collect()
}

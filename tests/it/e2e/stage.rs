//! Plays simulated meetings into a daemon of the real binary, and waits for what comes out.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use fixtures::{MeetingReport, Options, Report, Simulator};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::http;

pub(crate) const API_KEY: &str = "test-key";

/// The binary that `scripts/test` builds before the tests run.
pub(crate) fn binary() -> PathBuf {
    let tests = std::env::current_exe().expect("a running test has a path");
    let profile = tests.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
    let path = profile.join("hansard");
    assert!(path.exists(), "{} is missing: run `cargo build -p daemon` first, as scripts/test does", path.display());
    path
}

/// A loopback address that no other test uses: each test process has its own 127.x.y.0/24, each daemon a host in it.
pub(crate) fn own_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(1);
    let process = std::process::id();
    let host = NEXT.fetch_add(1, Ordering::Relaxed) as u8;
    let ip = Ipv4Addr::new(127, 64 | (process >> 8) as u8 & 63, process as u8, host);
    SocketAddr::from((ip, 18_080))
}

/// What the disk of the machine on which tests run has to do with them: nothing.
const ANY_DISK: &str = "[data.space]\nlow_percent = 0\nlow_minutes = 0\nscarce_percent = 0\nscarce_minutes = 0\n\
    critical_percent = 0\nexhausted_percent = 0";

/// What a daemon of the test runs within.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Host<'a> {
    /// A command that does something first, and ends with `exec \"$@\"`; empty for none. It finds the directory in `$DIR`.
    pub(crate) shell: &'a str,
    /// What runs that command; empty for a plain shell.
    pub(crate) wrapper: &'a [&'a str],
    /// More sections of the configuration; empty for what makes the disk of this machine count for nothing.
    pub(crate) sections: &'a str,
}

/// Starts `hansard run` by the configuration in `dir`.
fn spawn(dir: &Path, webhook_secret: &str, host: Host<'_>, environment: &[(&str, &str)]) -> Child {
    let mut words: Vec<&str> = host.wrapper.to_vec();
    let binary = binary();
    if !host.shell.is_empty() {
        words.extend(["sh", "-c", host.shell, "sh"]);
    }
    words.push(binary.to_str().unwrap());
    Command::new(words[0])
        .args(&words[1..])
        .env("DIR", dir)
        .args(["run", "--config"])
        .arg(dir.join("hansard.toml"))
        .env("TEST_WEBHOOK_SECRET", webhook_secret)
        .envs(environment.iter().copied())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The same, and waits until it is ready.
fn launch(dir: &Path, webhook_secret: &str, host: Host<'_>) -> Child {
    let mut child = spawn(dir, webhook_secret, host, &[]);
    wait_until_ready(&mut child);
    child
}

fn wait_until_ready(child: &mut Child) {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = String::new();
    loop {
        let line = lines.next().unwrap_or_else(|| panic!("the daemon ended before it was ready:\n{said}")).unwrap();
        said.push_str(&line);
        said.push('\n');
        if line.contains("ready") {
            break;
        }
    }
    // The pipe must be read on, or the daemon's log would block.
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let _ = writeln!(std::io::stderr(), "daemon: {line}");
        }
    });
}

/// A running `hansard run`, ended when dropped.
pub(crate) struct Daemon {
    pub(crate) address: SocketAddr,
    child: Child,
    dir: TempDir,
    webhook_secret: String,
}

impl Daemon {
    /// Starts one that trusts `ca_pem` and dials only `allowed_hosts`, and waits until it is ready.
    pub(crate) fn start(options: &Options, address: SocketAddr, ca_pem: &str, allowed_hosts: &[&str]) -> Self {
        Self::start_asking(options, address, ca_pem, allowed_hosts, "", "")
    }

    /// The same, with more lines for its app and for `[zoom]`.
    pub(crate) fn start_asking(
        options: &Options,
        address: SocketAddr,
        ca_pem: &str,
        allowed_hosts: &[&str],
        app: &str,
        zoom: &str,
    ) -> Self {
        Self::start_within(options, address, ca_pem, allowed_hosts, app, zoom, Host::default())
    }

    /// The same, within a host that is short of something.
    pub(crate) fn start_within(
        options: &Options,
        address: SocketAddr,
        ca_pem: &str,
        allowed_hosts: &[&str],
        app: &str,
        zoom: &str,
        host: Host<'_>,
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("ca.pem"), ca_pem).unwrap();
        let config = format!(
            r#"
[server]
listen = "{address}"
public_url = "http://{address}"
[data]
dir = {data:?}
[[zoom.apps]]
name = "first"
client_id = "{id}"
client_secret = "{secret}"
webhook_secret = {{ env = "TEST_WEBHOOK_SECRET" }}
{app}
[zoom]
{zoom}
allowed_hosts = {allowed_hosts:?}
extra_ca_file = {ca:?}
[api]
keys = [{{ name = "test", key = "{API_KEY}" }}]
{sections}
"#,
            sections = if host.sections.is_empty() { ANY_DISK } else { host.sections },
            data = dir.path().join("data"),
            ca = dir.path().join("ca.pem"),
            id = options.client_id,
            secret = options.client_secret,
        );
        std::fs::write(dir.path().join("hansard.toml"), config).unwrap();
        let webhook_secret = options.webhook_secret.clone();
        let child = launch(dir.path(), &webhook_secret, host);
        Self { address, child, dir, webhook_secret }
    }

    /// Kills it without any warning, and starts it again on what it left behind.
    pub(crate) fn kill_and_restart(&mut self) {
        self.kill();
        self.start_again(&[]);
    }

    /// Kills it without any warning; the one before may be dead already.
    pub(crate) fn kill(&mut self) {
        let _dead = self.child.kill();
        self.child.wait().unwrap();
    }

    /// Starts it, which must be dead, on what it left behind, with more in its environment.
    pub(crate) fn start_again(&mut self, environment: &[(&str, &str)]) {
        self.child = spawn(self.dir.path(), &self.webhook_secret, Host::default(), environment);
        wait_until_ready(&mut self.child);
    }

    /// Starts it, and kills it soon afterwards, wherever it is then.
    pub(crate) fn start_and_kill(&mut self, after: Duration) {
        self.child = spawn(self.dir.path(), &self.webhook_secret, Host::default(), &[]);
        std::thread::sleep(after);
        self.kill();
    }

    /// Waits until it has died by itself.
    pub(crate) fn wait_for_death(&mut self, why: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.child.try_wait().unwrap().is_none() {
            assert!(
                Instant::now() < deadline,
                "{why}: it lives; was it built with `cargo build --workspace --features daemon/fault-points`?"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to stop as a supervisor would, and starts it again on what it left behind.
    pub(crate) fn stop_and_restart(&mut self) {
        self.stop();
        self.start_again(&[]);
    }

    /// Asks it to stop as a supervisor would.
    pub(crate) fn stop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }

    /// Runs `hansard` with its configuration; answers whether it said that all went well.
    pub(crate) fn command(&self, args: &[&str]) -> bool {
        let mut command = Command::new(binary());
        command.args(args).arg("--config").arg(self.dir.path().join("hansard.toml"));
        let output = command.env("TEST_WEBHOOK_SECRET", &self.webhook_secret).output().unwrap();
        let _ = writeln!(std::io::stderr(), "{}", String::from_utf8_lossy(&output.stderr));
        output.status.success()
    }

    /// Writes other lines for its webhook secrets into its configuration, and tells it to read that again.
    pub(crate) fn rotate(&self, secrets: &str) {
        let file = self.dir.path().join("hansard.toml");
        let config = std::fs::read_to_string(&file).unwrap();
        let others = |line: &&str| !line.contains("webhook_secret");
        let rest: Vec<&str> = config.lines().filter(others).collect();
        let at = rest.iter().position(|line| line.starts_with("client_secret")).unwrap();
        let config = [&rest[..=at], &[secrets], &rest[at + 1..]].concat().join("\n");
        self.reload(&config);
    }

    /// Puts other sections in the place of those at the end of its configuration, and tells it to read that again.
    pub(crate) fn change_sections(&self, old: &str, new: &str) {
        let config = std::fs::read_to_string(self.dir.path().join("hansard.toml")).unwrap();
        assert!(config.contains(old), "{old:?} is not in {config}");
        self.reload(&config.replace(old, new));
    }

    fn reload(&self, config: &str) {
        std::fs::write(self.dir.path().join("hansard.toml"), config).unwrap();
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    }

    /// The data directory as the daemon sees it, which may have mounted something there.
    pub(crate) fn own_data_dir(&self) -> PathBuf {
        let data = self.data_dir();
        let below = data.strip_prefix("/").unwrap();
        PathBuf::from(format!("/proc/{}/root", self.child.id())).join(below)
    }

    /// The value of a metric, with its labels; 0 if there is none yet.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = http::anonymous(&self.url("/metrics")).body_mut().read_to_string().unwrap();
        let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        found.unwrap_or_default()
    }

    /// Starts a second one on the same data directory, which must end by itself: its exit status and its last words.
    pub(crate) fn start_a_second(&self) -> (Option<i32>, String) {
        let mut command = Command::new(binary());
        command.args(["run", "--config"]).arg(self.dir.path().join("hansard.toml"));
        command.env("HANSARD_SERVER__LISTEN", own_address().to_string());
        let output = command.env("TEST_WEBHOOK_SECRET", &self.webhook_secret).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The log directory of a capture.
    pub(crate) fn log_dir(&self, capture: &Value) -> PathBuf {
        self.data_dir().join("captures").join(capture["id"].as_str().unwrap()).join("log")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits until a capture is being recorded, and answers it.
    pub(crate) fn wait_for_recording(&self) -> Value {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let list = http::get_json(&self.url("/api/v1/meeting_direct_connect"));
            if let Some(capture) = list["results"].get(0).filter(|one| one["status"]["code"] == "in_call_recording") {
                return capture.clone();
            }
            assert!(Instant::now() < deadline, "no recording: {list}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// How many frames it has received, by its own count.
    pub(crate) fn frames_received(&self) -> u64 {
        let metrics = http::anonymous(&self.url("/metrics")).body_mut().read_to_string().unwrap();
        let lines = metrics.lines().filter(|line| line.starts_with("hansard_media_received_frames_total{"));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// Waits until it has received at least `frames`.
    pub(crate) fn wait_for_frames(&self, frames: u64) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.frames_received() < frames {
            assert!(Instant::now() < deadline, "{} frames instead of {frames}", self.frames_received());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until the capture of that stream is terminal, and answers it as a customer sees it.
    pub(crate) fn wait_for_end(&self, stream_id: &str) -> Value {
        let deadline = Instant::now() + Duration::from_secs(420);
        loop {
            let captures = http::get_json(&self.url("/api/v1/meeting_direct_connect"));
            let found = captures["results"].as_array().unwrap().iter().find(|capture| {
                capture["zoom_rtms"]["rtms_stream_id"] == stream_id
                    && matches!(capture["status"]["code"].as_str(), Some("done" | "fatal"))
            });
            if let Some(capture) = found {
                return capture.clone();
            }
            assert!(Instant::now() < deadline, "no terminal capture in time: {captures}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Asks it to stop as a supervisor would, and answers what it exits with.
    pub(crate) fn terminate(mut self) -> i32 {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A meeting that was played to its end, with everything that came out.
pub(crate) struct Played {
    pub(crate) daemon: Daemon,
    pub(crate) report: Report,
    pub(crate) capture: Value,
    files: Files,
}

/// The files of one recording.
pub(crate) struct Files(TempDir);

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

/// Starts the simulated Zoom and a daemon that trusts it.
pub(crate) fn set_up(mut options: Options, allowed_hosts: &[&str]) -> (Runtime, Simulator, Daemon) {
    let runtime = runtime();
    let address = own_address();
    options.webhook_url = Some(format!("http://{address}/zoom-webhook"));
    let simulator = runtime.block_on(Simulator::start(options.clone())).unwrap();
    let daemon = Daemon::start(&options, address, simulator.ca_pem(), allowed_hosts);
    (runtime, simulator, daemon)
}

/// Starts the simulated Zoom and a daemon that asks it over REST, and wants streams again that broke off.
pub(crate) fn set_up_asking(options: Options) -> (Runtime, Simulator, Daemon) {
    set_up_wanting(options, "account_id = \"simulated\"\nrestart = true")
}

/// Starts the simulated Zoom and a daemon that knows where it answers over REST, with more lines for its app.
pub(crate) fn set_up_wanting(mut options: Options, app: &str) -> (Runtime, Simulator, Daemon) {
    let runtime = runtime();
    let address = own_address();
    options.webhook_url = Some(format!("http://{address}/zoom-webhook"));
    let simulator = runtime.block_on(Simulator::start(options.clone())).unwrap();
    let rest = simulator.rest_addr();
    let zoom = format!("api_url = \"https://{rest}/v2\"\noauth_url = \"https://{rest}/oauth/token\"");
    let daemon = Daemon::start_asking(&options, address, simulator.ca_pem(), &["127.0.0.1"], app, &zoom);
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
fn links(capture: &Value) -> Vec<(&'static str, String)> {
    let shortcuts = &capture["recordings"][0]["media_shortcuts"];
    [
        ("video_mixed.mp4", "/video_mixed/data/download_url"),
        ("transcript.json", "/transcript/data/download_url"),
        ("transcript.vtt", "/transcript/data/vtt_download_url"),
        ("participant_events.json", "/participant_events/data/participant_events_download_url"),
        ("speaker_timeline.json", "/participant_events/data/speaker_timeline_download_url"),
        ("participants.json", "/participant_events/data/participants_download_url"),
        ("chat.json", "/participant_events/data/chat_download_url"),
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

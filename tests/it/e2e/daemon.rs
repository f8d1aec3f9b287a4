//! A daemon of the real binary: how it is configured, started, asked, signalled, killed and started again.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use fixtures::Options;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use serde_json::Value;
use tempfile::TempDir;

use super::{http, supervisor::Supervisor};

pub(crate) const API_KEY: &str = "test-key";

/// The binary that `scripts/test` builds before the tests run.
pub(crate) fn binary() -> PathBuf {
    let tests = std::env::current_exe().expect("a running test has a path");
    let profile = tests.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
    let path = profile.join("hansard");
    assert!(
        path.exists(),
        "{} is missing: run `cargo build --workspace --features daemon/fault-points` first, as scripts/test does",
        path.display()
    );
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

/// What a daemon finds in its environment beside what the test itself has.
pub(crate) type Environment = Vec<(&'static str, OsString)>;

/// What a daemon of a test lives in, and what it is told beside the simulated Zoom's credentials.
pub(crate) struct Setting<'a> {
    /// Whom it may dial: by default the simulated Zoom.
    pub(crate) allowed_hosts: &'a [&'a str],
    /// More lines for its app.
    pub(crate) app: &'a str,
    /// More lines for `[zoom]`.
    pub(crate) zoom: &'a str,
    /// An empty directory; by default one of its own.
    pub(crate) dir: Option<TempDir>,
    pub(crate) environment: Environment,
    pub(crate) host: Host<'a>,
    /// Who starts it and hears from it; by default nobody.
    pub(crate) supervisor: Option<Supervisor>,
}

impl Default for Setting<'_> {
    fn default() -> Self {
        Self {
            allowed_hosts: &["127.0.0.1"],
            app: "",
            zoom: "",
            dir: None,
            environment: Environment::new(),
            host: Host::default(),
            supervisor: None,
        }
    }
}

fn wait_until_ready(child: &mut Child) {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = String::new();
    loop {
        let line = lines.next().unwrap_or_else(|| panic!("the daemon ended before it was ready:\n{said}")).unwrap();
        let _ = writeln!(std::io::stderr(), "daemon: {line}");
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
    child: Option<Child>,
    dir: TempDir,
    webhook_secret: String,
    environment: Environment,
    supervisor: Option<Supervisor>,
}

impl Daemon {
    /// Starts one that trusts `ca_pem`, and waits until it is ready.
    pub(crate) fn start(options: &Options, address: SocketAddr, ca_pem: &str, setting: Setting<'_>) -> Self {
        let host = setting.host;
        let mut daemon = Self::prepare(options, address, ca_pem, setting);
        daemon.start_by(host, &[]);
        daemon
    }

    /// Writes the configuration of one that does not run yet.
    pub(crate) fn prepare(options: &Options, address: SocketAddr, ca_pem: &str, setting: Setting<'_>) -> Self {
        let Setting { allowed_hosts, app, zoom, dir, environment, host, supervisor } = setting;
        let dir = dir.unwrap_or_else(|| tempfile::tempdir().unwrap());
        let sections = if host.sections.is_empty() { ANY_DISK } else { host.sections };
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
            data = dir.path().join("data"),
            ca = dir.path().join("ca.pem"),
            id = options.client_id,
            secret = options.client_secret,
        );
        std::fs::write(dir.path().join("hansard.toml"), config).unwrap();
        let webhook_secret = options.webhook_secret.clone();
        Self { address, child: None, dir, webhook_secret, environment, supervisor }
    }

    /// A command that runs it, on a host, under its supervisor if there is one.
    fn run(&self, host: Host<'_>) -> Command {
        let binary = binary();
        let mut words: Vec<&str> = host.wrapper.to_vec();
        if !host.shell.is_empty() {
            words.extend(["sh", "-c", host.shell, "sh"]);
        }
        words.push(binary.to_str().unwrap());
        let mut command = match &self.supervisor {
            Some(supervisor) => supervisor.command(&binary),
            None => Command::new(words[0]),
        };
        if self.supervisor.is_none() {
            command.args(&words[1..]);
        }
        command.env("DIR", self.dir.path()).env("TEST_WEBHOOK_SECRET", &self.webhook_secret);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.args(["run", "--config"]).arg(self.config_file());
        command
    }

    fn start_by(&mut self, host: Host<'_>, environment: &[(&str, &str)]) {
        let mut command = self.run(host);
        let mut child = command.envs(environment.iter().copied()).stderr(Stdio::piped()).spawn().unwrap();
        wait_until_ready(&mut child);
        self.child = Some(child);
    }

    /// Starts it, which does not run, and waits until it is ready.
    pub(crate) fn launch(&mut self) {
        self.start_again(&[]);
    }

    /// The same, with more in its environment.
    pub(crate) fn start_again(&mut self, environment: &[(&str, &str)]) {
        self.start_by(Host::default(), environment);
    }

    /// Kills it without any warning, and starts it again on what it left behind.
    pub(crate) fn kill_and_restart(&mut self) {
        self.kill();
        self.launch();
    }

    /// Kills it without any warning; it may be dead already.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _dead = child.kill();
            child.wait().unwrap();
        }
    }

    /// Starts it, and kills it soon afterwards, wherever it is then.
    pub(crate) fn start_and_kill(&mut self, after: Duration) {
        self.child = Some(self.run(Host::default()).stderr(Stdio::null()).spawn().unwrap());
        std::thread::sleep(after);
        self.kill();
    }

    /// Waits until it has died by itself.
    pub(crate) fn wait_for_death(&mut self, why: &str) {
        let mut child = self.child.take().unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while child.try_wait().unwrap().is_none() {
            if Instant::now() > deadline {
                let _ = child.kill();
                panic!("{why}: it lives; was it built with `cargo build --workspace --features daemon/fault-points`?");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to stop as a supervisor would, and starts it again on what it left behind.
    pub(crate) fn stop_and_restart(&mut self) {
        self.stop();
        self.launch();
    }

    /// Asks it to stop as a supervisor would.
    pub(crate) fn stop(&mut self) {
        self.signal(Signal::TERM);
        assert_eq!(self.wait(), 0);
    }

    /// Asks it to stop as a supervisor would, and answers what it exits with.
    pub(crate) fn terminate(mut self) -> i32 {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.child.as_ref().unwrap()), signal).unwrap();
    }

    /// Stops its whole process where it is, until it gets the signal to go on.
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
        let pid = Pid::from_child(self.child.as_ref().unwrap());
        waitpid(Some(pid), WaitOptions::UNTRACED).unwrap();
    }

    /// Waits for its end, and answers what it exits with.
    pub(crate) fn wait(&mut self) -> i32 {
        self.child.take().unwrap().wait().unwrap().code().unwrap_or(-1)
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Runs it until it ends by itself, under a supervisor if there is one, and answers what it exits with and what it says.
    pub(crate) fn run_to_end(&self, supervisor: Option<&Supervisor>) -> (i32, String) {
        let binary = binary();
        let mut command = supervisor.map_or_else(|| Command::new(&binary), |supervisor| supervisor.command(&binary));
        command.args(["run", "--config"]).arg(self.config_file()).env("TEST_WEBHOOK_SECRET", &self.webhook_secret);
        let output = command.output().unwrap();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Starts a second one on the same data directory, which must end by itself: its exit status and its last words.
    pub(crate) fn start_a_second(&self) -> (Option<i32>, String) {
        let mut command = Command::new(binary());
        command.args(["run", "--config"]).arg(self.config_file());
        command.env("HANSARD_SERVER__LISTEN", own_address().to_string());
        let output = command.env("TEST_WEBHOOK_SECRET", &self.webhook_secret).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.dir.path().join("hansard.toml")
    }

    /// Who it runs under.
    pub(crate) fn supervisor(&self) -> &Supervisor {
        self.supervisor.as_ref().expect("it was started under one")
    }

    /// Runs `hansard` with its configuration; answers whether it said that all went well.
    pub(crate) fn command(&self, args: &[&str]) -> bool {
        let mut command = Command::new(binary());
        command.args(args).arg("--config").arg(self.config_file());
        let output = command.env("TEST_WEBHOOK_SECRET", &self.webhook_secret).output().unwrap();
        let _ = writeln!(std::io::stderr(), "{}", String::from_utf8_lossy(&output.stderr));
        output.status.success()
    }

    /// Writes other lines for its webhook secrets into its configuration, and tells it to read that again.
    pub(crate) fn rotate(&self, secrets: &str) {
        let file = self.config_file();
        let config = std::fs::read_to_string(&file).unwrap();
        let others = |line: &&str| !line.contains("webhook_secret");
        let rest: Vec<&str> = config.lines().filter(others).collect();
        let at = rest.iter().position(|line| line.starts_with("client_secret")).unwrap();
        let config = [&rest[..=at], &[secrets], &rest[at + 1..]].concat().join("\n");
        self.reload(&config);
    }

    /// Puts other sections in the place of those at the end of its configuration, and tells it to read that again.
    pub(crate) fn change_sections(&self, old: &str, new: &str) {
        let config = std::fs::read_to_string(self.config_file()).unwrap();
        assert!(config.contains(old), "{old:?} is not in {config}");
        self.reload(&config.replace(old, new));
    }

    fn reload(&self, config: &str) {
        std::fs::write(self.config_file(), config).unwrap();
        self.signal(Signal::HUP);
    }

    /// The data directory as the daemon sees it, which may have mounted something there.
    pub(crate) fn own_data_dir(&self) -> PathBuf {
        let data = self.data_dir();
        let below = data.strip_prefix("/").unwrap();
        PathBuf::from(format!("/proc/{}/root", self.pid())).join(below)
    }

    /// The sum of a metric over its labels, or of one series of it; 0 before its first value.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let metrics = http::anonymous(&self.url("/metrics")).body_mut().read_to_string().unwrap();
        let is_of = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
        metrics.lines().filter(is_of).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
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
        self.metric("hansard_media_received_frames_total") as u64
    }

    /// Waits until it has received at least `frames`.
    pub(crate) fn wait_for_frames(&self, frames: u64) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.frames_received() < frames {
            assert!(Instant::now() < deadline, "{} frames instead of {frames}", self.frames_received());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Every capture, newest first.
    pub(crate) fn captures(&self) -> Vec<Value> {
        let mut all = Vec::new();
        let mut page = Some(self.url("/api/v1/meeting_direct_connect"));
        while let Some(url) = page {
            let list = http::get_json(&url);
            all.extend(list["results"].as_array().unwrap().iter().cloned());
            page = list["next"].as_str().map(str::to_owned);
        }
        all
    }

    /// Waits until the capture of that stream is terminal, and answers it as a customer sees it.
    pub(crate) fn wait_for_end(&self, stream_id: &str) -> Value {
        let deadline = Instant::now() + Duration::from_secs(420);
        loop {
            let captures = self.captures();
            let found = captures.iter().find(|capture| {
                capture["zoom_rtms"]["rtms_stream_id"] == stream_id
                    && matches!(capture["status"]["code"].as_str(), Some("done" | "fatal"))
            });
            if let Some(capture) = found {
                return capture.clone();
            }
            assert!(Instant::now() < deadline, "no terminal capture in time: {captures:?}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}

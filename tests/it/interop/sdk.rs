//! Runs the app of `tests/interop` against a simulated Zoom.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fixtures::{MeetingReport, Options, Report, Script, Simulator};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How long the app may take to report after the meeting.
const REPORTING: Duration = Duration::from_secs(20);
/// How much of the SDK's own log a failure shows.
const LOG_BYTES: usize = 4_000;

/// What both sides say of one meeting.
pub(super) struct Joined {
    pub(super) report: Report,
    pub(super) app: Value,
}

impl Joined {
    pub(super) fn meeting(&self) -> &MeetingReport {
        &self.report.meetings[0]
    }
}

/// The interpreter of the environment with the SDK in it, and with libraries for receivers.
pub(super) fn python(root: &Path) -> PathBuf {
    let python = root.join("target/interop/bin/python");
    let complete = root.join("target/interop/requirements.txt").exists() && python.exists();
    assert!(complete, "{} is missing or not complete: run `scripts/setup --test` first", python.display());
    python
}

/// A running app, ended when dropped.
struct App {
    child: Child,
    /// Where it takes webhooks.
    port: u16,
    /// Its plan, its report, the authority, and the log of the SDK.
    dir: TempDir,
}

impl App {
    fn start(plan: &Value, webhook_secret: &str) -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("logs")).unwrap();
        std::fs::write(dir.path().join("plan.json"), plan.to_string()).unwrap();
        let mut child = Command::new(python(tests.parent().unwrap()))
            .arg(tests.join("interop/client.py"))
            .args(["plan.json", "report.json"])
            .current_dir(dir.path())
            .env("HOME", dir.path())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("WEBHOOK_SECRET", webhook_secret)
            // The argument `ca` of the SDK's join changes nothing.
            .env("ZM_RTMS_CA", dir.path().join("ca.pem"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("listening ").and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("the app does not listen: {line:?}"));
        // The SDK may print whatever it likes; a full pipe would stop it.
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        Self { child, port, dir }
    }

    /// Waits for its report: it comes when the SDK has left or could not join.
    fn report(&self) -> Value {
        let deadline = Instant::now() + REPORTING;
        loop {
            if let Ok(report) = std::fs::read(self.dir.path().join("report.json")) {
                return serde_json::from_slice(&report).unwrap();
            }
            assert!(Instant::now() < deadline, "no report; the SDK's log ends with\n{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Lets it report even if the SDK does not leave.
    fn end(&mut self) {
        drop(self.child.stdin.take());
    }

    /// The end of what the SDK wrote about itself.
    fn log(&self) -> String {
        let mut said = Vec::new();
        for entry in std::fs::read_dir(self.dir.path().join("logs")).into_iter().flatten().flatten() {
            said.extend(std::fs::read(entry.path()).unwrap_or_default());
        }
        String::from_utf8_lossy(&said[said.len().saturating_sub(LOG_BYTES)..]).into_owned()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Options for a scenario of that many seconds, at twice the speed.
pub(super) fn options(scenario: &str, seconds: u64) -> Options {
    Options {
        scenario: scenario.parse().unwrap(),
        duration: Duration::from_secs(seconds),
        time_scale: 2.0,
        ..Options::default()
    }
}

/// Options for what a scenario file says, at twice the speed.
pub(super) fn scripted(text: &str) -> Options {
    let script = Script::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    Options { time_scale: 2.0, script: Some(script), ..Options::default() }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Plays one meeting to the app, and answers what both sides say.
pub(super) fn play(options: Options, plan: &Value) -> Joined {
    let runtime = runtime();
    let (mut app, simulator) = set_up(&runtime, options, plan);
    let report = runtime.block_on(simulator.run());
    app.end();
    Joined { report, app: app.report() }
}

/// Announces one meeting to an app that cannot join, and answers what the app says; nobody waits for the meeting.
pub(super) fn refused(options: Options, plan: &Value) -> Value {
    let runtime = runtime();
    let (app, simulator) = set_up(&runtime, options, plan);
    runtime.spawn(simulator.run());
    app.report()
}

/// Starts the app, and a simulated Zoom that it trusts and that has announced nothing yet.
fn set_up(runtime: &Runtime, mut options: Options, plan: &Value) -> (App, Simulator) {
    let app = App::start(plan, &options.webhook_secret);
    options.webhook_url = Some(format!("http://127.0.0.1:{}/", app.port));
    let simulator = runtime.block_on(Simulator::start(options)).unwrap();
    std::fs::write(app.dir.path().join("ca.pem"), simulator.ca_pem()).unwrap();
    (app, simulator)
}

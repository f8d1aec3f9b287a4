//! Plays a meeting into a daemon whose disk fails on command, and waits for facts.

use std::{
    fs, thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use fixtures::{Invitation, Options, Report, Simulator};
use journal::{LogDir, LogReader};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{runtime::Runtime, task::JoinHandle};

use super::preload::Faults;
use crate::e2e::{
    cuts, http,
    stage::{self, Daemon, Files, Played, Setting},
};

/// How long a fact may take that has no limit of its own; the machine is busy with other tests.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A meeting that is being played.
pub(super) struct Scene {
    pub(super) faults: Faults,
    pub(super) daemon: Daemon,
    /// The meeting, or the first of them.
    pub(super) invitation: Invitation,
    runtime: Runtime,
    playing: JoinHandle<Report>,
}

impl Scene {
    /// Begins a steady meeting of so many seconds, and waits until it is being recorded.
    pub(super) fn recording(seconds: u64) -> Self {
        let scene = Self::begin(stage::options("copyable", seconds, 1.0), "");
        scene.daemon.wait_for_recording();
        scene
    }

    /// Begins a meeting while the disk has these faults.
    pub(super) fn begin(options: Options, rules: &str) -> Self {
        Self::begin_in(options, rules, (Faults::new(), tempfile::tempdir().unwrap()))
    }

    /// The same by these faults, and in a directory that is empty but for what the data directory shall be.
    pub(super) fn begin_in(options: Options, rules: &str, (faults, dir): (Faults, TempDir)) -> Self {
        let environment = faults.environment(dir.path());
        let (runtime, simulator, daemon) = stage::set_up_in(options, (dir, environment));
        let invitation = simulator.invitations().remove(0);
        faults.set(rules);
        let playing = runtime.spawn(simulator.run());
        Self { faults, daemon, invitation, runtime, playing }
    }

    /// Begins a meeting that a customer asks for by this `recording_config`, with more lines for its app.
    pub(super) fn asked_for(options: Options, app: &str, recording_config: &Value) -> Self {
        let (faults, dir) = (Faults::new(), tempfile::tempdir().unwrap());
        let environment = faults.environment(dir.path());
        let runtime = stage::runtime();
        let simulator = runtime.block_on(Simulator::start(options.clone())).unwrap();
        let address = stage::own_address();
        let setting = Setting { app, dir: Some(dir), environment, ..Setting::default() };
        let daemon = Daemon::start(&options, address, simulator.ca_pem(), setting);
        let invitation = simulator.invitations().remove(0);
        let playing = runtime.spawn(simulator.run());
        cuts::announce(&daemon, &options, &invitation, &invitation.server_urls, recording_config);
        Self { faults, daemon, invitation, runtime, playing }
    }

    /// Lets the disk have these faults for so long; answers when it is well again.
    pub(super) fn suffer(&self, rules: &str, time: Duration) -> SystemTime {
        self.faults.set(rules);
        thread::sleep(time);
        self.faults.clear();
        SystemTime::now()
    }

    /// Waits until a fault was met that comes after the first `before`.
    pub(super) fn wait_for_hit(&self, before: usize) {
        wait_for("a call that meets the fault", || (self.faults.hits() > before).then_some(()));
    }

    /// How long it took until something that was received after `since` was in the newest segment of the log.
    pub(super) fn resumed_after(&self, since: SystemTime) -> Duration {
        let since_ns = since.duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
        let capture = self.capture();
        let dir = LogDir::at(self.daemon.log_dir(&capture));
        wait_for("a record of later", || {
            let mut reader = LogReader::open(dir.clone()).unwrap();
            while let Some(stored) = reader.next_record().unwrap() {
                if stored.record.arrived_unix_ns > since_ns {
                    return Some(());
                }
            }
            None
        });
        since.elapsed().unwrap()
    }

    /// The capture as a customer sees it now.
    pub(super) fn capture(&self) -> Value {
        wait_for("a capture", || {
            let list = http::get_json(&self.daemon.url("/api/v1/meeting_direct_connect"));
            list["results"].get(0).cloned()
        })
    }

    /// The same capture as a customer sees it now.
    pub(super) fn capture_of(&self, capture: &Value) -> Value {
        let id = capture["id"].as_str().unwrap();
        http::get_json(&self.daemon.url(&format!("/api/v1/meeting_direct_connect/{id}/")))
    }

    /// The status that the daemon gives its health.
    pub(super) fn health(&self) -> String {
        let answer = http::anonymous(&self.daemon.url("/health/ready")).body_mut().read_to_string().unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer["status"].as_str().unwrap().to_owned()
    }

    /// How many segments its log has.
    pub(super) fn segments(&self) -> usize {
        LogDir::at(self.daemon.log_dir(&self.capture())).segments().unwrap().len()
    }

    /// Waits for the end of the meeting and for its artifacts.
    pub(super) fn finish(self) -> (Played, Faults) {
        let report = self.runtime.block_on(self.playing).unwrap();
        (stage::finish(self.daemon, report), self.faults)
    }

    /// Waits for the end of a meeting of which no video is made, and for its quality report alone.
    pub(super) fn finish_without_video(self) -> Played {
        let (daemon, report, _faults) = self.end();
        let capture = daemon.wait_for_end(&report.meetings[0].rtms_stream_id);
        let metadata = &capture["recordings"][0]["media_shortcuts"]["meeting_metadata"]["data"];
        let quality =
            http::anonymous(metadata["quality_download_url"].as_str().unwrap()).body_mut().read_to_vec().unwrap();
        let files = tempfile::tempdir().unwrap();
        fs::write(files.path().join("quality.json"), quality).unwrap();
        Played { daemon, report, capture, files: Files(files) }
    }

    /// Waits for the end of the meeting alone.
    pub(super) fn end(self) -> (Daemon, Report, Faults) {
        let report = self.runtime.block_on(self.playing).unwrap();
        (self.daemon, report, self.faults)
    }
}

/// Waits until there is something.
pub(super) fn wait_for<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    wait_within(PATIENCE, what, look)
}

/// Waits until there is something, for so long.
pub(super) fn wait_within<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come within {patience:?}");
        thread::sleep(Duration::from_millis(100));
    }
}

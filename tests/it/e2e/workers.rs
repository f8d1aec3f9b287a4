//! Workers: the processes that make artifacts. One that dies costs an attempt of one artifact and nothing else, none outlives its daemon, and
//! none can do what decoding needs not.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fixtures::{MeetingReport, Options, Simulator};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::{
    http, ledger, media,
    stage::{self, Daemon, Files},
};

/// How long a fact may take; the machine is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);
/// Holds a worker where it is about to decode, for longer than any test runs.
const HELD: &str = "studio::decoding=1*sleep(300000)->off";

/// Waits for something to be there.
pub(super) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "there is no {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The processes that a process started.
pub(super) fn children(pid: u32) -> Vec<i32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>()).collect()
}

pub(super) fn is_alive(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// A value in the status of a process.
pub(super) fn status(pid: i32, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().to_owned())
}

/// A worker of a daemon that has given up what it does not need, once there is one.
fn worker(daemon: &Daemon) -> i32 {
    let confined = |pid: &i32| status(*pid, "Seccomp").as_deref() == Some("2");
    wait_for("worker", || children(daemon.pid()).into_iter().find(confined))
}

fn set_up(options: Options, environment: &[(&'static str, &str)]) -> (tokio::runtime::Runtime, Simulator, Daemon) {
    // Each worker is one of a render: no meeting is followed while it goes on.
    let own = [("HANSARD_RENDER__ROLLING", "0")];
    let environment = environment.iter().chain(&own).map(|(name, value)| (*name, value.into())).collect();
    stage::set_up_in(options, (tempfile::tempdir().unwrap(), environment))
}

/// Plays two meetings, of which the second goes on while the first is rendered.
fn play_two(environment: &[(&'static str, &str)]) -> (Daemon, [(MeetingReport, Value); 2]) {
    let stagger = Duration::from_secs(4);
    let options = Options { meetings: 2, start_stagger: stagger, ..stage::options("copyable", 6, 1.0) };
    let (runtime, simulator, daemon) = set_up(options, environment);
    let pid = daemon.pid();
    let report = runtime.block_on(simulator.run());
    let played = report.meetings.into_iter().map(|meeting| {
        let capture = daemon.wait_for_end(&meeting.rtms_stream_id);
        (meeting, capture)
    });
    let played: Vec<_> = played.collect();
    assert_eq!((daemon.pid(), is_alive(pid as i32)), (pid, true));
    for (meeting, capture) in &played {
        ledger::assert_equal(&daemon.log_dir(capture), meeting);
    }
    (daemon, played.try_into().unwrap())
}

fn errors(daemon: &Daemon) -> f64 {
    daemon.metric("hansard_stage_errors_total{stage=\"render\"}")
}

#[test]
fn a_worker_that_aborts_once_costs_one_attempt_and_no_capture_notices() {
    let dies = [("HANSARD_WORKER_DIES_AT", "studio::decoding=1"), ("HANSARD_FAULTY_WORKERS", "1")];
    let (daemon, played) = play_two(&dies);
    assert_eq!(errors(&daemon), 1.0);
    for (_, capture) in &played {
        let files = Files::of(capture);
        assert_eq!(files.json("quality.json")["grade"], "complete");
        media::assert_decodes(&files.file("video_mixed.mp4"));
    }
}

#[test]
fn a_worker_that_aborts_each_time_costs_the_artifact_in_which_it_does_and_nothing_else() {
    let (daemon, played) = play_two(&[("HANSARD_WORKER_DIES_AT", "studio::decoding=1")]);
    assert_eq!(errors(&daemon), 6.0, "three attempts for each");
    for (meeting, capture) in &played {
        let shortcuts = &capture["recordings"][0]["media_shortcuts"];
        let status = |name: &str| [&shortcuts[name]["status"]["code"], &shortcuts[name]["status"]["sub_code"]];
        assert_eq!(status("video_mixed"), ["failed", "render_crashed"], "{shortcuts:#}");
        let read = |pointer: &str| http::json_behind(shortcuts.pointer(pointer).unwrap().as_str().unwrap());
        let words = read("/transcript/data/download_url");
        assert_eq!(words.as_array().unwrap().len(), meeting.transcript.len());
        assert_eq!(status("participant_events")[0], "done");
        assert_eq!(read("/meeting_metadata/data/quality_download_url")["grade"], "partial");
    }
    let staged = fs::read_dir(daemon.data_dir().join("store/incoming")).unwrap().count();
    assert_eq!(staged, 0, "what the dead wrote is removed");
}

/// The control: on a thread the same takes the daemon with it.
#[test]
fn a_thread_that_aborts_takes_the_daemon_with_it() {
    let environment = [("HANSARD_WORKERS", "threads"), ("HANSARD_DIE_AT", "studio::decoding=1")];
    let (runtime, simulator, mut daemon) = set_up(stage::options("copyable", 4, 1.0), &environment);
    runtime.block_on(simulator.run());
    daemon.wait_for_death("a render on a thread");
}

#[test]
fn a_worker_that_is_killed_is_followed_by_another() {
    let environment = [("FAILPOINTS", HELD), ("HANSARD_FAULTY_WORKERS", "1")];
    let (runtime, simulator, daemon) = set_up(stage::options("copyable", 4, 1.0), &environment);
    let report = runtime.block_on(simulator.run());
    let first = worker(&daemon);
    kill_process(Pid::from_raw(first).unwrap(), Signal::KILL).unwrap();
    let played = stage::finish(daemon, report);
    assert!(!is_alive(first));
    assert_eq!(errors(&played.daemon), 1.0);
    assert_eq!(played.json("quality.json")["grade"], "complete");
    media::assert_decodes(&played.file("video_mixed.mp4"));
}

#[test]
fn a_worker_is_ended_at_once_where_the_disk_is_nearly_full_and_its_artifact_is_made_once_there_is_room() {
    let environment = [("FAILPOINTS", HELD), ("HANSARD_FAULTY_WORKERS", "1")];
    let (runtime, simulator, daemon) = set_up(stage::options("copyable", 4, 1.0), &environment);
    let report = runtime.block_on(simulator.run());
    let first = worker(&daemon);
    let staged = || fs::read_dir(daemon.data_dir().join("store/incoming")).unwrap().count();
    assert_eq!(staged(), 1, "a directory of its own");
    let (ample, critical) = ("critical_percent = 0", "critical_percent = 100\ncritical_most_gib = 1000000");
    daemon.change_sections(ample, critical);
    // It sleeps in the middle of a step, and would look up in five minutes.
    wait_for("end of the worker", || (!is_alive(first)).then_some(()));
    wait_for("room", || (staged() == 0).then_some(()));
    daemon.change_sections(critical, ample);
    let played = stage::finish(daemon, report);
    assert_eq!(errors(&played.daemon), 0.0, "that is no failure");
    assert_eq!(played.json("quality.json")["grade"], "complete");
}

#[test]
fn no_worker_outlives_a_daemon_that_is_killed_and_a_worker_holds_nothing_that_is_not_its_own() {
    let (runtime, simulator, mut daemon) = set_up(stage::options("copyable", 4, 1.0), &[("FAILPOINTS", HELD)]);
    runtime.block_on(simulator.run());
    let pid = worker(&daemon);
    let seen = ["Seccomp", "NoNewPrivs"].map(|name| status(pid, name).unwrap());
    assert_eq!(seen, ["2", "1"]);
    let proc = format!("/proc/{pid}");
    let limits = fs::read_to_string(format!("{proc}/limits")).unwrap();
    for (limit, most) in [("Max core file size", "0"), ("Max open files", "256")] {
        let line = limits.lines().find_map(|line| line.strip_prefix(limit)).unwrap();
        assert_eq!(line.split_whitespace().take(2).collect::<Vec<_>>(), [most; 2], "{limit}");
    }
    assert_eq!(fs::read_to_string(format!("{proc}/oom_score_adj")).unwrap().trim(), "500");
    match (fs::read_to_string(format!("{proc}/environ")), fs::read_dir(format!("{proc}/fd"))) {
        (Ok(environment), Ok(open)) => assert_holds_nothing(&environment, open),
        // Nobody but root looks into it.
        (environment, _) => assert_eq!(environment.unwrap_err().kind(), std::io::ErrorKind::PermissionDenied),
    }
    // It sleeps, and hears of nothing.
    daemon.kill();
    wait_for("end of the worker", || (!is_alive(pid)).then_some(()));
}

/// Asserts that there is no secret in the environment of a worker, and that it has nothing open but what it makes of what.
fn assert_holds_nothing(environment: &str, open: fs::ReadDir) {
    for variable in environment.split_terminator('\0') {
        let name = variable.split('=').next().unwrap();
        assert!(["TZ", "LD_LIBRARY_PATH", "RUST_BACKTRACE", "FAILPOINTS"].contains(&name), "{variable}");
    }
    for fd in open {
        let file = fs::read_link(fd.unwrap().path()).unwrap().to_string_lossy().into_owned();
        let is_own = file == "/dev/null" || file.starts_with("pipe:");
        assert!(is_own || file.contains("/store/incoming/") || file.contains("/captures/"), "{file}");
    }
}

/// A worker without a daemon.
struct Alone {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Alone {
    /// Has it read no log at all, and write into a directory.
    fn start(dir: &Path, fault_points: &str) -> Self {
        let staging = dir.join("staging");
        fs::create_dir_all(&staging).unwrap();
        let mut command = Command::new(stage::binary());
        command.args(["work", "--log", "debug"]).env_clear().env("FAILPOINTS", fault_points);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut alone = Self { child, lines };
        alone.ask(&json!({
            "data_dir": dir, "captures": [], "is_growing": false, "meeting_uuid": "m", "origin": null, "attempts": 0, "look": {}, "staging": staging,
            "findings": { "mixed": null, "sound": {
                "loudness": null, "left_out_parts": 0, "damage": { "unreadable": 0, "sound": 0, "pictures": 0, "without_key": 0 }
            } },
            "video": {
                "canvas_width": 64, "canvas_height": 36, "fps": 25, "preset": "superfast", "crf": 23,
                "video_bitrate_bps": 100_000, "audio_bitrate_bps": 96_000
            },
            "sound": { "bitrate_bps": 96_000, "opus_bitrate_bps": 48_000 }
        }));
        assert!(alone.answer()["ready"].is_object());
        alone
    }

    fn ask(&mut self, request: &Value) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{request}").unwrap();
    }

    fn answer(&mut self) -> Value {
        let line = self.lines.next().expect("it answers").unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// What of everything that it must not do it can, with a file that is not its own.
    fn reaches(&mut self, foreign: &Path) -> Vec<String> {
        self.ask(&json!({ "probe": { "foreign": foreign } }));
        serde_json::from_value(self.answer()["reached"].clone()).unwrap()
    }
}

#[test]
fn a_worker_reaches_no_file_no_socket_no_program_and_no_process_but_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let foreign = dir.path().join("foreign/secret");
    fs::create_dir(dir.path().join("foreign")).unwrap();
    fs::write(&foreign, "x").unwrap();
    let mut confined = Alone::start(dir.path(), "");
    assert_eq!(confined.reaches(&foreign), [""; 0]);
    // It works, and ends with its input.
    confined
        .ask(&json!({ "make": { "wanted": { "kind": "transcript", "format": null, "edition": null }, "unmade": [] } }));
    let made = confined.answer();
    let files = made["made"]["files"].as_array().unwrap_or_else(|| panic!("{made}"));
    for file in files {
        assert!(dir.path().join("staging").join(file["file"].as_str().unwrap()).is_file(), "{file}");
    }
    drop(confined.child.stdin.take());
    assert!(confined.child.wait().unwrap().success());

    // The control: without the sandbox all of it can be done.
    let mut free = Alone::start(dir.path(), "studio::confining=return");
    let reached = free.reaches(&foreign);
    let all = ["read", "list", "write", "rename", "memory", "tcp", "udp", "unix", "execute", "signal", "urgent signal"];
    assert_eq!(reached, all);
    drop(free.child.stdin.take());
    free.child.wait().unwrap();
}

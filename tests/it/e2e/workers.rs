//! Workers: the processes that make artifacts. One that dies costs an attempt of one artifact and nothing else, none outlives its daemon.

use std::{
    fs,
    time::{Duration, Instant},
};

use fixtures::{MeetingReport, Options, Simulator};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{
    http, ledger, media,
    stage::{self, Daemon, Files},
};

/// How long a fact may take; the machine is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);
/// Holds a worker where it is about to decode, for longer than any test runs.
const HELD: &str = "studio::decoding=1*sleep(300000)->off";

/// Waits for something to be there.
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
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
fn children(pid: u32) -> Vec<i32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>()).collect()
}

fn is_alive(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// A value in the status of a process.
fn status(pid: i32, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().to_owned())
}

/// A worker of a daemon that reads its logs already, once there is one.
fn worker(daemon: &Daemon) -> i32 {
    let threads = |pid: &i32| status(*pid, "Threads").as_deref() == Some("2");
    wait_for("worker", || children(daemon.pid()).into_iter().find(threads))
}

fn set_up(options: Options, environment: &[(&'static str, &str)]) -> (tokio::runtime::Runtime, Simulator, Daemon) {
    let environment = environment.iter().map(|(name, value)| (*name, value.into())).collect();
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
fn no_worker_outlives_a_daemon_that_is_killed_and_a_worker_holds_nothing_that_is_not_its_own() {
    let (runtime, simulator, mut daemon) = set_up(stage::options("copyable", 4, 1.0), &[("FAILPOINTS", HELD)]);
    runtime.block_on(simulator.run());
    let pid = worker(&daemon);
    let proc = format!("/proc/{pid}");
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

//! What a supervisor hears of the daemon, and what its signals do.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
    time::{Duration, Instant},
};

use fixtures::Options;
use rustix::process::{Pid, Signal, kill_process};

use super::{
    http,
    stage::{self, Daemon, Setting},
    supervisor::Supervisor,
};

/// So long that no busy machine looks like a hang; a sign of life is due in each quarter of it.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longer than a hang takes to be one.
const PAUSE: Duration = Duration::from_secs(6);

fn started(supervisor: Supervisor) -> Daemon {
    started_at(stage::own_address(), supervisor)
}

fn started_at(address: SocketAddr, supervisor: Supervisor) -> Daemon {
    let setting = Setting { supervisor: Some(supervisor), ..Setting::default() };
    Daemon::start(&Options::default(), address, &stage::authority(), setting)
}

#[test]
fn a_supervisor_hears_of_the_start_of_reloads_and_of_the_stop() {
    let mut daemon = started(Supervisor::new());
    let supervisor = daemon.supervisor();
    supervisor.wait_for("READY=1");
    supervisor.wait_for("STATUS=takes captures");
    supervisor.forget();

    daemon.signal(Signal::HUP);
    supervisor.wait_for("RELOADING=1");
    let moment = supervisor.wait_for("MONOTONIC_USEC=");
    assert!(moment["MONOTONIC_USEC=".len()..].parse::<u64>().unwrap() > 0);
    supervisor.wait_for("READY=1");
    assert!(!supervisor.heard().iter().any(|line| line.starts_with("WATCHDOG")), "nobody wants to hear that");

    daemon.signal(Signal::TERM);
    supervisor.wait_for("STOPPING=1");
    supervisor.wait_for("EXTEND_TIMEOUT_USEC=9000000");
    assert_eq!(daemon.wait(), 0);
}

/// A pause of the whole process is no hang: it goes on where it was, and says so.
#[test]
fn signs_of_life_come_while_it_runs_and_only_then() {
    let mut daemon = started(Supervisor::new().watching(PATIENCE));
    let supervisor = daemon.supervisor();
    supervisor.wait_for("WATCHDOG=1");
    supervisor.forget();
    supervisor.wait_for("WATCHDOG=1");

    daemon.pause();
    supervisor.forget();
    assert!(!supervisor.listen(PAUSE), "{:?}", supervisor.heard());
    daemon.signal(Signal::CONT);
    supervisor.wait_for("WATCHDOG=1");
    assert!(!supervisor.heard().iter().any(|line| line == "WATCHDOG=trigger"));

    daemon.signal(Signal::TERM);
    assert_eq!(daemon.wait(), 0);
}

/// A request that does not come to its end holds a stop up for its while; a second signal does not wait for it.
#[test]
fn a_stop_has_an_end_and_a_second_signal_hastens_it() {
    let stop = |signals: usize| {
        let mut daemon = started(Supervisor::new());
        let mut request = TcpStream::connect(daemon.address).unwrap();
        let head = "POST /zoom-webhook HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n";
        request.write_all(head.as_bytes()).unwrap();
        // It has been read as soon as the rest is asked for.
        let mut line = [0; 12];
        request.read_exact(&mut line).unwrap();
        assert_eq!(&line, b"HTTP/1.1 100");
        let began = Instant::now();
        for number in 0..signals {
            daemon.signal(Signal::TERM);
            if number == 0 {
                daemon.supervisor().wait_for("STOPPING=1");
            }
        }
        let status = daemon.wait();
        drop(request);
        (status, began.elapsed())
    };
    let (status, patient) = stop(1);
    assert_eq!(status, 0);
    assert!((Duration::from_secs(3)..Duration::from_secs(10)).contains(&patient), "{patient:?}");
    let (status, hurried) = stop(2);
    assert_eq!(status, 1, "not everything was done");
    assert!(hurried < patient, "{hurried:?} and {patient:?}");
}

/// The control is the same without a supervisor that keeps it.
#[test]
fn connections_wait_while_no_daemon_runs_where_a_supervisor_keeps_the_socket() {
    for is_kept in [true, false] {
        let address = stage::own_address();
        let supervisor = if is_kept { Supervisor::keeping(address) } else { Supervisor::new() };
        let mut daemon = started_at(address, supervisor);
        daemon.signal(Signal::TERM);
        assert_eq!(daemon.wait(), 0);
        let waiting = TcpStream::connect(address);
        assert_eq!(waiting.is_ok(), is_kept);
        daemon.launch();
        if let Ok(mut waiting) = waiting {
            waiting.write_all(b"GET /health/ready HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
            let mut answer = String::new();
            waiting.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
    }
}

/// systemd's own tool, which becomes the daemon when the first connection comes.
#[test]
fn the_socket_is_taken_from_systemd_itself() {
    let daemon = Daemon::prepare(&Options::default(), stage::own_address(), &stage::authority(), Setting::default());
    let mut command = Command::new("systemd-socket-activate");
    command.args([&format!("--listen={}", daemon.address), "--fdname=http", "--setenv=TEST_WEBHOOK_SECRET"]);
    command.arg(stage::binary()).args(["run", "--config"]).arg(daemon.config_file());
    let mut child = command.env("TEST_WEBHOOK_SECRET", "secret").spawn().expect("scripts/setup --test installs it");
    let deadline = Instant::now() + Duration::from_secs(30);
    let ready = loop {
        match http::agent().get(daemon.url("/health/ready")).call() {
            Ok(answer) => break answer.status().as_u16(),
            Err(_) if Instant::now() > deadline => break 0,
            Err(_) => {}
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!((ready, child.wait().unwrap().code()), (200, Some(0)));
}

#[test]
fn without_a_supervisor_nothing_is_said_and_all_is_well() {
    let (_runtime, _simulator, daemon) = stage::set_up(stage::options("copyable", 4, 1.0), &["127.0.0.1"]);
    assert_eq!(http::anonymous(&daemon.url("/health/ready")).status(), 200);
    assert_eq!(daemon.terminate(), 0);
}

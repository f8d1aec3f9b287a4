//! The daemon is stopped and started again while its supervisor keeps the socket (fault matrix A6, A7): nobody is refused,
//! nothing that arrives is lost, and the meeting that runs goes on.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use fixtures::Simulator;
use rustix::process::Signal;

use super::{
    bad_input::{started, unix_s, webhook},
    holes, media,
    stage::{self, Daemon, Setting},
    supervisor::Supervisor,
};

/// How often a stream starts somewhere.
const EVERY: Duration = Duration::from_millis(50);
/// How long Zoom waits for an answer.
const ZOOM_WAITS: Duration = Duration::from_secs(3);

/// One start notice, and how it was answered.
struct Sent {
    stream: String,
    status: u16,
    took: Duration,
}

/// Starts a stream every 50 ms, each over a connection of its own, until told to stop.
fn start_streams(url: String, secret: String, enough: Arc<AtomicBool>) -> Vec<Sent> {
    let mut sending = Vec::new();
    while !enough.load(Ordering::Relaxed) {
        let (url, secret, stream) = (url.clone(), secret.clone(), format!("{:032x}", sending.len() + 1));
        sending.push(thread::spawn(move || {
            let began = Instant::now();
            // Nobody listens there: the captures wait for a server that never comes.
            let status = webhook(&url, &secret, unix_s(), &started(&stream, "wss://127.0.0.1:1"));
            Sent { stream, status, took: began.elapsed() }
        }));
        thread::sleep(EVERY);
    }
    sending.into_iter().map(|thread| thread.join().expect("nobody is refused")).collect()
}

#[test]
fn streams_that_start_during_a_restart_are_taken_and_the_meeting_that_runs_goes_on() {
    let address = stage::own_address();
    let mut options = stage::options("copyable", 16, 1.0);
    options.webhook_url = Some(format!("http://{address}/zoom-webhook"));
    let secret = options.webhook_secret.clone();
    let runtime = stage::runtime();
    let simulator = runtime.block_on(Simulator::start(options.clone())).unwrap();
    let supervisor = Supervisor::keeping(address);
    let setting = Setting { supervisor: Some(supervisor), ..Setting::default() };
    let mut daemon = Daemon::start(&options, address, simulator.ca_pem(), setting);
    let playing = runtime.spawn(simulator.run());
    daemon.wait_for_recording();
    daemon.wait_for_frames(300);

    let enough = Arc::new(AtomicBool::new(false));
    let (url, told) = (daemon.url("/zoom-webhook"), Arc::clone(&enough));
    let sender = thread::spawn(move || start_streams(url, secret, told));
    thread::sleep(Duration::from_secs(2));
    let began = Instant::now();
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.wait(), 0);
    let stopped = began.elapsed();
    daemon.launch();
    let restarted = began.elapsed();
    thread::sleep(Duration::from_secs(2));
    enough.store(true, Ordering::Relaxed);
    let sent = sender.join().unwrap();
    let slowest = sent.iter().map(|one| one.took).max().unwrap();
    eprintln!(
        "{} starts, the slowest answered in {slowest:?}; stopped in {stopped:?}, back in {restarted:?}",
        sent.len()
    );

    assert!(stopped < Duration::from_secs(10), "{stopped:?}");
    assert!(sent.iter().all(|one| one.status == 200), "{:?}", sent.iter().map(|one| one.status).collect::<Vec<_>>());
    assert!(slowest < ZOOM_WAITS, "{slowest:?}");
    let mut captures = BTreeMap::<String, usize>::new();
    for capture in daemon.captures() {
        *captures.entry(capture["zoom_rtms"]["rtms_stream_id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for one in &sent {
        assert_eq!(captures.get(&one.stream), Some(&1), "{}", one.stream);
    }
    assert_eq!(captures.len(), sent.len() + 1, "and the meeting");

    let played = stage::finish(daemon, runtime.block_on(playing).unwrap());
    let holes = holes::assert_declared(&played);
    assert!(holes.iter().all(|hole| hole.ms() < 5_000), "{holes:?}");
    media::assert_decodes(&played.file("video_mixed.mp4"));
}

/// Whoever is in a hurry asks twice: what was received is kept all the same.
#[test]
fn a_stop_that_is_hastened_leaves_a_recording_that_goes_on_and_plays() {
    let (runtime, simulator, mut daemon) = stage::set_up(stage::options("copyable", 14, 1.0), &["127.0.0.1"]);
    let playing = runtime.spawn(simulator.run());
    daemon.wait_for_recording();
    daemon.wait_for_frames(400);
    daemon.signal(Signal::TERM);
    daemon.signal(Signal::INT);
    let status = daemon.wait();
    assert!([0, 1].contains(&status), "{status}");
    daemon.launch();
    let played = stage::finish(daemon, runtime.block_on(playing).unwrap());
    let holes = holes::assert_declared(&played);
    assert!(holes.iter().all(|hole| hole.ms() < 6_250), "{holes:?}");
    media::assert_decodes(&played.file("video_mixed.mp4"));
}

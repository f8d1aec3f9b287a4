//! The real binary on a host that is short of something: disk, memory, sockets. What is refused is refused before it is
//! accepted, what runs goes on, what is given up is declared, and everything goes on by itself when there is room again
//! (fault-matrix A9, A11, B1, B2, D6, D8, J6).

use std::{
    fs::File,
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use fixtures::{Options, Simulator};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::e2e::{
    bad_input::{unix_s, webhook},
    holes, http,
    stage::{self, Daemon, Host, Setting},
};

const AMPLE: &str = "[data.space]\nlow_percent = 0\nlow_minutes = 0\nscarce_percent = 0\nscarce_minutes = 0\n\
    critical_percent = 0\nexhausted_percent = 0\n[limits]\ncaptures = 0\nmemory_mib = 0\n";

/// Any volume counts as having reached the level of that name.
fn level(name: &str) -> String {
    let others = AMPLE.lines().filter(|line| !line.starts_with(&format!("{name}_percent")));
    let others: Vec<&str> = others.filter(|line| !line.starts_with("[data.space]")).collect();
    format!("[data.space]\n{name}_percent = 100\n{name}_most_gib = 1000000000\n{}\n", others.join("\n"))
}

/// Starts the simulated Zoom and a daemon within a host.
fn set_up(options: Options, host: Host<'_>) -> (Runtime, Simulator, Daemon) {
    stage::set_up_with(options, |_| Setting { host, ..Setting::default() })
}

/// Waits for a fact, and answers how long it took.
fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
    began.elapsed()
}

fn readiness(daemon: &Daemon) -> (u16, Value) {
    let mut answer = http::anonymous(&daemon.url("/health/ready"));
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&text).unwrap())
}

fn is_full_of(daemon: &Daemon, word: &str) -> bool {
    let (status, answer) = readiness(daemon);
    status == 503 && answer["status"] == "full" && answer["reasons"][0].as_str().unwrap().contains(word)
}

fn captures(daemon: &Daemon) -> usize {
    http::get_json(&daemon.url("/api/v1/meeting_direct_connect"))["results"].as_array().unwrap().len()
}

fn started(stream: &str) -> String {
    let payload = json!({ "meeting_uuid": "m==", "rtms_stream_id": stream, "server_urls": "wss://127.0.0.1:1" });
    json!({ "event": "meeting.rtms_started", "event_ts": unix_s() * 1000, "payload": payload }).to_string()
}

/// Asks for one more capture by both roads; answers the statuses.
fn ask_for_more(daemon: &Daemon, secret: &str, stream: &str) -> (u16, u16) {
    let wish = json!({ "zoom_rtms": { "meeting_uuid": "m==", "rtms_stream_id": format!("{stream} of a customer"),
        "server_urls": "wss://127.0.0.1:1", "signature": "0".repeat(64) } });
    let (customer, answer) = http::post(&daemon.url("/api/v1/meeting_direct_connect"), &wish);
    if customer == 507 {
        assert_eq!(answer["code"], "no_capacity", "{answer}");
    }
    (customer, webhook(&daemon.url("/zoom-webhook"), secret, unix_s(), &started(stream)))
}

/// Zoom's periodic challenge, which must be answered within a second whatever happens.
fn assert_challenge_is_answered(daemon: &Daemon, secret: &str) {
    let body = json!({ "event": "endpoint.url_validation", "payload": { "plainToken": "abc" } }).to_string();
    let began = Instant::now();
    assert_eq!(webhook(&daemon.url("/zoom-webhook"), secret, unix_s(), &body), 200);
    assert!(began.elapsed() < Duration::from_secs(1), "the challenge took {:?}", began.elapsed());
}

fn received(daemon: &Daemon, kind: &str) -> f64 {
    daemon.metric(&format!("hansard_media_received_frames_total{{kind=\"{kind}\"}}"))
}

fn shed(daemon: &Daemon, kind: &str) -> f64 {
    daemon.metric(&format!("hansard_media_dropped_frames_total{{kind=\"{kind}\",cause=\"storage\"}}"))
}

#[test]
fn a_host_without_room_refuses_before_it_accepts_sheds_in_order_and_goes_on_by_itself() {
    let options = stage::options("copyable", 40, 1.0);
    let secret = options.webhook_secret.clone();
    let (runtime, simulator, daemon) = set_up(options, Host { sections: AMPLE, ..Host::default() });
    let playing = runtime.spawn(simulator.run());
    daemon.wait_for_recording();
    assert_eq!(readiness(&daemon).0, 200);

    // Each shortage is refused with its reason, before anything is accepted.
    let memory = AMPLE.replace("memory_mib = 0", "memory_mib = 1");
    let few = AMPLE.replace("captures = 0", "captures = 1");
    let mut now = AMPLE.to_owned();
    for (sections, word, reason) in
        [(memory, "memory", "memory"), (few, "operator", "captures"), (level("scarce"), "volume", "storage")]
    {
        daemon.change_sections(&now, &sections);
        now = sections;
        wait_for(reason, || is_full_of(&daemon, word));
        assert_challenge_is_answered(&daemon, &secret);
        assert_eq!(ask_for_more(&daemon, &secret, reason), (507, 503), "{reason}");
        assert_eq!(captures(&daemon), 1, "{reason}");
        for door in ["api", "zoom"] {
            let name = format!("hansard_admission_refused_total{{door=\"{door}\",reason=\"{reason}\"}}");
            assert!(daemon.metric(&name) >= 1.0, "{name}");
        }
        assert_eq!(http::anonymous(&daemon.url("/health/live")).status(), 200);
    }
    assert_eq!(shed(&daemon, "video"), 0.0, "a volume that is only scarce costs nothing that runs");

    // The last step: pictures are given up, sound is not.
    daemon.change_sections(&now, &level("exhausted"));
    let (video, audio) = (shed(&daemon, "video"), received(&daemon, "audio"));
    wait_for("pictures are shed", || shed(&daemon, "video") > video + 50.0);
    wait_for("sound goes on", || received(&daemon, "audio") > audio + 50.0);
    assert_eq!((shed(&daemon, "audio"), daemon.metric("hansard_storage_level")), (0.0, 4.0));
    assert_challenge_is_answered(&daemon, &secret);

    daemon.change_sections(&level("exhausted"), AMPLE);
    let resumed = wait_for("it is ready again", || readiness(&daemon).0 == 200);
    println!("ready again {resumed:?} after there was room");
    let another_fifty_come = || {
        let came = received(&daemon, "video");
        wait_for("pictures are received", || received(&daemon, "video") > came + 50.0);
    };
    // Of the group that was begun when there was no room nothing is kept: there is a key frame each second.
    another_fifty_come();
    let given_up = shed(&daemon, "video");
    another_fifty_come();
    assert_eq!(shed(&daemon, "video"), given_up, "pictures are kept again");
    assert_eq!(webhook(&daemon.url("/zoom-webhook"), &secret, unix_s(), &started("storage")), 200);

    let played = stage::finish(daemon, runtime.block_on(playing).unwrap());
    let holes = holes::assert_declared(&played);
    assert!(holes.iter().all(|hole| hole.track == "video"), "{holes:?}");
    assert_eq!(holes.len(), 1, "{holes:?}");
    let quality = played.json("quality.json");
    assert_eq!((&quality["grade"], &quality["gaps"][0]["cause"]), (&json!("partial"), &json!("ours")), "{quality:#}");
    let remarks = quality["remarks"].to_string();
    assert!(remarks.contains("because the disk was nearly full"), "{remarks}");
}

/// So few files that a crowd can take them.
const FEW_FILES: &str = "ulimit -n 192 && exec \"$@\"";
/// What 192 files are divided into: so many connections, of which so many may last.
const CONNECTIONS: usize = 16;
const LASTING: usize = 12;

#[test]
fn a_crowd_of_idle_clients_takes_nothing_from_webhooks_health_and_captures() {
    let options = stage::options("copyable", 25, 1.0);
    let secret = options.webhook_secret.clone();
    let (runtime, simulator, daemon) = set_up(options, Host { shell: FEW_FILES, ..Host::default() });
    let playing = runtime.spawn(simulator.run());
    let capture = daemon.wait_for_recording();
    assert_eq!(daemon.metric("hansard_open_files_limit"), 192.0);

    let events = format!("/api/v1/meeting_direct_connect/{}/events", capture["id"].as_str().unwrap());
    let mut listeners: Vec<_> = (0..LASTING).map(|_| http::get(&daemon.url(&events))).collect();
    assert!(listeners.iter().all(|listener| listener.status() == 200));
    assert_eq!(http::get(&daemon.url(&events)).status(), 503, "one more live subscriber");

    let mut idle = Vec::new();
    let before = daemon.frames_received();
    for _ in 0..10 {
        for _ in 0..60 {
            let socket = TcpStream::connect(daemon.address).unwrap();
            socket.set_nonblocking(true).unwrap();
            idle.push(socket);
        }
        assert_challenge_is_answered(&daemon, &secret);
        assert_eq!(http::anonymous(&daemon.url("/health/live")).status(), 200);
        assert_eq!(readiness(&daemon).0, 200);
        assert_eq!(webhook(&daemon.url("/zoom-webhook"), &secret, unix_s(), "{\"event\":\"other\"}"), 200);
    }
    let open = daemon.metric("hansard_open_files");
    assert!(open < 192.0, "{open} files are open");
    assert!(daemon.metric("hansard_connections_refused_total{reason=\"idle\"}") > 100.0);
    daemon.wait_for_frames(before + 200);
    // The listeners have their places still, and hear what happens.
    let mut heard = [0; 64];
    assert!(listeners.remove(0).body_mut().as_reader().read(&mut heard).unwrap() > 0);
    let is_closed = |socket: &mut TcpStream| match socket.read(&mut [0]) {
        Ok(bytes) => bytes == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    };
    let closed = idle.iter_mut().map(is_closed).filter(|is_closed| *is_closed).count();
    assert!(closed >= idle.len() - CONNECTIONS, "{closed} of {}", idle.len());
    drop(idle);
    drop(listeners);

    let played = stage::finish(daemon, runtime.block_on(playing).unwrap());
    assert_eq!(holes::assert_declared(&played), []);
}

/// Puts a small file system where the data shall be, in a mount namespace of the daemon's own.
const SMALL_DISK: &str = "mkdir -p \"$DIR/data\" && mount -t tmpfs -o size=48m tmpfs \"$DIR/data\" && exec \"$@\"";
const NAMESPACE: [&str; 3] = ["unshare", "--map-root-user", "--mount"];

/// Writes until the file system takes nothing more.
fn fill(file: &mut File) {
    let piece = vec![0_u8; 1 << 16];
    let mut size = piece.len();
    while size > 0 {
        match file.write_all(&piece[..size]) {
            Ok(()) => {}
            Err(_) => size /= 2,
        }
    }
}

#[test]
fn a_disk_that_is_full_costs_pictures_only_and_recording_resumes_when_there_is_space() {
    let options = stage::options("copyable", 40, 1.0);
    let secret = options.webhook_secret.clone();
    let sections = "[data.space]\nlow_minutes = 0\nscarce_minutes = 0\n";
    let host = Host { shell: SMALL_DISK, wrapper: &NAMESPACE, sections };
    let (runtime, simulator, daemon) = set_up(options, host);
    let playing = runtime.spawn(simulator.run());
    daemon.wait_for_recording();
    let data = daemon.own_data_dir();
    wait_for("there is a reserve", || data.join("reserve").exists());

    let ballast = data.join("ballast");
    fill(&mut File::create(&ballast).unwrap());
    wait_for("the reserve is let go", || !data.join("reserve").exists());
    wait_for("pictures are shed", || shed(&daemon, "video") > 50.0);
    assert!(is_full_of(&daemon, "volume"), "{:?}", readiness(&daemon));
    assert_challenge_is_answered(&daemon, &secret);
    assert_eq!(ask_for_more(&daemon, &secret, "full"), (507, 503));
    let audio = received(&daemon, "audio");
    wait_for("sound goes on", || received(&daemon, "audio") > audio + 100.0);
    assert_eq!(daemon.metric("hansard_media_dropped_frames_total{kind=\"audio\",cause=\"ours\"}"), 0.0);

    std::fs::remove_file(&ballast).unwrap();
    let resumed = wait_for("it is ready again", || readiness(&daemon).0 == 200);
    println!("ready again {resumed:?} after there was space");
    wait_for("the reserve is made again", || data.join("reserve").exists());
    assert_eq!(webhook(&daemon.url("/zoom-webhook"), &secret, unix_s(), &started("full")), 200);

    let played = stage::finish(daemon, runtime.block_on(playing).unwrap());
    let quality = played.json("quality.json");
    let gaps = holes::declared(&played);
    assert!(!gaps.is_empty() && gaps.iter().all(|gap| gap.track == "video"), "{quality:#}");
}

#[test]
fn a_webhook_that_cannot_be_made_durable_is_not_acknowledged_and_taken_when_it_comes_again() {
    let options = stage::options("copyable", 4, 1.0);
    let secret = options.webhook_secret.clone();
    // No level is ever reached but by what any volume must have, and the reserve is used up with the rest.
    let host = Host { shell: SMALL_DISK, wrapper: &NAMESPACE, sections: AMPLE };
    let (_runtime, _simulator, daemon) = set_up(options, host);
    let data = daemon.own_data_dir();
    let ballast = data.join("ballast");
    let mut file = File::create(&ballast).unwrap();
    let payload = json!({ "meeting_uuid": "m==", "rtms_stream_id": "gone", "stop_reason": 6 });
    let body = json!({ "event": "meeting.rtms_stopped", "event_ts": unix_s() * 1000, "payload": payload }).to_string();
    let url = daemon.url("/zoom-webhook");
    // What the database has in hand already it may still use up.
    wait_for("the inbox finds no place", || {
        fill(&mut file);
        readiness(&daemon).1["status"] == "not_ready"
    });
    let wait = Instant::now();
    assert_eq!(webhook(&url, &secret, unix_s(), &body), 503);
    assert!(wait.elapsed() < Duration::from_secs(3), "Zoom waits no longer");
    assert_challenge_is_answered(&daemon, &secret);
    std::fs::remove_file(&ballast).unwrap();
    drop(file);
    wait_for("it is ready again", || readiness(&daemon).0 == 200);
    assert_eq!(webhook(&url, &secret, unix_s(), &body), 200);
}

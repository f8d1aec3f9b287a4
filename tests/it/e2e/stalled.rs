//! Subscribers and receivers that take nothing, beside some that do: the daemon holds no more for that, and who takes what is sent
//! misses nothing.
//!
//! `scripts/soak --part stalled` makes minutes of the seconds that it takes in `scripts/test`, by `HANSARD_STALLED_SECONDS`.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use fixtures::Simulator;
use serde_json::{Value, json};

use super::{
    cuts, http,
    receiver::Receiver,
    receivers::Receivers,
    stage::{self, API_KEY, Daemon, Host, Setting},
};

/// In how many meetings they are, and how many of each kind in each: 100 and more of each kind in all.
const MEETINGS: usize = 7;
const OF_EACH: usize = 15;
/// How many receivers of status webhooks never answer: one project has no more, with the one that does.
const SILENT: usize = 49;
/// How many messages are written a second in each meeting, and how long each is, about.
const PER_SECOND: u64 = 3;
const MESSAGE_BYTES: usize = 16_000;
/// How much the daemon may grow while nothing is taken, in MiB: not by what waits, which is half as much again at the least.
const GROWTH_MIB: f64 = 64.0;
/// How long the whole takes unless the environment says otherwise, in seconds.
const SECONDS: u64 = 12;
/// How long buffers have to fill before memory is first looked at.
const WARM_UP: Duration = Duration::from_secs(4);

const EVENTS: [&str; 2] = ["participant_events.chat_message", "transcript.data"];

fn script(seconds: u64) -> String {
    let mut script = format!("scenario staged\nduration {seconds}s\n0s join ada\n");
    for number in 0..(seconds - 2) * PER_SECOND {
        let at_ms = 1_000 + number * 1_000 / PER_SECOND;
        script.push_str(&format!("{at_ms}ms write ada n{number:05} {}\n", "x".repeat(MESSAGE_BYTES)));
    }
    script
}

/// The number of a message in whatever tells of it.
fn number(text: &str) -> Option<u64> {
    text.split_once("\"text\":\"n")?.1.get(..5)?.parse().ok()
}

/// Asks for the events of a capture.
fn subscribe(daemon: &Daemon, capture: &str) -> TcpStream {
    let mut stream = TcpStream::connect(daemon.address).unwrap();
    let path = format!("/api/v1/meeting_direct_connect/{capture}/events");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Token {API_KEY}\r\n\r\n").unwrap();
    stream
}

/// Reads events until the daemon ends them or nothing comes for long; answers the numbers of the messages in order, and how many bytes
/// it all was.
fn listen(stream: TcpStream) -> (Vec<u64>, usize) {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let (mut numbers, mut bytes) = (Vec::new(), 0);
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        bytes += line.len();
        numbers.extend(number(&line));
        if line.contains("meeting_direct_connect.call_ended") {
            break;
        }
    }
    (numbers, bytes)
}

fn resident_mib(daemon: &Daemon) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1_024.0
}

/// A meeting for each wish; answers the captures.
fn order(
    daemon: &Daemon,
    options: &fixtures::Options,
    simulator: &Simulator,
    wish: impl Fn(usize) -> Value,
) -> Vec<Value> {
    let invitations = simulator.invitations();
    let announced = invitations
        .iter()
        .enumerate()
        .map(|(place, invitation)| cuts::announce(daemon, options, invitation, &invitation.server_urls, &wish(place)));
    announced.collect()
}

#[test]
fn hundreds_that_take_nothing_cost_no_memory_and_keep_nothing_from_those_who_do() {
    let seconds: u64 =
        std::env::var("HANSARD_STALLED_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SECONDS);
    let receivers = Receivers::new();
    let (well, stalls, silent) = (Receiver::start(), receivers.stalling(), receivers.silent().replace("ws:", "http:"));
    let reads: Vec<_> = (0..MEETINGS).map(|_| receivers.socket(|_| true)).collect();
    let mut options = stage::options("staged", seconds, 1.0);
    options.script = Some(fixtures::Script::parse(&script(seconds)).unwrap());
    options.meetings = MEETINGS;
    let sections = super::endpoints::sections();
    let simulator = receivers.runtime.block_on(Simulator::start(options.clone())).unwrap();
    let host = Host { sections: &sections, ..Host::default() };
    let setting = Setting { host, environment: well.environment(), ..Setting::default() };
    let daemon = Daemon::start(&options, stage::own_address(), simulator.ca_pem(), setting);
    for place in 0..SILENT {
        let wish = json!({ "url": format!("{silent}{place}") });
        let (status, answer) = http::post(&daemon.url("/api/v1/webhook_endpoint/"), &wish);
        assert_eq!(status, 201, "{answer}");
    }
    let endpoint = |kind: &str, url: &str| json!({ "type": kind, "url": url, "events": EVENTS });
    let captures = order(&daemon, &options, &simulator, |place| {
        let mut endpoints = vec![endpoint("websocket", &reads[place].url)];
        for _ in 0..OF_EACH {
            endpoints.extend([endpoint("websocket", &stalls), endpoint("webhook", &silent)]);
        }
        json!({ "transcript": { "provider": { "meeting_captions": {} } }, "realtime_endpoints": endpoints })
    });
    let playing = receivers.runtime.spawn(simulator.run());
    let id = |capture: &Value| capture["id"].as_str().unwrap().to_owned();
    let stalled: Vec<TcpStream> =
        captures.iter().flat_map(|capture| (0..OF_EACH).map(|_| subscribe(&daemon, &id(capture)))).collect();
    let listening: Vec<_> = captures
        .iter()
        .map(|capture| subscribe(&daemon, &id(capture)))
        .map(|stream| std::thread::spawn(move || listen(stream)))
        .collect();

    let began = Instant::now();
    std::thread::sleep(WARM_UP);
    let at_first = resident_mib(&daemon);
    let mut most = at_first;
    while began.elapsed() < Duration::from_secs(seconds) {
        std::thread::sleep(Duration::from_millis(500));
        most = most.max(resident_mib(&daemon));
        let remembered = daemon.metric("hansard_events_in_memory_bytes");
        assert_eq!(remembered, 0.0, "what is stored is in nobody's memory");
    }
    let report = receivers.runtime.block_on(playing).unwrap();

    let mut bytes = 0;
    for (place, one) in listening.into_iter().enumerate() {
        let (heard, of_one) = one.join().unwrap();
        bytes += of_one;
        let written: Vec<u64> = (0..report.meetings[place].chat.len() as u64).collect();
        assert_eq!(heard, written, "a subscriber who reads hears everything, once and in order");
        let told = reads[place].heard_until_over();
        let told: BTreeSet<u64> = told.iter().filter_map(|one| number(&one.body)).collect();
        assert_eq!(told.len(), written.len(), "and so does a receiver");
    }
    println!("{at_first:.0} MiB at first, {most:.0} at most; one of each {MEETINGS} heard {bytes} bytes together");
    assert!(most - at_first < GROWTH_MIB, "{at_first:.0} MiB grew to {most:.0} MiB");
    // The control: whoever kept what those do not take would be seen, and receivers of status webhooks had something to be silent about.
    let waits_mib = (bytes * OF_EACH * 3) as f64 / 1_048_576.0;
    assert!(waits_mib > 1.5 * GROWTH_MIB, "{waits_mib:.0} MiB are not enough to tell");
    well.wait_for("meeting_direct_connect.call_ended");
    assert!(daemon.metric("hansard_delivery_pending") >= SILENT as f64);
    drop(stalled);
}

//! Real-time endpoints over the whole way: simulated Zoom, the real binary, receivers that are not ours.
//!
//! What was sent is held against the simulator's ledger both ways. Receivers are in `receivers`.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use fixtures::{MeetingReport, Simulator};
use serde_json::{Value, json};

use super::{
    cuts,
    daemon::Environment,
    http,
    receivers::{Heard, Receivers, SECRET, is_signed},
    stage::{self, Daemon, Host, Setting},
};

/// What daemons of these tests may dial, and what they sign with; the disk of this machine counts for nothing.
pub(super) fn sections() -> String {
    format!(
        "[data.space]\nlow_percent = 0\nlow_minutes = 0\nscarce_percent = 0\nscarce_minutes = 0\ncritical_percent = 0\n\
         exhausted_percent = 0\n[deliver]\nprivate = [\"127.0.0.0/8\"]\nsigning_secret = \"{SECRET}\""
    )
}

const EVENTS: [&str; 8] = [
    "participant_events.join",
    "participant_events.leave",
    "participant_events.speech_on",
    "participant_events.speech_off",
    "participant_events.webcam_on",
    "participant_events.webcam_off",
    "participant_events.chat_message",
    "transcript.data",
];

/// A meeting that is played while a daemon serves endpoints.
pub(super) struct Play {
    pub(super) daemon: Daemon,
    /// The object of the capture as it was created.
    pub(super) created: Value,
    pub(super) report: fixtures::Report,
    /// The object of the capture when it is done.
    pub(super) done: Value,
}

/// Plays a meeting whose capture has these endpoints; `harm` happens while it runs.
fn play(
    seconds: u64,
    receivers: &Receivers,
    retention: &Value,
    endpoints: &Value,
    harm: impl FnOnce(&mut Daemon),
) -> Play {
    play_scenario("copyable", seconds, receivers, retention, endpoints, harm)
}

/// The same of any scenario.
pub(super) fn play_scenario(
    scenario: &str,
    seconds: u64,
    receivers: &Receivers,
    retention: &Value,
    endpoints: &Value,
    harm: impl FnOnce(&mut Daemon),
) -> Play {
    play_in(Vec::new(), scenario, seconds, receivers, retention, endpoints, harm)
}

/// The same with an environment of the daemon's own.
pub(super) fn play_in(
    environment: Environment,
    scenario: &str,
    seconds: u64,
    receivers: &Receivers,
    retention: &Value,
    endpoints: &Value,
    harm: impl FnOnce(&mut Daemon),
) -> Play {
    let options = stage::options(scenario, seconds, 1.0);
    let sections = sections();
    let simulator = receivers.runtime.block_on(Simulator::start(options.clone())).unwrap();
    let host = Host { sections: &sections, ..Host::default() };
    let setting = Setting { host, environment, ..Setting::default() };
    let mut daemon = Daemon::start(&options, stage::own_address(), simulator.ca_pem(), setting);
    let invitation = simulator.invitations().remove(0);
    let playing = receivers.runtime.spawn(simulator.run());
    let wish = json!({
        "retention": retention,
        "transcript": { "provider": { "meeting_captions": {} } },
        "realtime_endpoints": endpoints,
        "metadata": { "tenant": "t1" },
    });
    let created = cuts::announce(&daemon, &options, &invitation, &invitation.server_urls, &wish);
    harm(&mut daemon);
    let report = receivers.runtime.block_on(playing).unwrap();
    let done = daemon.wait_for_end(&invitation.rtms_stream_id);
    Play { daemon, created, report, done }
}

fn endpoint(kind: &str, url: &str) -> Value {
    json!({ "type": kind, "url": url, "events": EVENTS, "metadata": { "receiver": kind } })
}

/// What was said, in order.
fn said(heard: &[Heard]) -> Vec<String> {
    heard
        .iter()
        .filter(|one| one.name() == "transcript.data")
        .map(|one| one.event["data"]["data"]["words"][0]["text"].as_str().unwrap().to_owned())
        .collect()
}

fn written(heard: &[Heard]) -> BTreeSet<String> {
    heard
        .iter()
        .filter(|one| one.name() == "participant_events.chat_message")
        .map(|one| one.event["data"]["data"]["data"]["text"].as_str().unwrap().to_owned())
        .collect()
}

/// Holds what an endpoint was sent against what the simulated Zoom sent, both ways.
fn assert_whole(heard: &[Heard], meeting: &MeetingReport) {
    let spoken: Vec<String> = meeting.transcript.iter().map(|line| line.text.clone()).collect();
    assert!(spoken.len() > 2, "the meeting has words");
    assert_eq!(said(heard), spoken, "each once, in order");
    assert_eq!(written(heard), meeting.chat.iter().map(|line| line.text.clone()).collect());
    let came: BTreeSet<i64> = heard
        .iter()
        .filter(|one| one.name() == "participant_events.join")
        .map(|one| one.event["data"]["data"]["participant"]["id"].as_i64().unwrap())
        .collect();
    let present: BTreeSet<i64> = meeting.presence.iter().map(|who| who.user_id).collect();
    assert_eq!(came, present);
    let ids: BTreeSet<&str> = heard.iter().map(|one| one.event["event_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), heard.len(), "no id is used twice");
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Holds an envelope against recording-api §4.2, field by field.
fn assert_envelope(event: &Value, created: &Value, kind: &str) {
    assert_eq!(keys(event), ["data", "event", "event_id", "seq"], "{event}");
    let data = &event["data"];
    let name = event["event"].as_str().unwrap();
    let artifact = name.split('.').next().unwrap();
    let mut expected = ["bot", "data", "meeting_direct_connect", artifact, "realtime_endpoint", "recording"];
    expected.sort_unstable();
    assert_eq!(keys(data), expected, "{event}");
    for owner in expected.iter().filter(|key| **key != "data") {
        assert_eq!(keys(&data[*owner]), ["id", "metadata"], "{owner} of {event}");
        assert_eq!(data[*owner]["id"].as_str().unwrap().len(), 36, "{owner} of {event}");
    }
    assert_eq!(data["bot"], data["meeting_direct_connect"]);
    assert_eq!(data["bot"]["id"], created["id"]);
    assert_eq!(data["recording"]["metadata"], json!({ "tenant": "t1" }));
    assert_eq!(data["realtime_endpoint"]["metadata"], json!({ "receiver": kind }));
    let participant = &data["data"]["participant"];
    assert_eq!(keys(participant), ["email", "extra_data", "id", "is_host", "name", "platform"], "{event}");
    if artifact == "transcript" {
        assert_eq!(keys(&data["data"]), ["language_code", "participant", "words"]);
        let word = &data["data"]["words"][0];
        assert_eq!(keys(word), ["end_timestamp", "start_timestamp", "text"]);
        assert_stamp(&word["start_timestamp"]);
        assert_stamp(&word["end_timestamp"]);
    } else {
        assert_eq!(keys(&data["data"]), ["data", "participant", "timestamp"]);
        assert_stamp(&data["data"]["timestamp"]);
        assert_eq!(data["data"]["data"].is_null(), !name.ends_with("chat_message"), "{event}");
    }
}

fn assert_stamp(stamp: &Value) {
    assert_eq!(keys(stamp), ["absolute", "relative"], "{stamp}");
    assert!(stamp["relative"].is_f64() && stamp["absolute"].as_str().unwrap().ends_with('Z'), "{stamp}");
}

#[test]
fn point_7_endpoints_hear_everything_once_in_order_in_their_envelope_and_signed() {
    let receivers = Receivers::new();
    let socket = receivers.socket(|_| true);
    // Every fourth event is refused the first time.
    let hook = receivers.hook(|number, is_again| if number % 4 == 3 && !is_again { 500 } else { 204 });
    let endpoints = json!([endpoint("websocket", &socket.url), endpoint("webhook", &hook.url)]);
    let play = play(14, &receivers, &json!({ "type": "forever" }), &endpoints, |_| ());
    let meeting = &play.report.meetings[0];
    for (receiver, kind) in [(&socket, "websocket"), (&hook, "webhook")] {
        let heard = receiver.heard_until_over();
        assert_whole(&heard, meeting);
        heard.iter().for_each(|one| assert_envelope(&one.event, &play.created, kind));
        let seqs: Vec<u64> = heard.iter().map(Heard::seq).collect();
        assert_eq!(seqs, (1..=heard.len() as u64).collect::<Vec<_>>(), "{kind}");
        assert!(heard.iter().all(|one| one.is_text && is_signed(&one.signature, one.signed_body())), "{kind}");
    }
    let again: BTreeMap<String, usize> = hook.refused();
    assert!(!again.is_empty(), "the control: some were refused");
    assert_eq!(play.daemon.metric("hansard_realtime_dropped_total"), 0.0);
    assert!(play.daemon.metric("hansard_realtime_events_total") > 10.0);
}

#[test]
fn a_daemon_that_is_killed_between_a_delivery_and_its_record_delivers_again_and_loses_nothing() {
    let receivers = Receivers::new();
    let hook = receivers.hook(|_, _| 200);
    let endpoints = json!([endpoint("webhook", &hook.url)]);
    let play = play(16, &receivers, &json!({ "type": "forever" }), &endpoints, |daemon| {
        for turn in ["deliver::told=2", "deliver::told=4"] {
            // The first of these ends the process that runs from the beginning.
            daemon.kill();
            daemon.start_again(&[("HANSARD_DIE_AT", turn)]);
            daemon.wait_for_death("it dies behind a delivery");
        }
        daemon.launch();
    });
    let mut firsts: Vec<Heard> = Vec::new();
    let mut repeats = 0;
    for one in hook.heard_until_over() {
        match firsts.iter().find(|first| first.event["event_id"] == one.event["event_id"]) {
            Some(first) => {
                assert_eq!(first.body, one.body, "byte by byte");
                repeats += 1;
            }
            None => firsts.push(one),
        }
    }
    assert!(repeats >= 1, "the control: something was delivered again");
    assert!(firsts.windows(2).all(|pair| pair[0].seq() < pair[1].seq()), "in order");
    let spoken: BTreeSet<String> = play.report.meetings[0].transcript.iter().map(|line| line.text.clone()).collect();
    let told: BTreeSet<String> = said(&firsts).into_iter().collect();
    assert!(told.is_subset(&spoken));
    let last = play.report.meetings[0].transcript.last().unwrap();
    assert!(told.contains(&last.text), "what Zoom sent while somebody listened is there");
}

#[test]
fn a_meeting_that_is_not_stored_is_sent_from_memory() {
    let receivers = Receivers::new();
    let (socket, hook) = (receivers.socket(|_| true), receivers.hook(|_, _| 200));
    let endpoints = json!([endpoint("websocket", &socket.url), endpoint("webhook", &hook.url)]);
    let play = play(12, &receivers, &Value::Null, &endpoints, |_| ());
    for receiver in [&socket, &hook] {
        assert_whole(&receiver.heard_until_over(), &play.report.meetings[0]);
    }
}

#[test]
fn receivers_that_are_absent_silent_or_leave_hold_up_neither_the_recording_nor_each_other() {
    let receivers = Receivers::new();
    let (leaving, good) = (receivers.socket(|number| number % 3 != 2), receivers.socket(|_| true));
    let silent = receivers.silent();
    let endpoints = json!([
        endpoint("websocket", &leaving.url),
        endpoint("websocket", &good.url),
        endpoint("websocket", &silent),
        endpoint("webhook", &silent.replace("ws://", "http://")),
        endpoint("webhook", "http://127.0.0.1:9/nobody"),
        { "type": "rtmp", "url": "rtmp://127.0.0.1/app/key", "events": ["video_mixed_flv.data"] },
    ]);
    let started = Instant::now();
    let play = play(14, &receivers, &json!({ "type": "forever" }), &endpoints, |_| ());
    assert_whole(&good.heard_until_over(), &play.report.meetings[0]);
    let left = leaving.heard();
    assert!(left.windows(2).all(|pair| pair[0].seq() < pair[1].seq()), "in order, each once");
    assert!(left.len() < good.heard().len(), "what happens while nobody is connected is lost");
    assert!(started.elapsed() < Duration::from_secs(120), "nobody waited for them");
    let capture = http::get_json(
        &play.daemon.url(&format!("/api/v1/meeting_direct_connect/{}", play.created["id"].as_str().unwrap())),
    );
    assert_eq!(capture["status"]["code"], "done");
}

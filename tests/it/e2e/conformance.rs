//! What a client written for Recall.ai relies on (recording-api §14), each point a test named after it. Those that have a place of
//! their own are there under the same kind of name: 7 in `endpoints` and `deliver`, 8 and 10 in `webhooks` and `deliver`, 9 in
//! `interop::webhooks` and `endpoints`, 11 in `studio::finished::sync`, 13 in `studio::retention`.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    time::{Duration, Instant},
};

use base64_turbo::STANDARD;
use fixtures::{Options, Simulator};
use serde_json::{Value, json};

use super::{
    cuts, http, media,
    receiver::Receiver,
    receivers::Receivers,
    stage::{self, API_KEY, Daemon, Host, Setting},
    stills,
};

const MDC: &str = "/api/v1/meeting_direct_connect";

/// How long something may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon without any meeting.
fn idle() -> (Options, Daemon) {
    let options = stage::options("copyable", 6, 1.0);
    let runtime = stage::runtime();
    let simulator = runtime.block_on(Simulator::start(options.clone())).unwrap();
    let daemon = Daemon::start(&options, stage::own_address(), simulator.ca_pem(), Setting::default());
    (options, daemon)
}

/// A wish for a stream at an address.
fn wish(server_urls: &str) -> Value {
    json!({ "zoom_rtms": {
        "meeting_uuid": "a/B+cD0eFgHiJkLmNoPqRw==", "rtms_stream_id": "stream", "server_urls": server_urls,
        "signature": "0".repeat(64),
    } })
}

/// The object of a capture.
fn capture(daemon: &Daemon, id: &Value) -> Value {
    http::get_json(&daemon.url(&format!("{MDC}/{}/", id.as_str().unwrap())))
}

/// Waits until something is so of a capture.
fn wait_until(daemon: &Daemon, id: &Value, is_so: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let object = capture(daemon, id);
        if is_so(&object) {
            return object;
        }
        assert!(Instant::now() < deadline, "still {object:#}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn point_1_a_capture_is_created_without_a_slash_and_before_zoom_answers() {
    let (_, daemon) = idle();
    // Takes connections and never says anything.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("wss://{}", silent.local_addr().unwrap());
    let (status, object) = http::post(&daemon.url(MDC), &wish(&address));
    assert_eq!(status, 201, "{object}");
    assert!(object["id"].is_string());
    assert_eq!(object["status"]["code"], "joining_call");
    silent.accept().expect("the stream is dialled all the same");
    assert_eq!(capture(&daemon, &object["id"])["status"]["code"], "joining_call", "nothing was waited for");
}

#[test]
fn point_2_keys_that_are_not_known_are_ignored_and_a_partial_configuration_is_echoed_with_defaults() {
    let (_, daemon) = idle();
    let mut asked = wish("wss://127.0.0.1:9");
    asked["bot_name"] = json!("Notetaker");
    asked["meeting_url"] = json!("https://zoom.us/j/1");
    asked["automatic_leave"] = json!({ "waiting_room_timeout": 1 });
    asked["recording_config"] = json!({ "audio_mixed_mp3": {}, "no_such_thing": [1] });
    let (status, object) = http::post(&daemon.url(MDC), &asked);
    assert_eq!(status, 201, "{object}");
    let config = &object["recording_config"];
    let expected = [
        ("realtime_endpoints", json!([])),
        ("retention", json!({ "type": "forever" })),
        ("video_mixed_layout", json!("speaker_view")),
        ("video_mixed_mp4", json!({})),
        ("participant_events", json!({})),
        ("meeting_metadata", json!({})),
        ("video_mixed_participant_video_when_screenshare", json!("overlap")),
        ("start_recording_on", json!("participant_join")),
        ("audio_mixed_mp3", json!({})),
        ("transcript", Value::Null),
    ];
    for (key, value) in expected {
        assert_eq!(config[key], value, "{key}");
    }
}

#[test]
fn point_3_the_same_key_gets_the_same_answer_and_the_same_stream_one_connection() {
    let options = stage::options("copyable", 6, 1.0);
    let runtime = stage::runtime();
    let simulator = runtime.block_on(Simulator::start(options.clone())).unwrap();
    let daemon = Daemon::start(&options, stage::own_address(), simulator.ca_pem(), Setting::default());
    let invitation = simulator.invitations().remove(0);
    let body = cuts::wish(&options, &invitation, &invitation.server_urls, &json!({}));
    let post = |key: &[(&str, &str)]| http::try_post(&daemon.url(MDC), &body, key).unwrap();
    let report = runtime.block_on(async {
        let playing = tokio::spawn(simulator.run());
        let (status, first) = post(&[("Idempotency-Key", "one")]);
        assert_eq!(status, 201);
        assert_eq!(post(&[("Idempotency-Key", "one")]), (201, first.clone()), "the first answer once more");
        let (status, again) = post(&[]);
        assert_eq!((status, &again["id"]), (200, &first["id"]), "the same stream");
        playing.await.unwrap()
    });
    let attempts = &report.meetings[0].attempts;
    assert_eq!(attempts.iter().filter(|attempt| attempt.connection == "signaling").count(), 1, "{attempts:#?}");
    assert_eq!(daemon.captures().len(), 1);
}

#[test]
fn points_4_and_5_the_object_has_its_links_when_it_is_done_and_the_defaults_are_recalls() {
    let options = stage::options("copyable", 6, 1.0);
    let runtime = stage::runtime();
    let simulator = runtime.block_on(Simulator::start(options.clone())).unwrap();
    let daemon = Daemon::start(&options, stage::own_address(), simulator.ca_pem(), Setting::default());
    let invitation = simulator.invitations().remove(0);
    let report = runtime.block_on(async {
        let playing = tokio::spawn(simulator.run());
        let id = cuts::announce(&daemon, &options, &invitation, &invitation.server_urls, &json!({}))["id"].clone();
        let growing = wait_until(&daemon, &id, |object| !object["recordings"].as_array().unwrap().is_empty());
        let shortcuts = growing["recordings"][0]["media_shortcuts"].as_object().unwrap();
        let names: Vec<&str> = shortcuts.keys().map(String::as_str).collect();
        assert_eq!(names, ["audio_mixed", "meeting_metadata", "participant_events", "transcript", "video_mixed"]);
        assert_eq!(shortcuts["video_mixed"]["status"]["code"], "processing");
        assert_eq!(shortcuts["video_mixed"]["data"]["download_url"], Value::Null);
        playing.await.unwrap()
    });
    let meeting = &report.meetings[0];
    let done = daemon.wait_for_end(&meeting.rtms_stream_id);
    let shortcuts = &done["recordings"][0]["media_shortcuts"];
    assert_eq!((&shortcuts["transcript"], &shortcuts["audio_mixed"]), (&Value::Null, &Value::Null));
    for name in ["participant_events_download_url", "speaker_timeline_download_url", "participants_download_url"] {
        let list = http::json_behind(shortcuts["participant_events"]["data"][name].as_str().unwrap());
        assert!(!list.as_array().unwrap().is_empty(), "{name}");
    }
    assert_eq!(shortcuts["meeting_metadata"]["data"]["zoom"]["meeting_uuid"], json!(meeting.meeting_uuid));

    // Behind a link, without a key, and by pieces.
    let link = shortcuts["video_mixed"]["data"]["download_url"].as_str().unwrap();
    let whole = http::anonymous(link).into_body().read_to_vec().unwrap();
    let mut piece = http::agent().get(link).header("Range", "bytes=10-19").call().unwrap();
    assert_eq!(piece.status(), 206);
    assert_eq!(piece.body_mut().read_to_vec().unwrap(), whole[10..20]);

    let dir = tempfile::tempdir().unwrap();
    let video = dir.path().join("video_mixed.mp4");
    std::fs::write(&video, &whole).unwrap();
    let started_at: jiff::Timestamp = done["recordings"][0]["started_at"].as_str().unwrap().parse().unwrap();
    media::assert_streams(&video, (meeting.end_ms - started_at.as_millisecond()) as f64 / 1_000.0);
    let streams: BTreeMap<String, String> = media::probe(&video)["streams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stream| {
            (stream["codec_type"].as_str().unwrap().to_owned(), stream["codec_name"].as_str().unwrap().to_owned())
        })
        .collect();
    let expected = [("audio", "aac"), ("video", "h264")].map(|(kind, codec)| (kind.to_owned(), codec.to_owned()));
    assert_eq!(streams, BTreeMap::from(expected));
}

#[test]
fn points_12_and_6_what_is_deleted_is_told_and_gone_from_the_disk() {
    let receiver = Receiver::start();
    let options = stage::options("copyable", 6, 1.0);
    let runtime = stage::runtime();
    let simulator = runtime.block_on(Simulator::start(options.clone())).unwrap();
    let setting = Setting { environment: receiver.environment(), ..Setting::default() };
    let daemon = Daemon::start(&options, stage::own_address(), simulator.ca_pem(), setting);
    let invitation = simulator.invitations().remove(0);
    let captions = json!({ "transcript": { "provider": { "meeting_captions": {} } } });
    let report = runtime.block_on(async {
        let playing = tokio::spawn(simulator.run());
        cuts::announce(&daemon, &options, &invitation, &invitation.server_urls, &captions);
        playing.await.unwrap()
    });
    let played = stage::finish(daemon, report);
    let words: Vec<String> = played.meeting().transcript.iter().map(|line| line.text.clone()).collect();
    let written: Vec<String> = played
        .json("transcript.json")
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["words"][0]["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(written, words, "point 6: captions are the transcript");

    let (daemon, recording) = (&played.daemon, &played.capture["recordings"][0]);
    let log = daemon.log_dir(&played.capture);
    let files = daemon.data_dir().join("store/objects").join(recording["id"].as_str().unwrap());
    assert!(log.exists() && files.exists(), "the control: there is something to delete");
    let path = daemon.url(&format!("/api/v1/recording/{}/", recording["id"].as_str().unwrap()));
    let answer = http::agent().delete(&path).header("Authorization", format!("Token {API_KEY}")).call().unwrap();
    assert_eq!(answer.status(), 204);
    let object = http::get_json(&path);
    assert_eq!(object["status"]["code"], "deleted");
    let video = &object["media_shortcuts"]["video_mixed"];
    assert_eq!((&video["status"]["code"], &video["data"]["download_url"]), (&json!("deleted"), &Value::Null));
    for (_, link) in stage::links(&played.capture) {
        assert_eq!(http::anonymous(&link).status(), 404, "links die at once");
    }
    receiver.wait_for("recording.deleted");
    let told: Vec<String> = receiver.messages().iter().map(|(heard, _)| heard.event()).collect();
    for artifact in ["video_mixed", "transcript", "participant_events", "meeting_metadata"] {
        assert!(told.contains(&format!("{artifact}.deleted")), "{artifact} in {told:?}");
    }
    let deadline = Instant::now() + PATIENCE;
    while log.exists() || files.exists() {
        assert!(Instant::now() < deadline, "bytes are left");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// What the public sample application for Meeting Direct Connect asks for and reads, and H.264 beside its PNG: it takes Zoom's webhook, POSTs the stream with a
/// signature and an idempotency key, and is connected to at `/recall-events` for words, sound and pictures.
#[test]
fn point_14_an_application_of_the_samples_kind_hears_words_sound_and_pictures() {
    let receivers = Receivers::new();
    let app = receivers.socket(|_| true);
    let options = stage::options("copyable", 10, 1.0);
    let simulator = receivers.runtime.block_on(Simulator::start(options.clone())).unwrap();
    let host = Host { sections: "[deliver]\nprivate = [\"127.0.0.0/8\"]", ..Host::default() };
    let daemon =
        Daemon::start(&options, stage::own_address(), simulator.ca_pem(), Setting { host, ..Setting::default() });
    let invitation = simulator.invitations().remove(0);
    let events = [
        "transcript.data",
        "audio_mixed_raw.data",
        "audio_separate_raw.data",
        "video_separate_h264.data",
        "video_separate_png.data",
    ];
    let config = json!({
        "audio_mixed_raw": {},
        "audio_separate_raw": {},
        "transcript": { "provider": { "meeting_captions": { "language_code": "en" } } },
        "video_mixed_layout": "gallery_view_v2",
        "video_separate_h264": {},
        "video_separate_png": {},
        "realtime_endpoints": [{ "type": "websocket", "url": format!("{}/recall-events", app.url), "events": events }],
    });
    let body = cuts::wish(&options, &invitation, &invitation.server_urls, &config);
    let key = format!("mdc_{}_{}", invitation.meeting_uuid, invitation.rtms_stream_id);
    let playing = receivers.runtime.spawn(simulator.run());
    for expected in [201, 201] {
        // Zoom may announce a stream more than once.
        let (status, _) = http::try_post(&daemon.url(MDC), &body, &[("Idempotency-Key", &key)]).unwrap();
        assert_eq!(status, expected);
    }
    let report = receivers.runtime.block_on(playing).unwrap();
    daemon.wait_for_end(&report.meetings[0].rtms_stream_id);

    let heard = app.heard_until_over();
    let of = |name: &str| {
        let name = name.to_owned();
        heard.iter().filter(move |one| one.name() == name).map(|one| &one.event["data"])
    };
    for name in events {
        assert!(of(name).next().is_some(), "{name}");
        assert!(of(name).all(|data| data["recording"]["id"].is_string() && data["bot"]["id"].is_string()), "{name}");
    }
    // A machine that hesitates makes a piece shorter.
    let bytes = |data: &Value| STANDARD.decode(data["data"]["buffer"].as_str().unwrap().as_bytes()).unwrap().len();
    assert_eq!(of("audio_mixed_raw.data").map(bytes).max(), Some(3_200), "100 ms of 16 kHz");
    for data in
        ["audio_separate_raw.data", "video_separate_h264.data", "video_separate_png.data"].into_iter().flat_map(of)
    {
        assert!(data["data"]["participant"]["id"].is_i64() && data["data"]["timestamp"]["relative"].is_f64());
    }
    let picture = of("video_separate_h264.data").next().unwrap();
    assert_eq!(picture["data"]["type"], "webcam");
    let unit = STANDARD.decode(picture["data"]["buffer"].as_str().unwrap()).unwrap();
    assert!(unit.starts_with(&[0, 0, 0, 1, 0x67]), "a receiver begins with the parameter sets");
    let pictures: Vec<stills::Picture> = heard.iter().filter_map(stills::Picture::of).collect();
    assert!(pictures.len() >= 10, "{} pictures", pictures.len());
    for picture in pictures {
        assert_eq!((picture.width, picture.height, picture.is_share), (640, 360, false));
        stills::assert_shows_what_was_sent(&picture, &report.meetings[0]);
    }
    assert_eq!(of("transcript.data").count(), report.meetings[0].transcript.len());
}

//! What a customer meets: keys, lists, ranges, events, metrics, and a stop that loses nothing.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
};

use serde_json::{Value, json};

use super::{http, media, stage};

#[test]
fn a_customer_finds_everything_with_a_key_and_nothing_without() {
    let played = stage::play("copyable", 6, 3.0);
    let daemon = &played.daemon;
    let id = played.capture["id"].as_str().unwrap();
    for path in ["/api/v1/meeting_direct_connect", "/api/v1/meeting_direct_connect/"] {
        assert_eq!(http::anonymous(&daemon.url(path)).status(), 401);
        let list = http::get_json(&daemon.url(path));
        assert_eq!(
            (&list["next"], &list["previous"], list["results"].as_array().unwrap().len()),
            (&Value::Null, &Value::Null, 1)
        );
        let one = http::get_json(&daemon.url(&format!("{}/{id}", path.trim_end_matches('/'))));
        let shortcuts = one["recordings"][0]["media_shortcuts"].as_object().unwrap();
        let keys: BTreeSet<&str> = shortcuts.keys().map(String::as_str).collect();
        let five = ["audio_mixed", "meeting_metadata", "participant_events", "transcript", "video_mixed"];
        assert_eq!(keys, BTreeSet::from(five));
    }
    assert_events_are_replayed_to_the_end(&played, id);
    assert_ranges(&played);
    assert_watched(daemon);
    assert_customers_start_is_the_same_capture(&played, id);
}

/// Every word is in the event stream, in order, and the stream ends with the capture.
fn assert_events_are_replayed_to_the_end(played: &stage::Played, id: &str) {
    let response = http::get(&played.daemon.url(&format!("/api/v1/meeting_direct_connect/{id}/events")));
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let lines: Vec<String> = BufReader::new(response.into_body().into_reader()).lines().map(Result::unwrap).collect();
    let events: Vec<Value> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let words: Vec<&str> = events
        .iter()
        .filter(|event| event["event"] == "transcript.data")
        .map(|event| event["data"]["data"]["words"][0]["text"].as_str().unwrap())
        .collect();
    assert_eq!(words, played.meeting().transcript.iter().map(|line| line.text.as_str()).collect::<Vec<_>>());
    let cursors: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(cursors.len(), cursors.iter().collect::<BTreeSet<_>>().len(), "a cursor came twice");
    let last = events.last().unwrap().to_string();
    assert!(last.contains("done"), "the last event is {last}");
}

fn assert_ranges(played: &stage::Played) {
    let url =
        played.capture["recordings"][0]["media_shortcuts"]["video_mixed"]["data"]["download_url"].as_str().unwrap();
    let whole = std::fs::read(played.file("video_mixed.mp4")).unwrap();
    let mut part = http::agent().get(url).header("Range", "bytes=100-299").call().unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"].to_str().unwrap(), format!("bytes 100-299/{}", whole.len()));
    assert_eq!(part.body_mut().read_to_vec().unwrap(), whole[100..300]);
    let beyond = http::agent().get(url).header("Range", "bytes=999999999-").call().unwrap();
    assert_eq!(beyond.status(), 416);
    let (head, tail) = url.split_at(url.len() - 1);
    let forged = format!("{head}{}", if tail == "A" { "B" } else { "A" });
    assert_eq!(http::anonymous(&forged).status(), 403);
    // A player that reads over the network gets the same film.
    assert_eq!(media::probe(std::path::Path::new(url))["streams"].as_array().unwrap().len(), 2);
}

fn assert_watched(daemon: &stage::Daemon) {
    let metrics = http::anonymous(&daemon.url("/metrics")).body_mut().read_to_string().unwrap();
    for name in [
        "hansard_build_info",
        "hansard_webhook_requests_total",
        "hansard_webhook_ack_duration_seconds_bucket",
        "hansard_media_received_frames_total",
        "hansard_durability_lag_seconds",
        "hansard_captures_ended_total",
        "hansard_http_requests_total",
    ] {
        assert!(metrics.contains(name), "{name} is missing");
    }
    assert_eq!(http::anonymous(&daemon.url("/health/live")).status(), 200);
    assert_eq!(http::anonymous(&daemon.url("/health/ready")).status(), 200);
}

/// The customer's own POST for a stream that Zoom's webhook announced already.
fn assert_customers_start_is_the_same_capture(played: &stage::Played, id: &str) {
    let meeting = played.meeting();
    let post = |server_urls: &str| {
        let body = json!({ "zoom_rtms": {
            "meeting_uuid": meeting.meeting_uuid, "rtms_stream_id": meeting.rtms_stream_id,
            "server_urls": server_urls, "signature": "0".repeat(64) }, "an_unknown_key": 1 });
        http::post(&played.daemon.url("/api/v1/meeting_direct_connect"), &body)
    };
    let (status, answer) = post(&meeting.streams[0].server_urls);
    assert_eq!((status, answer["id"].as_str()), (200, Some(id)), "{answer}");
    let (status, answer) = post("wss://rtms.zoom.us");
    assert_eq!((status, &answer["code"]), (400, &json!("address_host_not_allowed")), "{answer}");
    let (status, answer) =
        http::post(&played.daemon.url("/api/v1/meeting_direct_connect/"), &json!({ "zoom_rtms": {} }));
    assert_eq!(status, 400, "{answer}");
}

#[test]
fn a_stop_in_the_middle_keeps_what_was_received_and_exits_cleanly() {
    let (runtime, simulator, daemon) = stage::set_up(stage::options("copyable", 30, 1.0), &["127.0.0.1"]);
    let playing = runtime.spawn(simulator.run());
    let capture = daemon.wait_for_recording();
    daemon.wait_for_frames(400);
    let log = daemon.log_dir(&capture);
    let kept = tempfile::tempdir().unwrap();
    let copy = kept.path().join("log");
    let before = daemon.frames_received();
    // The directory goes with the daemon, so the log is linked elsewhere first.
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(&log).unwrap() {
        let entry = entry.unwrap();
        std::fs::hard_link(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    assert_eq!(daemon.terminate(), 0);
    let mut reader = journal::LogReader::open(journal::LogDir::at(&copy)).unwrap();
    let mut frames = 0;
    while let Some(stored) = reader.next_record().unwrap() {
        frames += u64::from(matches!(stored.record.entry, model::Entry::Media(_)));
    }
    assert!(frames >= before, "{frames} of {before} frames are in the log");
    playing.abort();
}

//! Live events over a WebSocket that a reader opens, judged by the Python package `websockets`.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::sdk;
use crate::e2e::{
    http,
    stage::{self, Daemon},
};

/// A reader that hangs up after so many events; answers what it heard.
fn read(daemon: &Daemon, id: &str, some: u32, query: &str) -> impl FnOnce() -> Value + use<> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let url = daemon.url(&format!("/api/v1/meeting_direct_connect/{id}/stream/")).replace("http://", "ws://");
    let child = Command::new(sdk::python(tests.parent().unwrap()))
        .arg(tests.join("interop/stream.py"))
        .args([&url, stage::API_KEY, &some.to_string(), query])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    || {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// The events of a capture as they stand in the other stream, with their cursors.
fn sent(daemon: &Daemon, id: &str) -> Vec<(String, Value)> {
    let answer = http::get(&daemon.url(&format!("/api/v1/meeting_direct_connect/{id}/events/")));
    let mut events: Vec<(String, Value)> = Vec::new();
    let mut data = Value::Null;
    for line in BufReader::new(answer.into_body().into_reader()).lines() {
        let line = line.unwrap();
        if let Some(json) = line.strip_prefix("data: ") {
            data = serde_json::from_str(json).unwrap();
        } else if let Some(cursor) = line.strip_prefix("id: ") {
            events.push((cursor.to_owned(), data["event"].clone()));
        }
    }
    events
}

/// The same of what a reader heard.
fn heard(told: &Value) -> Vec<(String, Value)> {
    let events = told["events"].as_array().unwrap().iter();
    events.filter_map(|event| Some((event["cursor"].as_str()?.to_owned(), event["event"].clone()))).collect()
}

#[test]
fn a_reader_that_hangs_up_again_and_again_hears_every_event_once_and_in_order() {
    let (runtime, simulator, daemon) = stage::set_up(stage::options("copyable", 10, 1.0), &["127.0.0.1"]);
    let playing = runtime.spawn(simulator.run());
    let capture = daemon.wait_for_recording();
    let id = capture["id"].as_str().unwrap();
    let (restless, steady) = (read(&daemon, id, 3, ""), read(&daemon, id, 0, "events=transcript.data"));
    runtime.block_on(playing).unwrap();
    let (restless, steady) = (restless(), steady());
    assert_eq!((&restless["code"], restless["reason"].as_str()), (&1000.into(), Some("the capture is over")));
    let connections = restless["connections"].as_u64().unwrap();
    assert!(connections > 3, "{connections} connections");
    let sent = sent(&daemon, id);
    assert!(sent.len() > 10, "{sent:?}");
    assert_eq!(heard(&restless), sent);
    let words: Vec<_> = sent.into_iter().filter(|(_, event)| event == "transcript.data").collect();
    assert!(!words.is_empty());
    assert_eq!((heard(&steady), &steady["connections"]), (words, &1.into()));
}

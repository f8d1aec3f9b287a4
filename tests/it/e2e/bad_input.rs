//! What must not harm: forged and repeated webhooks, addresses that must not be dialled.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{http, stage};

pub(crate) fn unix_s() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

/// Posts a webhook as Zoom signs it, and answers the status.
pub(crate) fn webhook(url: &str, secret: &str, timestamp_s: u64, body: &str) -> u16 {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{timestamp_s}:{body}").as_bytes());
    let signature = format!("v0={}", hex::encode(mac.finalize().into_bytes()));
    let request = http::agent()
        .post(url)
        .header("x-zm-request-timestamp", timestamp_s.to_string())
        .header("x-zm-signature", signature)
        .content_type("application/json");
    request.send(body).unwrap().status().as_u16()
}

/// The status that a webhook gets by the length that it announces, before any of its body is sent.
fn status_of_announced_length(daemon: &stage::Daemon, bytes: usize) -> u16 {
    let mut socket = TcpStream::connect(daemon.address).unwrap();
    let head = format!(
        "POST /zoom-webhook HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: {bytes}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(socket).read_line(&mut line).unwrap();
    line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{line:?}"))
}

/// The notice of a stream, as Zoom writes it.
pub(super) fn started(stream: &str, server_urls: &str) -> String {
    json!({ "event": "meeting.rtms_started", "event_ts": unix_s() * 1000, "payload": {
        "meeting_uuid": "a/B+cD0eFgHiJkLmNoPqRw==", "operator_id": "operator",
        "rtms_stream_id": stream, "server_urls": server_urls } })
    .to_string()
}

fn results(daemon: &stage::Daemon) -> Vec<Value> {
    http::get_json(&daemon.url("/api/v1/meeting_direct_connect"))["results"].as_array().unwrap().clone()
}

#[test]
fn forged_stale_and_oversized_webhooks_start_nothing() {
    let options = stage::options("copyable", 4, 1.0);
    let secret = options.webhook_secret.clone();
    let (_runtime, _simulator, daemon) = stage::set_up(options, &["127.0.0.1"]);
    let url = daemon.url("/zoom-webhook");
    let body = started("0123456789abcdef0123456789abcdef", "wss://127.0.0.1:1");
    assert_eq!(webhook(&url, "another secret", unix_s(), &body), 401);
    assert_eq!(webhook(&url, &secret, unix_s() - 3 * 3600, &body), 401);
    assert_eq!(http::agent().post(&url).send(&body).unwrap().status(), 401);
    assert_eq!(status_of_announced_length(&daemon, 256 * 1024 + 1), 413);
    let oracle = json!({ "event": "endpoint.url_validation", "payload": { "plainToken": "v0:1:{}" } }).to_string();
    assert_eq!(webhook(&url, &secret, unix_s(), &oracle), 400);
    assert_eq!(webhook(&daemon.url("/zoom-webhook/unknown"), &secret, unix_s(), &body), 401);
    assert_eq!(http::agent().get(&url).call().unwrap().status(), 200);
    assert!(results(&daemon).is_empty());
}

#[test]
fn an_address_outside_the_policy_is_never_dialled_and_the_capture_says_why() {
    let options = stage::options("copyable", 4, 1.0);
    let secret = options.webhook_secret.clone();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let trap = listener.local_addr().unwrap();
    let (_runtime, _simulator, daemon) = stage::set_up(options, &["*.zoom.us"]);
    let refused = [
        format!("wss://127.0.0.1:{}", trap.port()),
        format!("ws://rtms.zoom.us:{}", trap.port()),
        format!("wss://rtms.zoom.us@127.0.0.1:{}", trap.port()),
        format!("wss://rtms.zoom.us.localhost:{}", trap.port()),
    ];
    for (number, url) in refused.iter().enumerate() {
        let stream = format!("{number:032x}");
        assert_eq!(webhook(&daemon.url("/zoom-webhook"), &secret, unix_s(), &started(&stream, url)), 200);
        let capture = daemon.wait_for_end(&stream);
        assert_eq!(capture["status"]["code"], "fatal", "{url}: {capture}");
        assert!(capture["status"]["sub_code"].is_string(), "{url}: {capture}");
        let last = capture["status_changes"].as_array().unwrap().last().unwrap();
        assert!(last["message"].as_str().is_some_and(|message| message.len() > 20), "{url}: {capture}");
    }
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "the trap was dialled");
}

#[test]
fn a_start_that_comes_often_is_one_capture() {
    let options = stage::options("copyable", 4, 1.0);
    let secret = options.webhook_secret.clone();
    let (_runtime, _simulator, daemon) = stage::set_up(options, &["*.zoom.us"]);
    let body = started("00000000000000000000000000000abc", "wss://unknown.invalid");
    let url = daemon.url("/zoom-webhook/first");
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| assert_eq!(webhook(&url, &secret, unix_s(), &body), 200));
        }
    });
    assert_eq!(results(&daemon).len(), 1);
}

#[test]
fn check_and_run_name_file_line_and_key_of_a_missing_value() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hansard.toml");
    std::fs::write(
        &file,
        "[[zoom.apps]]\nclient_id = \"a\"\nclient_secret = { env = \"UNSET_FOR_THIS_TEST\" }\n\
                           webhook_secret = \"b\"\n",
    )
    .unwrap();
    for command in ["check", "run"] {
        let output =
            std::process::Command::new(stage::binary()).args([command, "--config"]).arg(&file).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success());
        assert!(said.contains("hansard.toml:3: zoom.apps[0].client_secret:"), "{command}: {said}");
        assert!(said.contains("UNSET_FOR_THIS_TEST"), "{command}: {said}");
    }
}

/// Waits until a webhook that is signed with that secret is answered so.
fn wait_for_answer(daemon: &stage::Daemon, secret: &str, status: u16) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let body = json!({ "event": "meeting.rtms_stopped", "event_ts": unix_s() * 1000, "payload": {
            "meeting_uuid": "u", "rtms_stream_id": format!("stream of {secret} {status}"), "stop_reason": 6 } });
        let answer = webhook(&daemon.url("/zoom-webhook"), secret, unix_s(), &body.to_string());
        if answer == status {
            return;
        }
        assert!(Instant::now() < deadline, "{secret}: {answer} instead of {status}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_webhook_secret_is_rotated_while_the_daemon_runs() {
    let options = stage::options("copyable", 4, 1.0);
    let old = options.webhook_secret.clone();
    let (_runtime, _simulator, daemon) = stage::set_up(options, &["127.0.0.1"]);
    wait_for_answer(&daemon, &old, 200);
    wait_for_answer(&daemon, "the new one", 401);
    daemon.rotate(&format!("webhook_secret = \"the new one\"\nprevious_webhook_secret = {old:?}"));
    wait_for_answer(&daemon, "the new one", 200);
    wait_for_answer(&daemon, &old, 200);
    daemon.rotate("webhook_secret = \"the new one\"");
    wait_for_answer(&daemon, &old, 401);
    wait_for_answer(&daemon, "the new one", 200);
    // A configuration that cannot be read changes nothing.
    daemon.rotate("webhook_secret = ");
    wait_for_answer(&daemon, "the new one", 200);
    assert_eq!(daemon.terminate(), 0);
}

//! A stream that is announced more than once: by Zoom after its capture broke off, by a customer who passes on old news, too
//! late for anybody to join, or at an address that is never dialled (fault-matrix C5, D2, D9).

use catalog::Outcome;
use media::SourceTime;
use model::{CaptureStatus, Command, Epoch, StartJob};

use super::*;

const FIRST: &str = "wss://zoomsjc1rtms.zoom.us";
const SECOND: &str = "wss://zoomams2rtms.zoom.us";

/// What Zoom says of stream `s1` of a webinar, `at_ms` after the first.
fn told(what: &str, at_ms: i64, server_urls: &str) -> String {
    json!({ "event": format!("webinar.rtms_{what}"), "event_ts": NOW_UNIX_S * 1000 + at_ms, "payload": {
        "webinar_uuid": "a/B+cD0eFgHiJkLmNoPqRw==", "rtms_stream_id": "s1", "server_urls": server_urls,
    } })
    .to_string()
}

fn failed(code: &str) -> Outcome {
    Outcome::Failed { code: code.to_owned(), message: Some("It failed.".to_owned()) }
}

impl World {
    async fn tells(&self, body: &str) -> Value {
        let answer = self.webhook("/zoom-webhook", SECRET, self.now_unix_s(), body).await;
        assert_eq!(answer.status, StatusCode::OK, "{body}");
        answer.json()["result"].clone()
    }

    async fn claims(&self) -> Option<StartJob> {
        self.catalog.claim_start(self.now_unix_s() * 1000).await.expect("a claim")
    }

    /// The capture of the webinar's stream, running.
    async fn webinar(&self) -> StartJob {
        assert_eq!(self.tells(&told("started", 0, FIRST)).await, "accepted");
        self.claims().await.expect("a start")
    }

    async fn commands(&self, id: CaptureId) -> Vec<Command> {
        self.catalog.take_commands(id).await.expect("commands")
    }
}

/// The old server closes, dialling it again is refused, and a second later Zoom says where the stream is now.
#[tokio::test]
async fn a_stream_that_moves_just_after_its_capture_broke_off_goes_on_with_the_same_recording() {
    let world = World::new().await;
    let first = world.webinar().await;
    let now_unix_ms = NOW_UNIX_S * 1000;
    let begun =
        async |id| world.catalog.recording_started(id, SourceTime::from_unix_ms(now_unix_ms), now_unix_ms).await;
    let recording = begun(first.capture.id).await.expect("a recording");
    world.catalog.capture_ended(first.capture.id, None, failed("connection_broken"), now_unix_ms).await.expect("ended");
    assert_eq!(world.tells(&told("started", 0, FIRST)).await, "duplicate", "the first notice once more");
    assert!(world.claims().await.is_none());
    let moved = told("started", 61_000, SECOND);
    for result in ["accepted", "duplicate"] {
        assert_eq!(world.tells(&moved).await, result);
    }
    world.hub.woken(hub::Wake::Starts).await;
    let second = world.claims().await.expect("a start");
    assert_eq!((second.capture.stream, second.capture.server_urls.as_str()), (first.capture.stream.clone(), SECOND));
    assert_eq!(begun(second.capture.id).await.expect("a recording"), recording);
    assert!(world.claims().await.is_none());
    for id in [first.capture.id, second.capture.id] {
        let object = world.ask(Method::GET, &format!("{MDC}/{id}"), None).await.json();
        assert_eq!(object["recordings"][0]["id"], json!(recording.to_string()));
    }
    // Late copies of either notice, signed long ago.
    world.advance_s(600);
    for body in [moved, told("started", 0, FIRST)] {
        let answer = world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, &body).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_stream_that_was_stopped_stays_over_although_it_is_announced_once_more() {
    let world = World::new().await;
    let first = world.webinar().await;
    world.catalog.capture_ended(first.capture.id, None, failed("connection_broken"), 0).await.expect("ended");
    world.tells(&told("stopped", 90_000, FIRST)).await;
    assert_eq!(world.tells(&told("started", 61_000, SECOND)).await, "duplicate");
    assert!(world.claims().await.is_none());
}

#[tokio::test]
async fn what_a_customer_passes_on_moves_a_running_capture_only_if_it_is_known_to_be_newer() {
    let world = World::new().await;
    let job = world.webinar().await;
    let at = |at_ms: i64| json!(NOW_UNIX_S * 1000 + at_ms);
    let post = async |inside: Value, beside: Value| {
        let mut wish = wish("s1");
        wish["zoom_rtms"]["server_urls"] = json!(SECOND);
        wish["zoom_rtms"]["event_ts"] = inside;
        wish["event_ts"] = beside;
        let answer = world.ask(Method::POST, MDC, Some(&wish)).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.json()["zoom_rtms"]["server_urls"].clone()
    };
    let microseconds = json!(NOW_UNIX_S * 1_000_000);
    for (inside, beside) in [
        (Value::Null, Value::Null),
        (at(0), Value::Null),
        (at(-1), at(5_000)),
        (microseconds, Value::Null),
        // As far ahead as no notice is, by this clock.
        (at(300_001), Value::Null),
        (json!("soon"), Value::Null),
    ] {
        assert_eq!(post(inside.clone(), beside).await, json!(FIRST), "{inside}");
        assert_eq!(world.commands(job.capture.id).await, [], "{inside}");
    }
    let moved = Command::Moved { server_urls: SECOND.to_owned() };
    assert_eq!(post(Value::Null, at(1_000)).await, json!(SECOND));
    assert_eq!(world.commands(job.capture.id).await, std::slice::from_ref(&moved));
    // Back, and then by seconds and as a text.
    world.tells(&told("started", 2_000, FIRST)).await;
    assert_eq!(world.commands(job.capture.id).await, [Command::Moved { server_urls: FIRST.to_owned() }]);
    post(json!((NOW_UNIX_S + 3).to_string()), Value::Null).await;
    assert_eq!(world.commands(job.capture.id).await, [moved]);

    world.catalog.release_claims(NOW_UNIX_S * 1000).await.expect("released");
    let again = world.catalog.take_up(job.capture.id, Epoch(1)).await.expect("a claim").expect("it has no owner");
    let notice = zoom::webhook::parse_notice_json(&again.notice).expect("a notice");
    assert_eq!((notice.product, notice.id_field), (zoom::Product::Webinar, "webinar_uuid"), "it is still a webinar");
    assert_eq!(again.capture.server_urls, SECOND);
}

#[tokio::test]
async fn a_start_that_comes_too_late_to_join_says_how_late_it_was() {
    for (delay_s, expected) in [(60, "zoom_rtms_invalid_stream_id"), (300, "missed"), (5_100, "missed")] {
        let world = World::new().await;
        world.advance_s(delay_s);
        world.tells(&told("started", 0, FIRST)).await;
        let id = world.claims().await.expect("it is tried").capture.id;
        let unknown = failed("zoom_rtms_invalid_stream_id");
        world.catalog.capture_ended(id, None, unknown, world.now_unix_s() * 1000).await.expect("ended");
        let object = world.ask(Method::GET, &format!("{MDC}/{id}"), None).await.json();
        assert_eq!((&object["status"]["code"], &object["status"]["sub_code"]), (&json!("fatal"), &json!(expected)));
        if expected == "missed" {
            assert!(object["status_changes"].to_string().contains(&format!("{delay_s} s after")), "{object}");
        }
        assert!(world.claims().await.is_none(), "it is tried once");
    }
}

/// How many webhooks named an address that is never dialled, over all tests of this process.
async fn security_events(world: &World, event: &str) -> u64 {
    let name = format!(r#"hansard_webhook_requests_total{{event="{event}",result="address_refused"}} "#);
    let metrics = world.send(Method::GET, "/metrics", &[], "").await;
    let text = String::from_utf8_lossy(&metrics.body).into_owned();
    text.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |count| count.parse().expect("a count"))
}

#[tokio::test]
async fn an_address_that_is_never_dialled_is_a_security_event_and_moves_nothing() {
    const EVIL: &str = "wss://zoom.us.evil.example";
    let world = World::new().await;
    let (started, interrupted) =
        (security_events(&world, "started").await, security_events(&world, "interrupted").await);
    // Of an unknown stream it becomes a capture, which says why it came to nothing.
    assert_eq!(world.tells(&told("started", 0, EVIL)).await, "address_refused");
    let id = world.claims().await.expect("a start").capture.id;
    world.catalog.capture_ended(id, None, failed("address_refused"), 0).await.expect("ended");
    assert_eq!(security_events(&world, "started").await, started + 1);

    let id = {
        let body = told("started", 0, FIRST).replace("\"s1\"", "\"s2\"");
        world.tells(&body).await;
        world.claims().await.expect("a start").capture.id
    };
    for (what, at_ms) in [("started", 1_000), ("interrupted", 2_000)] {
        let body = told(what, at_ms, EVIL).replace("\"s1\"", "\"s2\"");
        assert_eq!(world.tells(&body).await, "address_refused", "{what}");
    }
    assert_eq!(world.commands(id).await, [Command::Interrupted], "it looks after its connections where they are");
    assert_eq!(world.catalog.capture(id).await.expect("read").expect("a capture").server_urls, FIRST);
    assert_eq!(security_events(&world, "started").await, started + 2);
    assert_eq!(security_events(&world, "interrupted").await, interrupted + 1);

    // Whoever is not Zoom is refused as ever, and is no such event.
    let forged = world.webhook("/zoom-webhook", OTHER_SECRET, NOW_UNIX_S, &told("started", 3_000, EVIL)).await;
    assert_eq!(forged.status, StatusCode::UNAUTHORIZED);
    assert_eq!(security_events(&world, "started").await, started + 2);
    assert_eq!(world.captures().await.iter().filter(|of| of.latest().status == CaptureStatus::JoiningCall).count(), 1);
}

#[tokio::test]
async fn a_customer_cannot_send_a_capture_to_an_address_that_is_never_dialled() {
    let world = World::new().await;
    let job = world.webinar().await;
    let post = async |stream: &str, server_urls: &str| {
        let mut wish = wish(stream);
        wish["zoom_rtms"]["server_urls"] = json!(server_urls);
        wish["event_ts"] = json!(NOW_UNIX_S * 1000 + 1_000);
        world.ask(Method::POST, MDC, Some(&wish)).await
    };
    for (server_urls, code) in [
        ("wss://zoom.us.evil.example", "address_host_not_allowed"),
        ("wss://203.0.113.7", "address_is_ip_literal"),
        ("wss://zoomsjc1rtms.zoom.us:8443", "address_port_not_allowed"),
    ] {
        for stream in ["s1", "s2"] {
            let answer = post(stream, server_urls).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{server_urls}");
            assert_eq!(answer.json()["code"], code, "{server_urls}");
            assert!(answer.json()["detail"].is_string(), "{server_urls}");
        }
    }
    assert_eq!(world.commands(job.capture.id).await, []);
    let captures = world.captures().await;
    let [capture] = captures.as_slice() else { panic!("the unknown stream became a capture") };
    assert_eq!(capture.server_urls, FIRST);
    // One among several leads on.
    let answer = post("s1", &format!("wss://zoom.us.evil.example,{SECOND}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(world.commands(job.capture.id).await.len(), 1);
}

//! Zoom's webhooks: who is believed, what is durable, what has no second effect.

use model::{CaptureStatus, Command};

use super::*;

/// What is wrong, the headers and the body.
type SignatureCase<'a> = (&'a str, Vec<(&'a str, &'a str)>, &'a str);

const STARTED: &str = r#"{"event":"meeting.rtms_started","event_ts":1767225600123,"payload":{"meeting_uuid":"a/B+cD0eFgHiJkLmNoPqRw==","operator_id":"uOpErAtOr123456789","rtms_stream_id":"0123456789abcdef0123456789abcdef","server_urls":"wss://zoomsjc1rtms.zoom.us"}}"#;
const STARTED_SIGNATURE: &str = "v0=005d46e9c74759a0f0ec2928ed52618fc21b3fdad5ad5e70ac9e10c29850b970";
const STOPPED: &str = r#"{"event":"meeting.rtms_stopped","event_ts":1767225660000,"payload":{"meeting_uuid":"a/B+cD0eFgHiJkLmNoPqRw==","rtms_stream_id":"0123456789abcdef0123456789abcdef","stop_reason":6}}"#;
const CHALLENGE: &str =
    r#"{"event":"endpoint.url_validation","event_ts":1767225600000,"payload":{"plainToken":"kT3vX0wQ7mZr"}}"#;
const JSON: (&str, &str) = ("content-type", "application/json");

fn challenge(token: &str) -> String {
    json!({ "event": "endpoint.url_validation", "payload": { "plainToken": token } }).to_string()
}

#[tokio::test]
async fn the_start_of_the_protocol_becomes_a_durable_capture() {
    let world = World::new().await;
    let headers = [("x-zm-signature", STARTED_SIGNATURE), ("x-zm-request-timestamp", "1767225601"), JSON];
    let answer = world.send(Method::POST, "/zoom-webhook", &headers, STARTED).await;
    assert_eq!(answer.status, StatusCode::OK);
    world.hub.woken(hub::Wake::Starts).await;
    let job = world.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start");
    let capture = job.capture;
    assert_eq!(capture.stream.app, "main");
    assert_eq!(capture.stream.meeting_uuid, "a/B+cD0eFgHiJkLmNoPqRw==");
    assert_eq!(capture.server_urls, "wss://zoomsjc1rtms.zoom.us");
    assert_eq!(capture.config, RecordingConfig::of_an_app());
    assert!(job.notice.contains("uOpErAtOr123456789"));
    assert_eq!(job.signature, None);
}

#[tokio::test]
async fn what_is_not_signed_by_the_app_is_answered_401_without_detail() {
    let world = World::new().await;
    let ts = "1767225601";
    let long = format!("{STARTED_SIGNATURE}00");
    let upper = STARTED_SIGNATURE.replace("v0=", "V0=");
    let v1 = STARTED_SIGNATURE.replace("v0=", "v1=");
    let other = zoom::signature::webhook(&secret(OTHER_SECRET), ts, STARTED.as_bytes());
    let changed = STARTED.replace("zoomsjc1rtms", "zoomsjc2rtms");
    let cases: [SignatureCase; 12] = [
        ("no headers", vec![], STARTED),
        ("no timestamp", vec![("x-zm-signature", STARTED_SIGNATURE)], STARTED),
        ("no signature", vec![("x-zm-request-timestamp", ts)], STARTED),
        ("empty signature", vec![("x-zm-signature", ""), ("x-zm-request-timestamp", ts)], STARTED),
        ("truncated", vec![("x-zm-signature", &STARTED_SIGNATURE[..40]), ("x-zm-request-timestamp", ts)], STARTED),
        ("too long", vec![("x-zm-signature", &long), ("x-zm-request-timestamp", ts)], STARTED),
        ("wrong version", vec![("x-zm-signature", &v1), ("x-zm-request-timestamp", ts)], STARTED),
        ("wrong case of the version", vec![("x-zm-signature", &upper), ("x-zm-request-timestamp", ts)], STARTED),
        ("wrong secret", vec![("x-zm-signature", &other), ("x-zm-request-timestamp", ts)], STARTED),
        ("changed body", vec![("x-zm-signature", STARTED_SIGNATURE), ("x-zm-request-timestamp", ts)], &changed),
        (
            "changed timestamp",
            vec![("x-zm-signature", STARTED_SIGNATURE), ("x-zm-request-timestamp", "1767225602")],
            STARTED,
        ),
        (
            "two signatures",
            vec![("x-zm-signature", STARTED_SIGNATURE), ("x-zm-signature", &other), ("x-zm-request-timestamp", ts)],
            STARTED,
        ),
    ];
    let mut bodies = Vec::new();
    for (name, mut headers, body) in cases {
        headers.push(JSON);
        let answer = world.send(Method::POST, "/zoom-webhook", &headers, body.to_owned()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}");
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "every refusal reads the same");
    assert!(world.captures().await.is_empty());
}

#[tokio::test]
async fn nothing_is_parsed_before_the_signature_fits() {
    let world = World::new().await;
    let garbage = "{\"event\":";
    let unsigned = world.send(Method::POST, "/zoom-webhook", &[JSON], garbage).await;
    assert_eq!(unsigned.status, StatusCode::UNAUTHORIZED);
    let forged = world.webhook("/zoom-webhook", OTHER_SECRET, NOW_UNIX_S, garbage).await;
    assert_eq!(forged.status, StatusCode::UNAUTHORIZED);
    let signed = world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, garbage).await;
    assert_eq!(signed.status, StatusCode::BAD_REQUEST);
    assert_eq!(signed.json()["code"], "zoom_webhook_malformed");
}

#[tokio::test]
async fn a_hundred_copies_of_a_start_make_one_capture() {
    let world = World::new().await;
    let copies = (0..100).map(|_| world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, STARTED));
    for answer in futures_util::future::join_all(copies).await {
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(world.captures().await.len(), 1);
}

#[tokio::test]
async fn age_decides_unless_the_delivery_is_new() {
    for (age_s, expected) in [
        (-301, StatusCode::UNAUTHORIZED),
        (-300, StatusCode::OK),
        (0, StatusCode::OK),
        (300, StatusCode::OK),
        (301, StatusCode::OK),
        (7_200, StatusCode::OK),
        (7_201, StatusCode::UNAUTHORIZED),
    ] {
        let world = World::new().await;
        let answer = world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S - age_s, STARTED).await;
        assert_eq!(answer.status, expected, "{age_s} s old");
        assert_eq!(world.captures().await.len(), usize::from(expected == StatusCode::OK), "{age_s} s old");
    }
}

#[tokio::test]
async fn a_replayed_start_has_no_effect_at_any_age_nor_after_a_restart() {
    let mut world = World::new().await;
    let fresh = world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, STARTED).await;
    assert_eq!(fresh.json()["result"], "accepted");
    for (later_s, expected) in [
        (60, StatusCode::OK),
        (540, StatusCode::UNAUTHORIZED),
        (10_200, StatusCode::UNAUTHORIZED),
        (8 * 86_400, StatusCode::UNAUTHORIZED),
    ] {
        world.advance_s(later_s);
        world = world.restarted(vec![app("main", &[SECRET])]).await;
        let replay = world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, STARTED).await;
        assert_eq!(replay.status, expected, "{later_s} s later");
        assert_eq!(world.captures().await.len(), 1);
    }
}

/// A signature may fit a body that was written again (protocol §18 row 3), so that one request has many spellings; all of
/// them are one delivery.
#[tokio::test]
async fn a_replay_in_another_spelling_is_a_replay() {
    let world = World::new().await;
    let stopped = STOPPED.split_whitespace().collect::<String>();
    let timestamp = NOW_UNIX_S.to_string();
    let signature = zoom::signature::webhook(&super::secret(SECRET), &timestamp, stopped.as_bytes());
    let headers = [("x-zm-signature", signature.as_str()), ("x-zm-request-timestamp", timestamp.as_str()), JSON];
    let spaced = stopped.replace(':', " : ").replace(',', " , ");
    world.advance_s(600);
    for (body, expected) in [
        (&spaced, StatusCode::OK),
        (&stopped, StatusCode::UNAUTHORIZED),
        (&spaced.replace(" ", "  "), StatusCode::UNAUTHORIZED),
        (&stopped.replace("rtms_stream_id", "rtms\\u005fstream_id"), StatusCode::UNAUTHORIZED),
    ] {
        let answer = world.send(Method::POST, "/zoom-webhook", &headers, body.clone()).await;
        assert_eq!(answer.status, expected, "{body}");
    }
}

/// A delivery is remembered together with what it does, or not at all.
#[tokio::test]
async fn a_late_notice_that_could_not_be_kept_is_taken_when_it_comes_again() {
    let world = World::new().await;
    world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, STARTED).await;
    let job = world.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start");
    world.advance_s(600);
    let moved = STARTED.replace("zoomsjc1rtms", "zoomams2rtms").replace("1767225600123", "1767225610000");
    let interrupted = moved.replace("rtms_started", "rtms_interrupted").replace("zoomams2rtms", "zoomfra3rtms");
    for (body, place) in [(moved, "wss://zoomams2rtms.zoom.us"), (interrupted, "wss://zoomfra3rtms.zoom.us")] {
        let deliver = async || world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, &body).await;
        world.change_status("joining_call", "unreadable").await;
        assert_eq!(deliver().await.status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
        world.change_status("unreadable", "joining_call").await;
        assert_eq!(deliver().await.status, StatusCode::OK, "{body}");
        let commands = world.catalog.take_commands(job.capture.id).await.expect("commands");
        assert_eq!(commands, [Command::Moved { server_urls: place.to_owned() }]);
        assert_eq!(deliver().await.status, StatusCode::UNAUTHORIZED, "now it was seen before");
    }
}

#[tokio::test]
async fn a_start_with_another_address_moves_the_capture() {
    let world = World::new().await;
    world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, STARTED).await;
    let job = world.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start");
    let moved = STARTED.replace("zoomsjc1rtms", "zoomams2rtms").replace("1767225600123", "1767225610000");
    assert_eq!(world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, &moved).await.status, StatusCode::OK);
    world.hub.woken(hub::Wake::Commands(job.capture.id)).await;
    let commands = world.catalog.take_commands(job.capture.id).await.expect("commands");
    assert_eq!(commands, [Command::Moved { server_urls: "wss://zoomams2rtms.zoom.us".to_owned() }]);
}

#[tokio::test]
async fn a_stop_reaches_the_owner_of_the_capture_and_only_once() {
    let world = World::new().await;
    world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, STARTED).await;
    let job = world.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start");
    world.advance_s(60);
    for expected in ["accepted", "duplicate"] {
        let answer = world.webhook("/zoom-webhook", SECRET, world.now_unix_s(), STOPPED).await;
        assert_eq!(answer.json()["result"], expected);
    }
    world.hub.woken(hub::Wake::Commands(job.capture.id)).await;
    let commands = world.catalog.take_commands(job.capture.id).await.expect("commands");
    assert_eq!(commands, [Command::Stopped { reason: Some(6) }]);
}

#[tokio::test]
async fn a_start_that_its_stop_overtook_is_written_down_and_not_run() {
    let world = World::new().await;
    assert_eq!(world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, STOPPED).await.status, StatusCode::OK);
    assert_eq!(world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, STARTED).await.status, StatusCode::OK);
    assert_eq!(world.captures().await[0].latest().status, CaptureStatus::Fatal);
    assert_eq!(world.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim"), None);
}

#[tokio::test]
async fn the_challenge_is_answered_signed_or_not() {
    let world = World::new().await;
    let expected = json!({
        "plainToken": "kT3vX0wQ7mZr",
        "encryptedToken": "b158d9485043a691dd3355abd909d5c339cc15a8d130adf4045224b25af5387c",
    });
    let unsigned = world.send(Method::POST, "/zoom-webhook", &[JSON], CHALLENGE).await;
    assert_eq!((unsigned.status, unsigned.json()), (StatusCode::OK, expected.clone()));
    assert_eq!(unsigned.header("content-type"), Some("application/json"));
    let signed = world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, CHALLENGE).await;
    assert_eq!((signed.status, signed.json()), (StatusCode::OK, expected));
    let forged = world.webhook("/zoom-webhook", OTHER_SECRET, NOW_UNIX_S, CHALLENGE).await;
    assert_eq!(forged.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_challenge_signs_nothing_that_could_pass_for_a_webhook() {
    let world = World::new().await;
    let forged = format!("v0:{NOW_UNIX_S}:{STARTED}");
    let long = "a".repeat(129);
    for token in ["", &forged, "v0:1:x", "a b", "a\"b", "a\nb", "ä", "a.b", "a=b", &long] {
        for signed in [false, true] {
            let body = challenge(token);
            let answer = if signed {
                world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, &body).await
            } else {
                world.send(Method::POST, "/zoom-webhook", &[JSON], body).await
            };
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{token:?}");
            assert!(!String::from_utf8_lossy(&answer.body).contains("encryptedToken"), "{token:?}");
        }
    }
    let longest = world.send(Method::POST, "/zoom-webhook", &[JSON], challenge(&"a".repeat(128))).await;
    assert_eq!(longest.status, StatusCode::OK);
}

#[tokio::test]
async fn the_signature_decides_among_apps_and_the_path_names_one() {
    let apps = || vec![app("one", &[SECRET]), app("two", &["rotated-out", OTHER_SECRET])];
    for (path, signed_with, expected) in [
        ("/zoom-webhook", SECRET, Some("one")),
        ("/zoom-webhook", OTHER_SECRET, Some("two")),
        ("/zoom-webhook/two", OTHER_SECRET, Some("two")),
        ("/zoom-webhook/two/", "rotated-out", Some("two")),
        ("/zoom-webhook/one", OTHER_SECRET, None),
        ("/zoom-webhook/unknown", SECRET, None),
        ("/zoom-webhook", "neither", None),
    ] {
        let world = World::with_apps(apps()).await;
        let answer = world.webhook(path, signed_with, NOW_UNIX_S, STARTED).await;
        let captures = world.captures().await;
        assert_eq!(captures.first().map(|capture| capture.stream.app.as_str()), expected, "{path} {signed_with}");
        let status = if expected.is_some() { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        assert_eq!(answer.status, status, "{path} {signed_with}");
    }
}

#[tokio::test]
async fn an_unsigned_challenge_needs_an_address_that_leaves_one_app() {
    let world = World::with_apps(vec![app("one", &[SECRET]), app("two", &[OTHER_SECRET])]).await;
    for (path, expected) in [
        ("/zoom-webhook", StatusCode::UNAUTHORIZED),
        ("/zoom-webhook/one", StatusCode::OK),
        ("/zoom-webhook/two", StatusCode::OK),
    ] {
        let answer = world.send(Method::POST, path, &[JSON], CHALLENGE).await;
        assert_eq!(answer.status, expected, "{path}");
    }
}

#[tokio::test]
async fn without_a_secret_nothing_is_believed() {
    for secrets in [&[][..], &[""][..]] {
        let world = World::with_apps(vec![app("main", secrets)]).await;
        assert_eq!(world.webhook("/zoom-webhook", "", NOW_UNIX_S, STARTED).await.status, StatusCode::UNAUTHORIZED);
        let unsigned = world.send(Method::POST, "/zoom-webhook", &[JSON], CHALLENGE).await;
        assert_eq!(unsigned.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn bodies_are_limited_in_size_and_form() {
    let world = World::new().await;
    let fits = format!("{}{}", STOPPED, " ".repeat(256 * 1024 - STOPPED.len()));
    assert_eq!(world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, &fits).await.status, StatusCode::OK);
    let exceeds = format!("{fits} ");
    assert_eq!(
        world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, &exceeds).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let announced = [("content-length", "262145"), JSON];
    let answer = world.send(Method::POST, "/zoom-webhook", &announced, "x").await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "refused before it is read");
    for (name, value, expected) in [
        ("content-encoding", "gzip", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("content-encoding", "identity, gzip", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("content-encoding", "identity", StatusCode::OK),
        ("content-type", "text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("content-type", "application/x-www-form-urlencoded", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("content-type", "Application/JSON", StatusCode::OK),
        ("x-unrelated", "1", StatusCode::OK),
    ] {
        let headers = [(name, value)];
        let answer = world.send(Method::POST, "/zoom-webhook", &headers, CHALLENGE).await;
        assert_eq!(answer.status, expected, "{name}: {value}");
    }
}

#[tokio::test]
async fn what_is_not_understood_is_acknowledged_and_changes_nothing() {
    let world = World::new().await;
    for body in [
        r#"{"event":"meeting.rtms_interrupted","event_ts":1,"payload":{"meeting_uuid":"m","rtms_stream_id":"s"}}"#,
        r#"{"event":"rtms.concurrency_limited","event_ts":1,"payload":{}}"#,
        r#"{"event":"meeting.ended","event_ts":1,"payload":{}}"#,
    ] {
        assert_eq!(world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, body).await.status, StatusCode::OK, "{body}");
    }
    let incomplete = r#"{"event":"meeting.rtms_started","event_ts":1,"payload":{"meeting_uuid":"m"}}"#;
    let answer = world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, incomplete).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(world.captures().await.is_empty());
}

#[tokio::test]
async fn a_start_that_cannot_be_made_durable_is_not_acknowledged() {
    let world = World::new().await;
    world.catalog.close().await;
    for body in [STARTED, STOPPED] {
        let answer = world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, body).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.header("retry-after").is_some());
    }
    let challenged = world.send(Method::POST, "/zoom-webhook", &[JSON], CHALLENGE).await;
    assert_eq!(challenged.status, StatusCode::OK, "the challenge is answered always");
}

#[tokio::test]
async fn a_get_shows_that_the_address_is_right() {
    let world = World::new().await;
    for path in ["/zoom-webhook", "/zoom-webhook/", "/zoom-webhook/main", "/zoom-webhook/anything"] {
        assert_eq!(world.send(Method::GET, path, &[], "").await.status, StatusCode::OK, "{path}");
    }
}

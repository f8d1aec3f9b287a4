//! Every product of Zoom that streams takes the same road, by its own events and its own name for a meeting's id.

use model::Command;
use zoom::{Product, webhook::parse_notice_json};

use super::*;

#[tokio::test]
async fn each_product_is_captured_told_and_stopped_by_its_own_names() {
    let products = [
        (Product::Meeting, "meeting.rtms", "meeting_uuid"),
        (Product::Webinar, "webinar.rtms", "webinar_uuid"),
        (Product::VideoSdk, "session.rtms", "session_id"),
        (Product::ContactCenter, "contact_center.voice_rtms", "engagement_id"),
        (Product::Phone, "phone.rtms", "call_id"),
        (Product::Phone, "phone.call_rtms", "call_id"),
    ];
    for (product, event, id_field) in products {
        let world = World::with_apps(vec![app("sdk", &[OTHER_SECRET]), app("main", &[SECRET])]).await;
        let tell = async |what: &str, at_ms: i64, further: Value| {
            let mut body = json!({ "event": format!("{event}_{what}"), "event_ts": NOW_UNIX_S * 1000 + at_ms });
            body["payload"] = further;
            body["payload"][id_field] = json!("a/B+cD0e==");
            body["payload"]["rtms_stream_id"] = json!("s1");
            let answer = world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, &body.to_string()).await;
            assert_eq!(
                (answer.status, &answer.json()["result"]),
                (StatusCode::OK, &json!("accepted")),
                "{event}_{what}"
            );
        };
        tell("started", 0, json!({ "server_urls": "wss://zoomsjc1rtms.zoom.us" })).await;
        let job = world.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start");
        assert_eq!((job.capture.stream.app.as_str(), job.capture.stream.meeting_uuid.as_str()), ("main", "a/B+cD0e=="));
        let notice = parse_notice_json(&job.notice).expect("a notice that can be read again");
        assert_eq!((notice.product, notice.id_field), (product, id_field), "{event}");
        tell("interrupted", 1, json!({})).await;
        tell("stopped", 2, json!({ "stop_reason": 6 })).await;
        let commands = world.catalog.take_commands(job.capture.id).await.expect("commands");
        assert_eq!(commands, [Command::Interrupted, Command::Stopped { reason: Some(6) }], "{event}");
    }
}

/// What one app is told does not concern the streams of another, even where the names are the same.
#[tokio::test]
async fn an_app_cannot_stop_the_stream_of_another() {
    let world = World::with_apps(vec![app("one", &[SECRET]), app("two", &[OTHER_SECRET])]).await;
    let started = r#"{"event":"meeting.rtms_started","event_ts":1767225600000,"payload":{"meeting_uuid":"m","rtms_stream_id":"s","server_urls":"wss://zoomsjc1rtms.zoom.us"}}"#;
    let stopped =
        r#"{"event":"meeting.rtms_stopped","event_ts":1767225600001,"payload":{"rtms_stream_id":"s","stop_reason":8}}"#;
    let moved = r#"{"event":"meeting.rtms_interrupted","event_ts":1767225600001,"payload":{"rtms_stream_id":"s","server_urls":"wss://b.zoom.us"}}"#;
    world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, started).await;
    let job = world.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start");
    for body in [stopped, moved] {
        assert_eq!(world.webhook("/zoom-webhook", OTHER_SECRET, NOW_UNIX_S, body).await.status, StatusCode::OK);
    }
    assert_eq!(world.catalog.take_commands(job.capture.id).await.expect("commands"), []);
    world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, stopped).await;
    assert!(!world.catalog.take_commands(job.capture.id).await.expect("commands").is_empty());
}

//! What a process that stops still does.

use super::*;

#[tokio::test]
async fn while_it_stops_it_is_not_ready_and_still_keeps_what_arrives() {
    let world = World::new().await;
    let now = world.now_unix_s();
    let started = |stream: &str| {
        json!({ "event": "meeting.rtms_started", "event_ts": now * 1000, "payload": {
            "meeting_uuid": "a/B+cD0eFgHiJkLmNoPqRw==", "rtms_stream_id": stream,
            "server_urls": "wss://zoomsjc1rtms.zoom.us" } })
        .to_string()
    };
    let before = world.webhook("/zoom-webhook", SECRET, now, &started("s1")).await;
    assert_eq!((before.status, before.header("connection")), (StatusCode::OK, None));

    world.closing.drain();
    let ready = world.send(Method::GET, "/health/ready", &[], "").await;
    assert_eq!((ready.status, &ready.json()["status"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("draining")));
    assert_eq!(world.send(Method::GET, "/health/live", &[], "").await.status, StatusCode::OK);
    let after = world.webhook("/zoom-webhook", SECRET, now, &started("s2")).await;
    assert_eq!((after.status, after.header("connection")), (StatusCode::OK, Some("close")));
    assert_eq!(world.ask(Method::POST, MDC, Some(&wish("s3"))).await.status, StatusCode::CREATED);
    assert_eq!(world.captures().await.len(), 3);
}

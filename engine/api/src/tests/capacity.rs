//! What is answered while there is no room for one more capture, and who still gets in when connections run short
//! (fault-matrix A9, A11, B1, D6).

use model::{Room, Shortage, Space};

use super::*;

const WEBHOOK: &str = "/zoom-webhook/main";

fn no_room(world: &World, shortage: Shortage) {
    world.hub.capacity().set(Space::Scarce, Room { captures: 0, shortage });
    world.catalog.allow_open_captures(0);
}

fn room(world: &World) {
    world.hub.capacity().set(Space::Ample, Room::UNBOUNDED);
    world.catalog.allow_open_captures(u32::MAX);
}

fn started(stream: &str) -> String {
    let payload = json!({
        "meeting_uuid": "a/B+cD0eFgHiJkLmNoPqRw==",
        "rtms_stream_id": stream,
        "server_urls": "wss://zoomsjc1rtms.zoom.us",
    });
    json!({ "event": "meeting.rtms_started", "event_ts": NOW_UNIX_S * 1000, "payload": payload }).to_string()
}

async fn counted(world: &World, line: &str) -> u64 {
    let answer = world.send(Method::GET, "/metrics", &[], "").await;
    let text = String::from_utf8(answer.body.to_vec()).expect("text");
    let value = text.lines().find_map(|found| found.strip_prefix(line)?.trim().parse().ok());
    value.unwrap_or_else(|| panic!("{line} is not in\n{text}"))
}

#[tokio::test]
async fn a_customer_is_told_before_anything_is_accepted_and_may_send_the_same_again() {
    let world = World::new().await;
    no_room(&world, Shortage::Memory);
    let key = format!("Token {KEY}");
    let headers = [("authorization", key.as_str()), ("idempotency-key", "k")];
    let answer = world.send(Method::POST, MDC, &headers, wish("s1").to_string()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::INSUFFICIENT_STORAGE, Some("30")));
    assert_eq!(answer.json()["code"], "no_capacity");
    assert!(answer.json()["detail"].as_str().is_some_and(|detail| detail.contains("memory")));
    assert_eq!(world.captures().await, []);
    room(&world);
    let answer = world.send(Method::POST, MDC, &headers, wish("s1").to_string()).await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn zoom_is_asked_to_deliver_again_and_what_it_then_delivers_is_no_replay() {
    let world = World::new().await;
    no_room(&world, Shortage::Storage);
    let before = counted(&world, r#"hansard_admission_refused_total{door="zoom",reason="storage"}"#).await;
    let body = started("s1");
    let answer = world.webhook(WEBHOOK, SECRET, NOW_UNIX_S, &body).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, Some("30")));
    assert_eq!(answer.json()["code"], "no_capacity");
    assert_eq!(world.captures().await, []);
    let after = counted(&world, r#"hansard_admission_refused_total{door="zoom",reason="storage"}"#).await;
    assert!(after > before);
    room(&world);
    world.advance_s(25 * 60);
    let answer = world.webhook(WEBHOOK, SECRET, NOW_UNIX_S, &body).await;
    assert_eq!((answer.status, answer.json()["result"].as_str()), (StatusCode::OK, Some("late")));
    assert_eq!(world.captures().await.len(), 1);
}

#[tokio::test]
async fn a_stream_that_is_captured_already_needs_no_room() {
    let world = World::new().await;
    let id = world.created("s1").await;
    no_room(&world, Shortage::Captures);
    let answer = world.ask(Method::POST, MDC, Some(&wish("s1"))).await;
    assert_eq!((answer.status, answer.json()["id"].as_str()), (StatusCode::OK, Some(id.to_string().as_str())));
    assert_eq!(world.webhook(WEBHOOK, SECRET, NOW_UNIX_S, &started("s1")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn zooms_challenge_is_answered_however_little_room_there_is() {
    let world = World::new().await;
    for shortage in Shortage::ALL {
        no_room(&world, shortage);
        let body = json!({ "event": "endpoint.url_validation", "payload": { "plainToken": "abc" } }).to_string();
        let answer = world.webhook(WEBHOOK, SECRET, NOW_UNIX_S, &body).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.json()["plainToken"], "abc");
    }
}

#[tokio::test]
async fn readiness_says_that_it_is_full_and_why_and_liveness_stays() {
    let world = World::new().await;
    for (shortage, word) in [
        (Shortage::Storage, "volume"),
        (Shortage::Memory, "memory"),
        (Shortage::Descriptors, "sockets"),
        (Shortage::Captures, "operator"),
    ] {
        no_room(&world, shortage);
        let answer = world.send(Method::GET, "/health/ready", &[], "").await;
        assert_eq!((answer.status, answer.json()["status"].as_str()), (StatusCode::SERVICE_UNAVAILABLE, Some("full")));
        assert!(answer.json()["reasons"][0].as_str().is_some_and(|reason| reason.contains(word)), "{word}");
        assert_eq!(world.send(Method::GET, "/health/live", &[], "").await.status, StatusCode::OK);
    }
    room(&world);
    world.hub.capacity().set(Space::Low, Room::UNBOUNDED);
    let answer = world.send(Method::GET, "/health/ready", &[], "").await;
    assert_eq!((answer.status, answer.json()["status"].as_str()), (StatusCode::OK, Some("degraded")));
    world.created("s1").await;
    world.catalog.allow_open_captures(1);
    assert_eq!(world.send(Method::GET, "/health/ready", &[], "").await.json()["status"], "full");
}

#[tokio::test]
async fn a_capture_that_waits_for_its_turn_has_its_place_already() {
    let world = World::new().await;
    world.hub.capacity().set(Space::Ample, Room { captures: 3, shortage: Shortage::Captures });
    let mut told = Vec::new();
    for stream in ["s1", "s2"] {
        world.created(stream).await;
        let answer = world.ask_with(ADMIN_KEY, Method::GET, "/api/v1/capacity/", None).await.json();
        told.push((
            answer["captures"]["running"].clone(),
            answer["captures"]["open"].clone(),
            answer["more_captures"].clone(),
        ));
    }
    assert_eq!(told, [(json!(0), json!(1), json!(2)), (json!(0), json!(2), json!(1))]);
}

#[tokio::test]
async fn live_events_beyond_their_share_of_the_connections_are_refused_until_one_ends() {
    let world = World::new().await;
    let id = world.created("s1").await;
    let key = format!("Token {KEY}");
    let subscribe = async || {
        let request = Request::builder().uri(format!("{MDC}/{id}/events")).header("authorization", &key);
        world.router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer")
    };
    let mut heard = Vec::new();
    for _ in 0..CONNECTIONS / 4 * 3 {
        let answer = subscribe().await;
        assert_eq!(answer.status(), StatusCode::OK);
        heard.push(answer);
    }
    let refused = subscribe().await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"));
    // What does not last has its place still.
    assert_eq!(world.ask(Method::GET, MDC, None).await.status, StatusCode::OK);
    heard.pop();
    assert_eq!(subscribe().await.status(), StatusCode::OK);
}

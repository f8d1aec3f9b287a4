//! Real-time endpoints as customers see them. What they are sent is held to `deliver`.

use model::EndpointState;

use super::*;

const LIST: &str = "/api/v1/realtime_endpoint";

/// A capture with a WebSocket and a webhook.
async fn with_endpoints(world: &World, stream: &str) -> Value {
    let mut wish = wish(stream);
    wish["metadata"] = json!({ "tenant": stream });
    wish["recording_config"] = json!({ "metadata": { "r": stream }, "realtime_endpoints": [
        { "type": "websocket", "url": "wss://example.com/a?t=1", "events": ["transcript.data"], "metadata": { "n": "a" } },
        { "type": "webhook", "config": { "url": "https://example.com/b", "events": ["participant_events.join"] } },
    ] });
    let answer = world.ask(Method::POST, MDC, Some(&wish)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.body);
    world.advance_s(1);
    answer.json()
}

async fn listed(world: &World, query: &str) -> Vec<Value> {
    let answer = world.ask(Method::GET, &format!("{LIST}/{query}"), None).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {:?}", answer.body);
    answer.json()["results"].as_array().expect("a list").clone()
}

/// The first object of a list.
async fn listed_at(world: &World, path: &str) -> Value {
    world.ask(Method::GET, path, None).await.json()["results"][0].clone()
}

#[tokio::test]
async fn an_endpoint_says_what_it_is_of_and_where_it_stands() {
    let world = World::new().await;
    let capture = with_endpoints(&world, "s1").await;
    assert_eq!(capture["recording_config"]["realtime_endpoints"].as_array().map(Vec::len), Some(2), "echoed");
    let all = listed(&world, "").await;
    assert_eq!(all.len(), 2);
    let socket = all.iter().find(|each| each["type"] == "websocket").expect("a WebSocket");
    let keys: Vec<&str> = socket.as_object().expect("an object").keys().map(String::as_str).collect();
    let expected =
        ["created_at", "events", "id", "meeting_direct_connect", "metadata", "recording", "status", "type", "url"];
    assert_eq!(keys, expected);
    assert_eq!(socket["status"]["code"], "running");
    assert_eq!((&socket["url"], &socket["metadata"]), (&json!("wss://example.com/a?t=1"), &json!({ "n": "a" })));
    assert_eq!(socket["events"], json!(["transcript.data"]));
    assert_eq!(socket["recording"]["metadata"], json!({ "r": "s1" }));
    assert_eq!(socket["meeting_direct_connect"], json!({ "id": capture["id"], "metadata": { "tenant": "s1" } }));
    let id = socket["id"].as_str().expect("an id");
    let now = NOW_UNIX_S * 1_000;
    let of = capture["id"].as_str().expect("an id").parse().expect("a UUID");
    world.catalog.claim_start(now * 2).await.expect("a claim").expect("a start");
    world.catalog.recording_started(of, media::SourceTime::from_unix_ms(now), now).await.expect("a recording");
    let recording = format!("/api/v1/recording/{}", socket["recording"]["id"].as_str().expect("an id"));
    let named = json!([{ "id": id, "metadata": { "n": "a" } }]);
    for object in [world.ask(Method::GET, &recording, None).await.json(), listed_at(&world, "/api/v1/recording").await]
    {
        assert_eq!(object["realtime_endpoints"].as_array().map(Vec::len), Some(2));
        assert!(object["realtime_endpoints"].as_array().expect("a list").contains(&named[0]), "{object}");
    }
    assert_eq!(world.ask(Method::GET, &format!("{LIST}/{id}/"), None).await.json(), *socket);
    assert_eq!(world.ask(Method::DELETE, &format!("{LIST}/{id}"), None).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn lists_of_endpoints_are_narrowed() {
    let world = World::new().await;
    let first = with_endpoints(&world, "s1").await;
    with_endpoints(&world, "s2").await;
    let one = listed(&world, "").await.remove(0);
    let id = one["id"].as_str().expect("an id").parse().expect("a UUID");
    world.catalog.endpoint_ended(id, EndpointState::Failed, Some("receiver_unreachable"), 1).await.expect("ended");
    let of = |query: String| {
        let world = &world;
        async move { listed(world, &query).await.len() }
    };
    assert_eq!(of(String::new()).await, 4);
    assert_eq!(of("?status_code=failed".to_owned()).await, 1);
    assert_eq!(of("?status_code=running".to_owned()).await, 3);
    assert_eq!(of("?metadata__n=a".to_owned()).await, 2);
    assert_eq!(of(format!("?meeting_direct_connect_id={}", first["id"].as_str().expect("an id"))).await, 2);
    assert_eq!(of(format!("?recording_id={}", one["recording"]["id"].as_str().expect("an id"))).await, 2);
    assert_eq!(of("?created_at_after=2999-01-01T00:00:00Z".to_owned()).await, 0);
    assert_eq!(
        world.ask(Method::GET, &format!("{LIST}?status_code=paused"), None).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn labels_of_an_endpoint_are_changed_by_whoever_may_and_nobody_elses_endpoint_is_seen() {
    let world = World::new().await;
    with_endpoints(&world, "s1").await;
    let before = listed(&world, "").await.remove(0);
    let path = format!("{LIST}/{}", before["id"].as_str().expect("an id"));
    let labels = json!({ "metadata": { "k": "v" }, "url": "wss://other.example" });
    for key in [THEIR_KEY, READER_KEY] {
        let refused = world.ask_with(key, Method::PATCH, &path, Some(&labels)).await;
        let expected = if key == READER_KEY { StatusCode::FORBIDDEN } else { StatusCode::NOT_FOUND };
        assert_eq!(refused.status, expected);
    }
    assert_eq!(world.ask_with(THEIR_KEY, Method::GET, &path, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.ask_with(THEIR_KEY, Method::GET, LIST, None).await.json()["results"], json!([]));
    assert_eq!(world.ask_with(READER_KEY, Method::GET, &path, None).await.json(), before);
    let changed = world.ask(Method::PATCH, &path, Some(&labels)).await.json();
    assert_eq!(changed["metadata"], json!({ "k": "v" }));
    assert_eq!((&changed["url"], &changed["events"]), (&before["url"], &before["events"]), "nothing else");
}

#[tokio::test]
async fn an_endpoint_inside_is_refused_with_the_request_and_no_meeting_is_begun() {
    let world = World::new().await;
    for (kind, url) in [
        ("webhook", "http://169.254.169.254/"),
        ("websocket", "ws://10.0.0.1/"),
        ("webhook", "https://u:p@example.com/"),
    ] {
        let mut wish = wish("s1");
        wish["recording_config"] = json!({ "realtime_endpoints": [{ "type": kind, "url": url, "events": [] }] });
        let answer = world.ask(Method::POST, MDC, Some(&wish)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{url}");
        let said = answer.json()["recording_config"]["realtime_endpoints"][0].as_str().unwrap_or_default().to_owned();
        assert!(said.starts_with("Item 0: "), "{url}: {said}");
    }
    assert!(world.captures().await.is_empty());
}

//! Creating, listing and reading captures: who may, and what is answered.

use super::*;

#[tokio::test]
async fn a_capture_is_created_shown_and_queued() {
    let world = World::new().await;
    let mut wish = wish("s1");
    wish["metadata"] = json!({ "tenant": "t1" });
    wish["bot_name"] = json!("ignored");
    wish["recording_config"] = json!({ "transcript": { "provider": { "meeting_captions": {} } } });
    let created = world.ask(Method::POST, MDC, Some(&wish)).await;
    assert_eq!(created.status, StatusCode::CREATED);
    assert_eq!(created.header("content-type"), Some("application/json"));
    let object = created.json();
    assert_eq!(object["status"]["code"], "joining_call");
    assert_eq!(object["recordings"], json!([]));
    assert_eq!(object["metadata"], json!({ "tenant": "t1" }));
    assert_eq!(object["zoom_rtms"].get("signature"), None);
    assert_eq!(object["recording_config"]["video_mixed_mp4"], json!({}));
    assert_eq!(object["recording_config"]["transcript"]["provider"], json!({ "meeting_captions": {} }));
    let id = object["id"].as_str().expect("an id");
    for path in [format!("{MDC}/{id}"), format!("{MDC}/{id}/")] {
        let shown = world.ask(Method::GET, &path, None).await;
        assert_eq!((shown.status, shown.json()), (StatusCode::OK, object.clone()));
    }
    world.hub.woken(hub::Wake::Starts).await;
    let job = world.catalog.claim_start(NOW_UNIX_S * 1000).await.expect("a claim").expect("a start");
    let signature = wish["zoom_rtms"]["signature"].as_str();
    assert_eq!(job.signature.as_ref().map(|signature| signature.expose().as_str()), signature);
    assert!(!job.notice.contains(signature.expect("a signature")));
    zoom::webhook::parse_notice_json(&job.notice).expect("a notice that can be read again");
}

#[tokio::test]
async fn the_same_stream_twice_is_one_capture() {
    let world = World::new().await;
    let first = world.ask(Method::POST, MDC, Some(&wish("s1"))).await;
    let second = world.ask(Method::POST, &format!("{MDC}/"), Some(&wish("s1"))).await;
    assert_eq!((first.status, second.status), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(first.json()["id"], second.json()["id"]);
    assert_eq!(world.captures().await.len(), 1);
}

#[tokio::test]
async fn zooms_webhook_and_the_customer_may_announce_the_same_stream() {
    let world = World::new().await;
    let body = json!({ "event": "meeting.rtms_started", "event_ts": NOW_UNIX_S * 1000, "payload": {
        "meeting_uuid": "a/B+cD0eFgHiJkLmNoPqRw==", "rtms_stream_id": "s1", "server_urls": "wss://zoomsjc1rtms.zoom.us",
    } });
    world.webhook("/zoom-webhook", SECRET, NOW_UNIX_S, &body.to_string()).await;
    let second = world.ask(Method::POST, MDC, Some(&wish("s1"))).await;
    assert_eq!(second.status, StatusCode::OK);
    assert_eq!(world.captures().await.len(), 1);
}

#[tokio::test]
async fn an_idempotency_key_repeats_the_first_answer() {
    let world = World::new().await;
    let key = format!("Token {KEY}");
    let send = |authorization: String, stream: &'static str| {
        let world = &world;
        async move {
            let headers = [("authorization", authorization.as_str()), ("idempotency-key", "k1")];
            world.send(Method::POST, MDC, &headers, wish(stream).to_string()).await
        }
    };
    let first = send(key.clone(), "s1").await;
    let again = send(key.clone(), "s2").await;
    assert_eq!((again.status, &again.body), (StatusCode::CREATED, &first.body));
    let other_caller = send("Token api-key-2".to_owned(), "s2").await;
    assert_ne!(other_caller.body, first.body);
    world.advance_s(3_600);
    let later = send(key, "s3").await;
    assert_ne!(later.body, first.body);
    assert_eq!(world.captures().await.len(), 3);
}

#[tokio::test]
async fn a_refused_request_does_not_spend_its_idempotency_key() {
    let world = World::new().await;
    let headers = [("authorization", KEY), ("idempotency-key", "k1")];
    assert_eq!(world.send(Method::POST, MDC, &headers, "{}").await.status, StatusCode::BAD_REQUEST);
    let good = world.send(Method::POST, MDC, &headers, wish("s1").to_string()).await;
    assert_eq!(good.status, StatusCode::CREATED);
}

#[tokio::test]
async fn bad_requests_are_told_in_the_documented_shapes() {
    let world = World::new().await;
    let plain = world.send(Method::POST, MDC, &[("authorization", KEY)], "{").await;
    assert_eq!((plain.status, &plain.json()["code"]), (StatusCode::BAD_REQUEST, &json!("parse_error")));
    let mut ws = wish("s1");
    ws["zoom_rtms"]["server_urls"] = json!("ws://127.0.0.1:1");
    let refused = world.ask(Method::POST, MDC, Some(&ws)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.json()["zoom_rtms"]["server_urls"][0].is_string());
    let large = json!({ "x": "y".repeat(256 * 1024) });
    assert_eq!(world.ask(Method::POST, MDC, Some(&large)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(world.captures().await.is_empty());
}

#[tokio::test]
async fn the_app_is_found_by_client_id_or_signature() {
    let signed_by_two =
        zoom::signature::handshake("client-id-two", &secret("client-secret-two"), "a/B+cD0eFgHiJkLmNoPqRw==", "s1");
    let unsigned = |client_id: Value| {
        let mut wish = wish("s1");
        wish["zoom_rtms"]["signature"] = Value::Null;
        wish["zoom_rtms"]["client_id"] = client_id;
        wish
    };
    let mut own = wish("s1");
    own["zoom_rtms"]["signature"] = json!(signed_by_two.expose());
    let mut named = wish("s1");
    named["zoom_rtms"]["client_id"] = json!("client-id-elsewhere");
    for (apps, wish, expected) in [
        (vec!["one"], unsigned(Value::Null), Some("one")),
        (vec!["one", "two"], unsigned(json!("client-id-two")), Some("two")),
        (vec!["one", "two"], unsigned(json!("client-id-elsewhere")), None),
        (vec!["one", "two"], unsigned(Value::Null), None),
        (vec![], unsigned(Value::Null), None),
        (vec!["one", "two"], own, Some("two")),
        (vec!["one", "two"], wish("s1"), Some("customer")),
        (vec!["one"], named, Some("customer")),
        (vec![], wish("s1"), Some("customer")),
    ] {
        let world = World::with_apps(apps.iter().map(|name| app(name, &[SECRET])).collect()).await;
        let answer = world.ask(Method::POST, MDC, Some(&wish)).await;
        let captures = world.captures().await;
        let found = captures.first().map(|capture| capture.stream.app.as_str());
        assert_eq!(found, expected, "{apps:?} {wish}");
        let status = if expected.is_some() { StatusCode::CREATED } else { StatusCode::BAD_REQUEST };
        assert_eq!(answer.status, status, "{apps:?} {wish}");
    }
}

#[tokio::test]
async fn without_a_key_nothing_of_a_customer_is_shown() {
    let world = World::new().await;
    let id = world.created("s1").await;
    let paths = [
        (Method::GET, MDC.to_owned()),
        (Method::POST, MDC.to_owned()),
        (Method::GET, format!("{MDC}/")),
        (Method::GET, format!("{MDC}/{id}")),
        (Method::GET, format!("{MDC}/{id}/events")),
    ];
    for (method, path) in paths {
        for (authorization, code) in [
            (None, "not_authenticated"),
            (Some("Token"), "not_authenticated"),
            (Some("Token wrong"), "authentication_failed"),
            (Some("Bearer api-key-"), "authentication_failed"),
            (Some("Basic api-key-1"), "authentication_failed"),
        ] {
            let headers: Vec<(&str, &str)> = authorization.map(|value| ("authorization", value)).into_iter().collect();
            let answer = world.send(method.clone(), &path, &headers, wish("s2").to_string()).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path} {authorization:?}");
            assert_eq!(answer.json()["code"], code, "{method} {path} {authorization:?}");
            assert!(answer.json()["detail"].is_string());
        }
    }
    for value in ["Token api-key-1", "token api-key-1", "Bearer api-key-2", "api-key-1"] {
        let answer = world.send(Method::GET, MDC, &[("authorization", value)], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{value}");
    }
    assert_eq!(world.captures().await.len(), 1);
}

#[tokio::test]
async fn the_list_is_newest_first_and_its_links_are_absolute() {
    let world = World::new().await;
    for number in 0..120 {
        world.advance_s(1);
        world.created(&format!("s{number}")).await;
    }
    let mut path = format!("{MDC}/");
    let mut streams = Vec::new();
    let mut pages = Vec::new();
    loop {
        let page = world.ask(Method::GET, &path, None).await.json();
        let results = page["results"].as_array().expect("results").clone();
        streams.extend(results.iter().map(|of| of["zoom_rtms"]["rtms_stream_id"].as_str().expect("an id").to_owned()));
        pages.push(page.clone());
        let Some(next) = page["next"].as_str() else { break };
        path = next.strip_prefix("https://hansard.example").expect("an absolute address").to_owned();
        world.created(&format!("later{}", pages.len())).await;
    }
    let expected: Vec<String> = (0..120).rev().map(|number| format!("s{number}")).collect();
    assert_eq!(streams, expected, "what is created meanwhile does not shift the pages");
    assert_eq!(pages.len(), 3);
    assert_eq!(pages[0]["previous"], Value::Null);
    let back = pages[1]["previous"].as_str().expect("a way back");
    let back = back.strip_prefix("https://hansard.example").expect("an absolute address");
    let page = world.ask(Method::GET, back, None).await.json();
    assert!(page["results"].as_array().is_some_and(|results| !results.is_empty()));
    let wrong = world.ask(Method::GET, &format!("{MDC}/?cursor=nonsense"), None).await;
    assert_eq!((wrong.status, &wrong.json()["code"]), (StatusCode::BAD_REQUEST, &json!("bad_cursor")));
}

#[tokio::test]
async fn unknown_objects_paths_and_methods_are_answered_in_json() {
    let world = World::new().await;
    let nobody = CaptureId::new(1, [1; 10]);
    for path in [
        format!("{MDC}/{nobody}"),
        format!("{MDC}/not-an-id/"),
        format!("{MDC}/..%2f..%2fetc%2fpasswd"),
        format!("{MDC}/{nobody}/events"),
        "/api/v1/sdk_upload/".to_owned(),
        "/".to_owned(),
    ] {
        let answer = world.ask(Method::GET, &path, None).await;
        assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::NOT_FOUND, &json!("not_found")), "{path}");
    }
    for (method, path) in [(Method::DELETE, MDC), (Method::PUT, "/zoom-webhook"), (Method::POST, "/metrics")] {
        let answer = world.ask(method, path, None).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.json()["code"], "method_not_allowed", "{path}");
    }
}

#[tokio::test]
async fn a_catalogue_that_is_gone_is_told_as_503() {
    let world = World::new().await;
    world.catalog.close().await;
    for (method, path) in [(Method::POST, MDC), (Method::GET, MDC)] {
        let answer = world.ask(method, path, Some(&wish("s1"))).await;
        assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable")));
    }
}

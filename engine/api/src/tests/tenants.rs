//! Who may do what to whose objects: every route with every key (fault-matrix G8).

use std::collections::BTreeSet;

use media::SourceTime;

use super::*;

/// An id that nothing has.
const NOBODYS: &str = "01890000-0000-7000-8000-000000000000";

/// A route, with what it takes, and whether it names an object.
struct Case {
    method: Method,
    path: String,
    body: Option<Value>,
    names_an_object: bool,
    is_for_administrators: bool,
}

impl Case {
    /// The operation of the OpenAPI document that it is.
    fn operation(&self) -> String {
        let second = if self.is_for_administrators { "{delivery}" } else { "{edition}" };
        let mut ids = ["{id}", second].into_iter();
        let parts: Vec<&str> = self.path.split('/').collect();
        let parts = parts.iter().map(|part| match *part {
            "index.m3u8" => "{piece}",
            part if part.len() == NOBODYS.len() => ids.next().expect("an id"),
            part => part,
        });
        format!("{} {}", self.method, parts.collect::<Vec<_>>().join("/"))
    }
}

/// Every operation of the OpenAPI document that needs a key.
fn described() -> BTreeSet<String> {
    let document = crate::openapi::document("https://x");
    let mut described = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let with_key =
            operations.as_object().expect("operations").iter().filter(|(_, of)| of.get("security").is_none());
        described
            .extend(with_key.map(|(method, _)| format!("{} {}", method.to_uppercase(), path.trim_end_matches('/'))));
    }
    described
}

/// Every route of the customer's API, with the ids of one project.
fn cases(capture: &Capture, edition: &str, endpoint: &str, receiver: &str) -> Vec<Case> {
    let recording = capture.recording.as_ref().expect("a recording");
    let (artifacts, recording, capture) = (&recording.artifacts, recording.id, capture.id);
    let case = |method, path: String, body, names_an_object| Case {
        method,
        path,
        body,
        names_an_object,
        is_for_administrators: false,
    };
    let empty = || Some(json!({}));
    let mut cases = vec![
        case(Method::GET, MDC.to_owned(), None, false),
        case(Method::POST, MDC.to_owned(), empty(), false),
        case(Method::GET, format!("{MDC}/{capture}"), None, true),
        case(Method::GET, format!("{MDC}/{capture}/events"), None, true),
        case(Method::GET, format!("{MDC}/{capture}/stream"), None, true),
        case(Method::GET, format!("/live/{capture}/index.m3u8"), None, true),
        case(Method::POST, format!("{MDC}/{capture}/watch"), Some(json!({ "participant_id": null })), true),
        case(Method::POST, format!("/api/v1/recording/{recording}/editions"), empty(), true),
        case(Method::DELETE, format!("/api/v1/recording/{recording}/editions/{edition}"), None, true),
        case(
            Method::POST,
            format!("/api/v1/recording/{recording}/create_transcript"),
            Some(json!({ "provider": { "meeting_captions": {} } })),
            true,
        ),
        case(Method::PATCH, format!("{MDC}/{capture}"), empty(), true),
        case(Method::POST, format!("{MDC}/{capture}/delete_media"), None, true),
        case(Method::POST, format!("{MDC}/{capture}/leave_call"), None, true),
        case(Method::DELETE, format!("{MDC}/{capture}"), None, true),
        case(Method::GET, "/api/v1/bot".to_owned(), None, false),
        case(Method::POST, "/api/v1/bot".to_owned(), empty(), false),
        case(Method::GET, format!("/api/v1/bot/{capture}"), None, true),
        case(Method::DELETE, format!("/api/v1/bot/{capture}"), None, true),
        case(Method::POST, format!("/api/v1/bot/{capture}/delete_media"), None, true),
        case(Method::POST, format!("/api/v1/bot/{capture}/leave_call"), None, true),
        case(Method::GET, "/api/v1/recording".to_owned(), None, false),
        case(Method::GET, format!("/api/v1/recording/{recording}"), None, true),
        case(Method::GET, format!("/api/v1/recording/{recording}/deletion"), None, true),
        case(Method::PATCH, format!("/api/v1/recording/{recording}"), empty(), true),
        case(Method::DELETE, format!("/api/v1/recording/{recording}"), None, true),
        case(Method::GET, "/api/v1/realtime_endpoint".to_owned(), None, false),
        case(Method::GET, format!("/api/v1/realtime_endpoint/{endpoint}"), None, true),
        case(Method::PATCH, format!("/api/v1/realtime_endpoint/{endpoint}"), empty(), true),
    ];
    for artifact in artifacts {
        let list = format!("/api/v1/{}", artifact.kind.name());
        cases.push(case(Method::GET, format!("{list}/{}", artifact.id), None, true));
        cases.push(case(Method::PATCH, format!("{list}/{}", artifact.id), empty(), true));
        cases.push(case(Method::DELETE, format!("{list}/{}", artifact.id), None, true));
        cases.push(case(Method::GET, list, None, false));
    }
    for path in [MDC, "/api/v1/bot"] {
        for verb in ["pause_recording", "resume_recording", "start_recording", "stop_recording"] {
            cases.push(case(Method::POST, format!("{path}/{capture}/{verb}"), None, true));
        }
    }
    let endpoints = "/api/v1/webhook_endpoint";
    let of_administrators = [
        case(Method::GET, "/api/v1/capacity".to_owned(), None, false),
        case(Method::GET, endpoints.to_owned(), None, false),
        case(Method::POST, endpoints.to_owned(), empty(), false),
        case(Method::GET, format!("{endpoints}/{receiver}"), None, true),
        case(Method::PATCH, format!("{endpoints}/{receiver}"), empty(), true),
        case(Method::POST, format!("{endpoints}/{receiver}/rotate_secret"), None, true),
        case(Method::GET, format!("{endpoints}/{receiver}/deliveries"), None, true),
        case(Method::POST, format!("{endpoints}/{receiver}/deliveries/{NOBODYS}/resend"), None, true),
        case(
            Method::POST,
            format!("{endpoints}/{receiver}/replay"),
            Some(json!({ "since": "2026-01-01T00:00:00Z" })),
            true,
        ),
        case(Method::DELETE, format!("{endpoints}/{receiver}"), None, true),
    ];
    cases.extend(of_administrators.into_iter().map(|case| Case { is_for_administrators: true, ..case }));
    cases
}

#[tokio::test]
async fn every_route_asks_for_a_key_whose_scope_allows_it_and_hides_what_is_another_projects() {
    let world = World::new().await;
    let mut everything = wish("s1");
    everything["recording_config"] = json!({
        "audio_mixed_mp3": {}, "audio_separate_raw": {}, "video_separate_mp4": {},
        "transcript": { "provider": { "meeting_captions": {} } },
        "realtime_endpoints": [{ "type": "webhook", "url": "https://example.com/", "events": [] }],
    });
    let created = world.ask(Method::POST, MDC, Some(&everything)).await.json();
    let id: CaptureId = created["id"].as_str().expect("an id").parse().expect("a UUID");
    let now = NOW_UNIX_S * 1000;
    world.catalog.claim_start(now).await.expect("a claim").expect("a start");
    let recording = world.catalog.recording_started(id, SourceTime::from_unix_ms(now), now).await.expect("a recording");
    let over = catalog::Outcome::Ended { code: "over".to_owned(), message: None };
    world.catalog.capture_ended(id, None, over, now).await.expect("ended");
    let editions = format!("/api/v1/recording/{recording}/editions");
    let edition = world.ask(Method::POST, &editions, Some(&json!({}))).await.json()["id"].as_str().map(str::to_owned);
    let capture = world.catalog.capture(id).await.expect("read").expect("a capture");
    let endpoint = world.catalog.endpoints_of(id).await.expect("read").remove(0).id.to_string();
    let hook = json!({ "url": "https://1.1.1.1/hook" });
    let receiver = world.ask_with(ADMIN_KEY, Method::POST, "/api/v1/webhook_endpoint", Some(&hook)).await.json();
    let edition = edition.as_deref().expect("an edition");
    let own = cases(&capture, edition, &endpoint, receiver["id"].as_str().expect("an id"));
    assert_eq!(
        own.iter().map(Case::operation).collect::<BTreeSet<_>>(),
        described(),
        "every operation that needs a key is tried"
    );
    let before = world.ask(Method::GET, &format!("{MDC}/{id}"), None).await.json();

    for Case { method, path, body, names_an_object, is_for_administrators } in own {
        let what = format!("{method} {path}");
        let is_safe = method.is_safe();
        let without =
            world.send(method.clone(), &path, &[], body.as_ref().map(ToString::to_string).unwrap_or_default());
        assert_eq!(without.await.status, StatusCode::UNAUTHORIZED, "{what} without a key");
        let wrong = world.ask_with("wrong", method.clone(), &path, body.as_ref()).await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED, "{what} with a wrong key");
        if is_for_administrators {
            let write = world.ask_with(KEY, method.clone(), &path, body.as_ref()).await;
            assert_eq!(write.status, StatusCode::FORBIDDEN, "{what} with a key that is no administrator's");
        }
        if !is_safe || is_for_administrators {
            let read = world.ask_with(READER_KEY, method.clone(), &path, body.as_ref()).await;
            assert_eq!(
                (read.status, &read.json()["code"]),
                (StatusCode::FORBIDDEN, &json!("permission_denied")),
                "{what} with a key that may only look"
            );
        }
        let theirs = world.ask_with(THEIR_KEY, method.clone(), &path, body.as_ref()).await;
        if names_an_object {
            let ids = path.split('/').filter(|part| part.len() == NOBODYS.len()).map(str::to_owned).collect::<Vec<_>>();
            let unknown = ids.iter().fold(path.clone(), |path, id| path.replace(id, NOBODYS));
            let unknown = world.ask_with(THEIR_KEY, method.clone(), &unknown, body.as_ref()).await;
            assert_eq!(theirs.status, StatusCode::NOT_FOUND, "{what} with another project's key");
            assert_eq!(theirs.body, unknown.body, "{what}: as if there were none");
        } else if is_safe && !path.ends_with("/capacity") {
            // What the host can take is everybody's; all else that is listed is somebody's.
            assert_eq!(theirs.json()["results"], json!([]), "{what} with another project's key");
        }
        let lasts = ["events", "stream", "index.m3u8"].iter().any(|end| path.ends_with(end));
        if is_safe && !lasts {
            let keys = if is_for_administrators { &[ADMIN_KEY][..] } else { &[READER_KEY, KEY, ADMIN_KEY] };
            for key in keys {
                let own = world.ask_with(key, method.clone(), &path, None).await;
                assert_eq!(own.status, StatusCode::OK, "{what} with {key}");
            }
        }
    }
    let after = world.ask(Method::GET, &format!("{MDC}/{id}"), None).await.json();
    for key in ["status_changes", "metadata", "recordings"] {
        let forget = |mut object: Value| {
            forget_links(&mut object);
            object
        };
        let (after, before) = (forget(after[key].clone()), forget(before[key].clone()));
        assert_eq!(after, before, "nobody without the right changed anything");
    }
}

/// What somebody else read from his own lists and streams, and what comes of it with a key of another project.
#[tokio::test]
async fn cursors_filters_and_links_of_another_project_tell_nothing() {
    let world = World::new().await;
    let now = NOW_UNIX_S * 1000;
    let mut ids = Vec::new();
    for number in 0..3 {
        let mut asked = wish(&format!("s{number}"));
        asked["metadata"] = json!({ "tenant": "t1" });
        let created = world.ask(Method::POST, MDC, Some(&asked)).await.json();
        ids.push(created["id"].as_str().expect("an id").to_owned());
    }
    let id: CaptureId = ids[0].parse().expect("a UUID");
    world.catalog.claim_start(now).await.expect("a claim").expect("a start");
    let recording = world.catalog.recording_started(id, SourceTime::from_unix_ms(now), now).await.expect("a recording");
    let place = |n: usize| format!("o.{}.{}", now + 1, ids[n]);
    let narrowed = [
        format!("cursor={}", place(1)),
        format!("meeting_direct_connect_id={id}"),
        format!("bot_id={id}"),
        format!("recording_id={recording}"),
        "metadata__tenant=t1".to_owned(),
        format!("meeting_direct_connect_id={id}&metadata__tenant=t1&created_at_after=2020-01-01"),
    ];
    let lists = [MDC, "/api/v1/recording", "/api/v1/video_mixed", "/api/v1/realtime_endpoint"];
    for list in lists {
        for query in &narrowed {
            let theirs = world.ask_with(THEIR_KEY, Method::GET, &format!("{list}?{query}"), None).await.json();
            assert_eq!(
                (&theirs["results"], &theirs["next"], &theirs["previous"]),
                (&json!([]), &Value::Null, &Value::Null),
                "{list}?{query}"
            );
        }
        let own = world.ask(Method::GET, &format!("{list}?meeting_direct_connect_id={id}"), None).await.json();
        let expected = usize::from(list != "/api/v1/realtime_endpoint");
        assert_eq!(own["results"].as_array().map(Vec::len), Some(expected), "the control: {list}");
    }
    for road in ["events", "stream"] {
        for query in ["", "?cursor=1-1", "?events=transcript.data", "?cursor=9-9&events=participant_events.*"] {
            for last in ["", "1-1"] {
                let key = format!("Token {THEIR_KEY}");
                let headers = [("authorization", key.as_str()), ("last-event-id", last)];
                let of = |id: &str| format!("{MDC}/{id}/{road}{query}");
                let theirs = world.send(Method::GET, &of(&ids[0]), &headers, "").await;
                let nobodys = world.send(Method::GET, &of(NOBODYS), &headers, "").await;
                assert_eq!((theirs.status, theirs.body), (StatusCode::NOT_FOUND, nobodys.body), "{road}{query} {last}");
            }
        }
    }
    let token = world.signer.sign_live(id, u64::try_from(NOW_UNIX_S).expect("later") + 60);
    for (path, status) in
        [(format!("/live/{}/{token}/index.m3u8", ids[1]), 403), (format!("/live/{NOBODYS}/{token}/x"), 403)]
    {
        assert_eq!(world.send(Method::GET, &path, &[], "").await.status.as_u16(), status, "{path}");
    }
    let own = world.send(Method::GET, &format!("/live/{id}/{token}/nothing"), &[], "").await;
    assert_eq!(own.status, StatusCode::NOT_FOUND, "the control: the link is good, the piece is none");
}

/// Links are made anew each time.
fn forget_links(value: &mut Value) {
    match value {
        Value::Object(object) => object.iter_mut().for_each(|(key, value)| match key.ends_with("download_url") {
            true => *value = Value::Null,
            false => forget_links(value),
        }),
        Value::Array(list) => list.iter_mut().for_each(forget_links),
        _ => {}
    }
}

#[tokio::test]
async fn a_stream_of_another_project_is_refused_without_a_word_about_it() {
    let world = World::new().await;
    let id = world.created("s1").await;
    let answer = world.ask_with(THEIR_KEY, Method::POST, MDC, Some(&wish("s1"))).await;
    assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::CONFLICT, &json!("stream_taken")));
    assert!(!String::from_utf8_lossy(&answer.body).contains(&id.to_string()));
    assert_eq!(world.captures().await.len(), 1);
}

#[tokio::test]
async fn an_apps_credentials_are_its_projects_alone() {
    let world = World::new().await;
    let mut unsigned = wish("s1");
    unsigned["zoom_rtms"].as_object_mut().expect("an object").remove("signature");
    let theirs = world.ask_with(THEIR_KEY, Method::POST, MDC, Some(&unsigned)).await;
    assert_eq!(theirs.status, StatusCode::BAD_REQUEST);
    unsigned["zoom_rtms"]["client_id"] = json!("client-id-main");
    let named = world.ask_with(THEIR_KEY, Method::POST, MDC, Some(&unsigned)).await;
    assert_eq!(named.status, StatusCode::BAD_REQUEST);
    let own = world.ask(Method::POST, MDC, Some(&unsigned)).await;
    assert_eq!(own.status, StatusCode::CREATED, "the control");
    let theirs = world.ask_with(THEIR_KEY, Method::POST, MDC, Some(&wish("s2"))).await;
    assert_eq!(theirs.status, StatusCode::CREATED, "with a signature of their own");
    let listed = world.ask_with(THEIR_KEY, Method::GET, MDC, None).await.json();
    assert_eq!(listed["results"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn keys_can_be_exchanged_while_requests_are_answered() {
    let world = World::new().await;
    assert_eq!(world.ask(Method::GET, MDC, None).await.status, StatusCode::OK);
    world.keys.rotate(vec![super::key("new", "new-key", Project::default(), Scope::Read)]);
    assert_eq!(world.ask(Method::GET, MDC, None).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.ask_with("new-key", Method::GET, MDC, None).await.status, StatusCode::OK);
}

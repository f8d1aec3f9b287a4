//! Recordings, artifacts and bots by themselves: listed, narrowed, labelled, deleted.

use media::SourceTime;
use model::{ArtifactState, CaptureStatus, RecordingId};

use super::*;

const NOW_UNIX_MS: i64 = NOW_UNIX_S * 1_000;

/// A capture that records, with its recording.
async fn recording(world: &World, stream: &str) -> (CaptureId, RecordingId) {
    let mut wish = wish(stream);
    wish["metadata"] = json!({ "tenant": stream });
    wish["recording_config"] =
        json!({ "metadata": { "r": stream }, "audio_mixed_mp3": { "metadata": { "a": stream } } });
    let answer = world.ask(Method::POST, MDC, Some(&wish)).await;
    let id = answer.json()["id"].as_str().expect("an id").parse().expect("a UUID");
    world.catalog.claim_start(NOW_UNIX_MS * 2).await.expect("a claim").expect("a start");
    let at = SourceTime::from_unix_ms(NOW_UNIX_MS);
    let recording = world.catalog.recording_started(id, at, NOW_UNIX_MS).await.expect("a recording");
    world.advance_s(1);
    (id, recording)
}

async fn over(world: &World, id: CaptureId) {
    let over = catalog::Outcome::Ended { code: "over".to_owned(), message: None };
    world.catalog.capture_ended(id, None, over, NOW_UNIX_MS).await.expect("ended");
}

async fn listed(world: &World, path: &str) -> Vec<Value> {
    let answer = world.ask(Method::GET, path, None).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {:?}", answer.body);
    answer.json()["results"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_recording_by_itself_says_what_it_came_from() {
    let world = World::new().await;
    let (id, recording) = recording(&world, "s1").await;
    let object = world.ask(Method::GET, &format!("/api/v1/recording/{recording}/"), None).await.json();
    let source = json!({ "id": id, "metadata": { "tenant": "s1" } });
    assert_eq!((&object["bot"], &object["meeting_direct_connect"]), (&source, &source));
    assert_eq!((&object["desktop_sdk_upload"], &object["realtime_endpoints"]), (&Value::Null, &json!([])));
    let embedded = world.ask(Method::GET, &format!("{MDC}/{id}"), None).await.json()["recordings"][0].clone();
    for (key, value) in embedded.as_object().expect("an object") {
        assert_eq!(object[key], *value, "{key}");
    }
}

#[tokio::test]
async fn every_kind_of_artifact_has_its_list_and_names_its_recording() {
    let world = World::new().await;
    let (_, recording) = recording(&world, "s1").await;
    for (kind, expected) in [
        ("video_mixed", 1),
        ("audio_mixed", 1),
        ("participant_events", 1),
        ("meeting_metadata", 1),
        ("transcript", 0),
        ("audio_separate", 0),
        ("video_separate", 0),
    ] {
        let found = listed(&world, &format!("/api/v1/{kind}/?recording_id={recording}")).await;
        assert_eq!(found.len(), expected, "{kind}");
        for artifact in found {
            assert_eq!(artifact["recording"], json!({ "id": recording, "metadata": { "r": "s1" } }));
            let id = artifact["id"].as_str().expect("an id");
            let one = world.ask(Method::GET, &format!("/api/v1/{kind}/{id}"), None).await;
            assert_eq!(one.json(), artifact);
            let elsewhere = if kind == "video_mixed" { "transcript" } else { "video_mixed" };
            let wrong = world.ask(Method::GET, &format!("/api/v1/{elsewhere}/{id}"), None).await;
            assert_eq!(wrong.status, StatusCode::NOT_FOUND, "{kind} is no {elsewhere}");
        }
    }
    assert_eq!(world.ask(Method::GET, "/api/v1/video_flat/", None).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn lists_are_narrowed_and_their_pages_keep_to_that() {
    let world = World::new().await;
    let (first, of_first) = recording(&world, "s1").await;
    let (_, of_second) = recording(&world, "s2").await;
    let ids = |found: Vec<Value>| found.iter().map(|each| each["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(listed(&world, "/api/v1/recording/").await), [json!(of_second), json!(of_first)]);
    for query in [format!("bot_id={first}"), format!("meeting_direct_connect_id={first}"), "metadata__r=s1".to_owned()]
    {
        assert_eq!(ids(listed(&world, &format!("/api/v1/recording?{query}")).await), [json!(of_first)], "{query}");
    }
    assert_eq!(ids(listed(&world, &format!("{MDC}?metadata__tenant=s1")).await), [json!(first)]);
    assert_eq!(ids(listed(&world, "/api/v1/recording?status_code=done&status_code=failed").await), [] as [Value; 0]);
    let audio = listed(&world, "/api/v1/audio_mixed?metadata__a=s2&status_code=processing").await;
    assert_eq!((audio.len(), &audio[0]["recording"]["id"]), (1, &json!(of_second)));
    let wrong = world.ask(Method::GET, "/api/v1/recording?status_code=over&recording_id=1", None).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert_eq!(wrong.json().as_object().map(|errors| errors.len()), Some(2), "every parameter is named");
}

#[tokio::test]
async fn labels_are_changed_and_nothing_else_is() {
    let world = World::new().await;
    let (id, recording) = recording(&world, "s1").await;
    let video = listed(&world, "/api/v1/video_mixed").await[0]["id"].as_str().expect("an id").to_owned();
    for path in
        [format!("{MDC}/{id}"), format!("/api/v1/recording/{recording}"), format!("/api/v1/video_mixed/{video}")]
    {
        let before = world.ask(Method::GET, &path, None).await.json();
        let change = json!({ "metadata": { "k": "v", "n": null }, "id": "x", "status": {} });
        let answer = world.ask(Method::PATCH, &format!("{path}/"), Some(&change)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.json()["metadata"], json!({ "k": "v", "n": null }), "{path}");
        assert_eq!(answer.json()["id"], before["id"]);
        let untouched = world.ask(Method::PATCH, &path, Some(&json!({}))).await.json();
        assert_eq!(untouched["metadata"], json!({ "k": "v", "n": null }), "{path}");
        let wrong = world.ask(Method::PATCH, &path, Some(&json!({ "metadata": { "k": 1 } }))).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    }
    let embedded = world.ask(Method::GET, &format!("{MDC}/{id}"), None).await.json();
    assert_eq!(embedded["recordings"][0]["media_shortcuts"]["video_mixed"]["metadata"], json!({ "k": "v", "n": null }));
}

#[tokio::test]
async fn a_deleted_recording_is_still_there_and_says_so() {
    let world = World::new().await;
    let (id, recording) = recording(&world, "s1").await;
    over(&world, id).await;
    let path = format!("/api/v1/recording/{recording}/");
    assert_eq!(world.ask(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    let object = world.ask(Method::GET, &path, None).await.json();
    assert_eq!(object["status"]["code"], "deleted");
    assert_eq!(object["status"]["sub_code"], "media_deleted");
    let video = &object["media_shortcuts"]["video_mixed"];
    assert_eq!((&video["status"]["code"], &video["data"]["download_url"]), (&json!("deleted"), &Value::Null));
    assert_eq!(object["metadata"], json!({ "r": "s1" }), "labels outlive media");
    assert_eq!(
        world.ask(Method::DELETE, &path, None).await.status,
        StatusCode::NO_CONTENT,
        "once more changes nothing"
    );
}

#[tokio::test]
async fn a_capture_that_runs_is_stopped_before_its_media_is_deleted() {
    for (method, path) in [
        (Method::DELETE, format!("{MDC}/ID")),
        (Method::POST, format!("{MDC}/ID/delete_media/")),
        (Method::POST, "/api/v1/bot/ID/delete_media".to_owned()),
    ] {
        let world = World::new().await;
        let (id, _) = recording(&world, "s1").await;
        let answer = world.ask(method.clone(), &path.replace("ID", &id.to_string()), None).await;
        let expected = if method == Method::DELETE { StatusCode::NO_CONTENT } else { StatusCode::OK };
        assert_eq!(answer.status, expected, "{method} {path}");
        assert_eq!(world.catalog.take_commands(id).await.expect("taken"), [model::Command::Stop]);
        over(&world, id).await;
        let capture = world.catalog.capture(id).await.expect("read").expect("a capture");
        assert_eq!(capture.latest().status, CaptureStatus::CallEnded);
        let recording = capture.recording.expect("a recording");
        assert!(recording.artifacts.iter().all(|artifact| artifact.state == ArtifactState::Deleted));
        assert!(world.catalog.claim_purge(NOW_UNIX_MS * 2).await.expect("asked").is_some());
    }
}

#[tokio::test]
async fn one_artifact_is_deleted_alone() {
    let world = World::new().await;
    let (_, recording) = recording(&world, "s1").await;
    let video = listed(&world, "/api/v1/video_mixed").await[0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/video_mixed/{video}/");
    assert_eq!(world.ask(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.ask(Method::GET, &path, None).await.json()["status"]["code"], "deleted");
    let object = world.ask(Method::GET, &format!("/api/v1/recording/{recording}"), None).await.json();
    assert_eq!(object["status"]["code"], "processing");
    assert_eq!(object["media_shortcuts"]["audio_mixed"]["status"]["code"], "processing");
}

#[tokio::test]
async fn whoever_asks_a_capture_to_leave_ends_its_stream_and_once_it_is_over_hears_that() {
    let world = World::new().await;
    let (id, _) = recording(&world, "s1").await;
    let leave = format!("{MDC}/{id}/leave_call");
    assert_eq!(world.ask(Method::POST, &leave, None).await.json()["id"], json!(id));
    assert_eq!(world.catalog.take_commands(id).await.expect("taken"), [model::Command::Stop]);
    over(&world, id).await;
    let answer = world.ask(Method::POST, &leave, None).await;
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (StatusCode::METHOD_NOT_ALLOWED, &json!("cannot_command_completed_bot"))
    );
}

#[tokio::test]
async fn a_bot_is_a_capture_in_another_shape_and_listed_by_page_numbers() {
    let world = World::new().await;
    let (id, recording) = recording(&world, "s1").await;
    let bot = world.ask(Method::GET, &format!("/api/v1/bot/{id}/"), None).await.json();
    assert_eq!((&bot["id"], &bot["meeting_url"], &bot["bot_name"]), (&json!(id), &Value::Null, &Value::Null));
    assert_eq!(bot["recordings"][0]["id"], json!(recording));
    assert_eq!(bot["status_changes"][0]["code"], "joining_call");
    assert!(bot["join_at"].is_string() && bot.get("zoom_rtms").is_none());

    let mut streams = vec!["s1".to_owned()];
    for n in 2..=51 {
        streams.push(format!("s{n}"));
        world.created(&format!("s{n}")).await;
        world.advance_s(1);
    }
    let first = world.ask(Method::GET, "/api/v1/bot/?platform=zoom_rtms", None).await.json();
    assert_eq!((&first["count"], first["results"].as_array().map(Vec::len)), (&json!(51), Some(50)));
    assert_eq!(first["previous"], Value::Null);
    let next = first["next"].as_str().expect("another page").strip_prefix("https://hansard.example").expect("ours");
    let second = world.ask(Method::GET, next, None).await.json();
    assert_eq!((second["results"][0]["id"].clone(), &second["next"]), (json!(id), &Value::Null));
    assert!(second["previous"].as_str().expect("a page").contains("platform=zoom_rtms"));
    assert_eq!(world.ask(Method::GET, "/api/v1/bot/?page=3", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(listed(&world, "/api/v1/bot/?platform=webex").await, [] as [Value; 0]);

    let kept = world.ask(Method::DELETE, &format!("/api/v1/bot/{id}/"), None).await;
    assert_eq!(
        (kept.status, &kept.json()["code"]),
        (StatusCode::METHOD_NOT_ALLOWED, &json!("cannot_delete_started_bot")),
        "who calls off what has not started loses nothing"
    );
    let refused = world.ask(Method::POST, "/api/v1/bot/", Some(&json!({ "meeting_url": "https://zoom.us/j/1" }))).await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::BAD_REQUEST, &json!("bots_not_supported")));
}

//! Ordering further editions and transcripts of a recording, and calling them off.

use media::SourceTime;

use super::*;

const NOW_UNIX_MS: i64 = NOW_UNIX_S * 1_000;

/// A recording that is over and made; answers its path.
async fn made(world: &World) -> (CaptureId, String) {
    let id = world.created("s1").await;
    world.catalog.claim_start(NOW_UNIX_MS).await.expect("a claim").expect("a start");
    let at = SourceTime::from_unix_ms(NOW_UNIX_MS);
    let recording = world.catalog.recording_started(id, at, NOW_UNIX_MS).await.expect("a recording");
    (id, format!("/api/v1/recording/{recording}/editions"))
}

async fn over(world: &World, id: CaptureId) {
    let over = catalog::Outcome::Ended { code: "over".to_owned(), message: None };
    world.catalog.capture_ended(id, None, over, NOW_UNIX_MS).await.expect("ended");
    let job = world.catalog.claim_render(NOW_UNIX_MS).await.expect("a claim").expect("a render");
    for artifact in &job.artifacts {
        world.catalog.artifact_done(artifact.id, Vec::new(), NOW_UNIX_MS).await.expect("done");
    }
    world.catalog.render_done(&job, NOW_UNIX_MS).await.expect("done");
}

#[tokio::test]
async fn an_edition_is_queued_shown_and_made() {
    let world = World::new().await;
    let (id, path) = made(&world).await;
    over(&world, id).await;
    let wish = json!({ "video_mixed_layout": "gallery_view", "from": "00:10:00", "to": 1_200, "without": [7] });
    let answer = world.ask(Method::POST, &format!("{path}/"), Some(&wish)).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let artifact = answer.json();
    assert_eq!((&artifact["status"]["code"], &artifact["format"]), (&json!("processing"), &json!("mp4")));
    assert_eq!(artifact["status"]["progress"], Value::Null);
    assert_eq!(
        artifact["edition"],
        json!({
            "video_mixed_plan": "auto", "video_mixed_layout": "gallery_view",
            "video_mixed_participant_video_when_screenshare": "overlap", "from": 600.0, "to": 1200.0, "without": [7],
        })
    );
    world.hub.woken(hub::Wake::Renders).await;
    let job = world.catalog.claim_edition(NOW_UNIX_MS).await.expect("a claim").expect("an edition");
    let making = world.hub.progress().begin(job.artifacts[0].id);
    making.tell(0.25);
    let object = world.ask(Method::GET, &format!("{MDC}/{id}"), None).await.json();
    let recording = &object["recordings"][0];
    let listed = recording["artifacts"].as_array().expect("a list").last().expect("an artifact");
    assert_eq!((&listed["id"], &listed["status"]["progress"]), (&artifact["id"], &json!(0.25)));
    assert_eq!((&recording["status"]["code"], &object["status"]["code"]), (&json!("done"), &json!("done")));
    assert_ne!(recording["media_shortcuts"]["video_mixed"]["id"], artifact["id"], "the shortcut stays what it was");
}

#[tokio::test]
async fn an_edition_is_given_up_whether_it_is_made_or_not() {
    let world = World::new().await;
    let (id, path) = made(&world).await;
    over(&world, id).await;
    let order = async || {
        world.ask(Method::POST, &path, Some(&json!({}))).await.json()["id"].as_str().expect("an id").to_owned()
    };
    let edition = order().await;
    let one = format!("{path}/{edition}");
    assert_eq!(world.ask(Method::DELETE, &one, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.ask(Method::DELETE, &one, None).await.status, StatusCode::NOT_FOUND);
    assert!(world.catalog.claim_edition(NOW_UNIX_MS).await.expect("a claim").is_none());
    let edition = order().await;
    let job = world.catalog.claim_edition(NOW_UNIX_MS).await.expect("a claim").expect("an edition");
    let recording = job.capture.recording.as_ref().expect("a recording").id;
    let key = store::ObjectKey::new(recording, job.artifacts[0].id, "video_mixed.mp4").expect("a key");
    let file = world.store.put(&key, vec![7; 10], "video/mp4").await.expect("a file");
    world.catalog.artifact_done(job.artifacts[0].id, vec![file], NOW_UNIX_MS).await.expect("done");
    assert!(world.store.open_read(&key).await.is_ok());
    assert_eq!(world.ask(Method::DELETE, &format!("{path}/{edition}"), None).await.status, StatusCode::NO_CONTENT);
    let claimed = async || world.catalog.claim_purge(NOW_UNIX_MS).await.expect("a claim").expect("a purge waits");
    let mut purged = Vec::new();
    for _ in 0..2 {
        let purge = claimed().await;
        purged.push(purge.scope);
        world.catalog.purge_done(&purge, model::Purged::default(), NOW_UNIX_MS).await.expect("done");
    }
    assert!(purged.contains(&model::PurgeScope::Artifact(job.artifacts[0].id)), "its files go");
    let other = "/api/v1/recording/01890000-0000-7000-8000-000000000000/editions";
    assert_eq!(
        world.ask(Method::DELETE, &format!("{other}/{}", order().await), None).await.status,
        StatusCode::NOT_FOUND
    );
    let capture = world.catalog.capture(id).await.expect("read").expect("a capture");
    let first = capture.recording.expect("a recording").artifacts[0].id;
    assert_eq!(world.ask(Method::DELETE, &format!("{path}/{first}"), None).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_cannot_be_ordered_is_refused() {
    let world = World::new().await;
    let (id, path) = made(&world).await;
    let code = async |path: &str, wish: Value| {
        let answer = world.ask(Method::POST, path, Some(&wish)).await;
        (answer.status.as_u16(), answer.json()["code"].as_str().map(str::to_owned))
    };
    assert_eq!(code(&path, json!({})).await, (409, Some("recording_grows".to_owned())));
    over(&world, id).await;
    assert_eq!(code(&path, json!({ "from": -1 })).await, (400, None));
    let unknown = "/api/v1/recording/01890000-0000-7000-8000-000000000000/editions";
    assert_eq!(code(unknown, json!({})).await, (404, Some("not_found".to_owned())));
    for _ in 0..catalog::MOST_EDITIONS {
        assert_eq!(code(&path, json!({})).await.0, 201);
    }
    assert_eq!(code(&path, json!({})).await, (409, Some("too_many_editions".to_owned())));
    let without_key = world.send(Method::POST, &path, &[], "{}").await;
    assert_eq!(without_key.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn nothing_is_made_of_logs_that_are_deleted() {
    let world = World::new().await;
    let (id, path) = made(&world).await;
    over(&world, id).await;
    assert!(world.catalog.give_up_logs(NOW_UNIX_MS + 1, NOW_UNIX_MS + 1).await.expect("given up"));
    let answer = world.ask(Method::POST, &path, Some(&json!({}))).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (StatusCode::CONFLICT, Some("log_removed")));
}

#[tokio::test]
async fn a_transcript_is_ordered_of_captions_and_fails_of_any_other_provider() {
    let world = World::new().await;
    let (id, path) = made(&world).await;
    let path = path.replace("editions", "create_transcript");
    let captions = json!({ "provider": { "meeting_captions": {} }, "metadata": { "case": "17" } });
    let early = world.ask(Method::POST, &path, Some(&captions)).await;
    assert_eq!((early.status, &early.json()["code"]), (StatusCode::CONFLICT, &json!("recording_grows")));
    over(&world, id).await;
    let wrong = world.ask(Method::POST, &path, Some(&json!({ "provider": {} }))).await;
    assert_eq!((wrong.status, wrong.json().get("provider").is_some()), (StatusCode::BAD_REQUEST, true));
    let asked = json!({ "provider": { "recallai_async": { "language_code": "en" } } });
    let failed = world.ask(Method::POST, &path, Some(&asked)).await.json();
    assert_eq!(
        (&failed["status"]["code"], &failed["status"]["sub_code"]),
        (&json!("failed"), &json!("provider_not_configured"))
    );
    assert_eq!(failed["provider"]["recallai_async"], json!({ "language_code": "en" }));
    let answer = world.ask(Method::POST, &format!("{path}/"), Some(&captions)).await;
    let made = answer.json();
    assert_eq!((answer.status, &made["status"]["code"]), (StatusCode::OK, &json!("processing")));
    assert_eq!((&made["metadata"], made.get("edition")), (&json!({ "case": "17" }), None));
    assert_eq!((&made["provider"]["meeting_captions"], &made["provider"]["rev_async"]), (&json!({}), &Value::Null));
    let shown =
        world.ask(Method::GET, &format!("/api/v1/transcript/{}", made["id"].as_str().expect("an id")), None).await;
    assert_eq!(shown.json()["recording"]["id"], made["recording"]["id"]);
    let object = world.ask(Method::GET, &format!("{MDC}/{id}"), None).await.json();
    assert_eq!(object["recordings"][0]["media_shortcuts"]["transcript"]["id"], made["id"], "there is no other");
    let editions = path.replace("create_transcript", "editions");
    let path = format!("{editions}/{}", made["id"].as_str().expect("an id"));
    assert_eq!(world.ask(Method::DELETE, &path, None).await.status, StatusCode::NOT_FOUND, "it is no edition");
}

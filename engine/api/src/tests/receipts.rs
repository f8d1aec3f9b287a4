//! What remains known of what was deleted.

use media::SourceTime;
use model::ArtifactFile;

use super::*;

#[tokio::test]
async fn after_a_deletion_a_customer_can_prove_what_went() {
    let world = World::new().await;
    let id = world.created("s1").await;
    let now = NOW_UNIX_S * 1000;
    world.catalog.claim_start(now).await.expect("a claim").expect("a start");
    let recording = world.catalog.recording_started(id, SourceTime::from_unix_ms(now), now).await.expect("a recording");
    let over = catalog::Outcome::Ended { code: "over".to_owned(), message: None };
    world.catalog.capture_ended(id, None, over, now).await.expect("ended");
    let job = world.catalog.claim_render(now).await.expect("a claim").expect("a render");
    let file = ArtifactFile {
        name: "video_mixed.mp4".to_owned(),
        media_type: "video/mp4".to_owned(),
        bytes: 4_711,
        sha256: "ab".repeat(32),
    };
    world.catalog.artifact_done(job.artifacts[0].id, vec![file], now).await.expect("done");
    world.catalog.render_done(&job, now).await.expect("done");
    let path = format!("/api/v1/recording/{recording}/deletion/");
    let before = world.ask(Method::GET, &path, None).await.json();
    assert_eq!((&before["reason"], &before["objects"]), (&Value::Null, &json!([])));

    let gone = world.ask(Method::DELETE, &format!("/api/v1/recording/{recording}"), None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let receipt = world.ask_with(READER_KEY, Method::GET, &path, None).await.json();
    assert_eq!((&receipt["reason"], &receipt["completed_at"]), (&json!("media_deleted"), &Value::Null));
    assert_eq!(
        receipt["objects"],
        json!([{
            "artifact_id": job.artifacts[0].id.to_string(), "kind": job.artifacts[0].kind.name(),
            "name": "video_mixed.mp4", "bytes": 4_711, "sha256": "ab".repeat(32),
            "deleted_at": "2026-01-01T00:00:00.000000Z",
        }])
    );
    let purge = world.catalog.claim_purge(now).await.expect("a claim").expect("a purge");
    let purged = model::Purged { files: 3, bytes: 9_000 };
    world.catalog.purge_done(&purge, purged, now + 1_000).await.expect("done");
    let receipt = world.ask(Method::GET, &path, None).await.json();
    assert_eq!(
        (&receipt["completed_at"], &receipt["files"], &receipt["bytes"]),
        (&json!("2026-01-01T00:00:01.000000Z"), &json!(3), &json!(9_000))
    );
    assert_eq!(world.ask_with(THEIR_KEY, Method::GET, &path, None).await.status, StatusCode::NOT_FOUND);
}

use model::{ArtifactState, CaptureStatus, Command, PurgeScope, Purged, RecordingState};

use super::*;
use crate::fixture::{NOW, claimed, ended, fresh, new_capture, recorded};
use media::SourceTime;

#[tokio::test]
async fn what_is_over_is_deleted_at_once_and_its_files_by_a_purge() {
    let (_dir, catalog) = fresh().await;
    let id = recorded(&catalog, 1).await.capture.id;
    assert_eq!(catalog.discard(id, NOW).await.expect("discarded"), []);
    let held = catalog.capture(id).await.expect("read").expect("it").recording.expect("a recording");
    assert_eq!(held.state, RecordingState::Deleted);
    assert!(
        held.artifacts.iter().all(|artifact| artifact.state == ArtifactState::Deleted
            && artifact.sub_code.as_deref() == Some("media_deleted"))
    );
    assert!(catalog.claim_render(NOW).await.expect("asked").is_none(), "nothing is made of it");
    let purge = catalog.claim_purge(NOW).await.expect("asked").expect("a purge waits");
    assert_eq!((purge.scope, &purge.captures), (PurgeScope::Recording, &vec![id]));
    catalog.purge_done(&purge, Purged::default(), NOW).await.expect("done");
    let capture = catalog.capture(id).await.expect("read").expect("it");
    assert_eq!(
        (capture.latest().status, capture.latest().sub_code.as_deref()),
        (CaptureStatus::Done, Some("media_deleted"))
    );
    let deletion = catalog.deletion(id).await.expect("read").expect("an audit");
    assert_eq!(deletion.reason, "media_deleted");

    assert_eq!(catalog.discard(id, NOW).await.expect("again"), []);
    assert!(catalog.claim_purge(NOW).await.expect("asked").is_none(), "once is enough");
}

#[tokio::test]
async fn what_runs_is_told_to_stop_and_deleted_when_it_ended() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    assert_eq!(catalog.discard(id, NOW).await.expect("discarded"), [id]);
    assert_eq!(catalog.discard(id, NOW).await.expect("again"), [], "its owner is told once");
    assert_eq!(catalog.take_commands(id).await.expect("taken"), [Command::Stop]);
    let held = catalog.capture(id).await.expect("read").expect("it");
    assert_eq!(held.recording.expect("a recording").state, RecordingState::Deleted, "for whoever looks it is gone");
    assert!(catalog.claim_purge(NOW).await.expect("asked").is_none(), "its owner still writes");

    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    assert!(catalog.claim_render(NOW).await.expect("asked").is_none(), "nothing is made of it");
    assert_eq!(catalog.claim_purge(NOW).await.expect("asked").expect("a purge waits").captures, [id]);
}

#[tokio::test]
async fn a_capture_without_media_can_be_deleted_too() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    assert_eq!(catalog.discard(id, NOW).await.expect("discarded"), [id]);
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    assert_eq!(catalog.claim_purge(NOW).await.expect("asked").expect("a purge waits").captures, [id]);
    let unknown = catalog.discard(new_capture(2).id, NOW).await;
    assert!(matches!(unknown, Err(CatalogError::UnknownCapture(_))));
}

#[tokio::test]
async fn media_that_comes_after_its_deletion_is_deleted_from_the_first_moment_and_takes_no_later_stream_along() {
    let (_dir, catalog) = fresh().await;
    let of_a_user = |n| model::NewCapture { operator: Some("user".to_owned()), ..new_capture(n) };
    catalog.start_capture(of_a_user(1)).await.expect("admitted");
    let id = claimed(&catalog, 1).await.capture.id;
    catalog.discard(id, NOW).await.expect("discarded");
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    let held = catalog.capture(id).await.expect("read").expect("it").recording.expect("a recording");
    assert_eq!(held.state, RecordingState::Deleted);

    let mut later = of_a_user(2);
    later.stream = model::StreamRef { stream_id: "later".to_owned(), ..new_capture(1).stream };
    catalog.start_capture(later).await.expect("admitted");
    let later = catalog.claim_start(NOW + 1_000_000).await.expect("claimed").expect("a start waits").capture.id;
    catalog.recording_started(later, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    catalog.capture_ended(later, None, ended("over"), NOW).await.expect("ended");
    let kept = catalog.capture(later).await.expect("read").expect("it").recording.expect("a recording");
    assert_eq!(kept.state, RecordingState::Processing, "the later stream has a recording of its own");
}

#[tokio::test]
async fn one_artifact_goes_alone_and_the_rest_stays() {
    let (_dir, catalog) = fresh().await;
    let id = recorded(&catalog, 1).await.capture.id;
    let held = async || catalog.capture(id).await.expect("read").expect("it").recording.expect("a recording");
    let first = held().await.artifacts[0].id;
    assert!(catalog.discard_artifact(first, NOW).await.expect("discarded"));
    assert!(!catalog.discard_artifact(first, NOW).await.expect("again"), "once is enough");
    let after = held().await;
    assert_eq!(after.state, RecordingState::Processing);
    let gone = after.artifacts.iter().filter(|artifact| artifact.state == ArtifactState::Deleted);
    assert_eq!(gone.map(|artifact| artifact.id).collect::<Vec<_>>(), [first]);
    let purge = catalog.claim_purge(NOW).await.expect("asked").expect("a purge waits");
    assert_eq!((purge.scope, purge.recording), (PurgeScope::Artifact(first), after.id));
    assert_eq!(catalog.purge_done(&purge, Purged::default(), NOW).await.expect("done"), []);
    let render = catalog.claim_render(NOW).await.expect("asked").expect("the rest is made");
    assert!(!render.artifacts.iter().any(|artifact| artifact.id == first));
    assert!(
        !catalog.artifact_done(first, Vec::new(), NOW).await.expect("told"),
        "whoever made it hears that it is gone"
    );
}

use model::Capture;

use super::*;
use crate::fixture::{NOW, fresh, new_capture, recorded};

fn file(name: &str) -> ArtifactFile {
    ArtifactFile { name: name.to_owned(), media_type: "video/mp4".to_owned(), bytes: 12, sha256: "ab".repeat(32) }
}

async fn reread(catalog: &Catalog, n: u32) -> Capture {
    catalog.capture(new_capture(n).id).await.expect("read").expect("a capture")
}

async fn recording(catalog: &Catalog, n: u32) -> Recording {
    reread(catalog, n).await.recording.expect("a recording")
}

#[tokio::test]
async fn a_done_artifact_has_its_files() {
    let (_dir, catalog) = fresh().await;
    recorded(&catalog, 1).await;
    let artifact = recording(&catalog, 1).await.artifacts[0].clone();
    let files = vec![file("video_mixed.mp4"), file("poster.jpg")];
    assert!(catalog.artifact_done(artifact.id, files.clone(), NOW + 7).await.expect("answered"));
    let (done, of_recording, of_capture) = catalog.artifact(artifact.id).await.expect("read").expect("an artifact");
    assert_eq!((of_recording, of_capture), (new_capture(1).recording_id, new_capture(1).id));
    assert_eq!((done.state, done.updated_at_unix_ms), (ArtifactState::Done, NOW + 7));
    assert_eq!(done.file("poster.jpg"), Some(&file("poster.jpg")));
    assert_eq!(recording(&catalog, 1).await.artifacts[0], done);
}

#[tokio::test]
async fn a_second_attempt_replaces_what_the_first_made_and_never_takes_it_back() {
    let (_dir, catalog) = fresh().await;
    recorded(&catalog, 1).await;
    let id = recording(&catalog, 1).await.artifacts[0].id;
    assert!(catalog.artifact_failed(id, "disk_full", NOW).await.expect("answered"));
    assert_eq!(recording(&catalog, 1).await.artifacts[0].sub_code.as_deref(), Some("disk_full"));
    assert!(catalog.artifact_done(id, vec![file("b")], NOW).await.expect("answered"));
    assert!(!catalog.artifact_failed(id, "late", NOW).await.expect("answered"));
    let artifact = recording(&catalog, 1).await.artifacts[0].clone();
    assert_eq!((artifact.state, artifact.sub_code, artifact.files), (ArtifactState::Done, None, vec![file("b")]));
}

#[tokio::test]
async fn unknown_artifacts_and_recordings_are_told_apart_from_refusals() {
    let (_dir, catalog) = fresh().await;
    let id = ArtifactId::new(1, [1; 10]);
    assert_eq!(catalog.artifact(id).await.expect("read"), None);
    let done = catalog.artifact_done(id, Vec::new(), NOW).await;
    assert!(matches!(done, Err(CatalogError::UnknownArtifact(unknown)) if unknown == id));
    let failed = catalog.artifact_failed(id, "x", NOW).await;
    assert!(matches!(failed, Err(CatalogError::UnknownArtifact(unknown)) if unknown == id));
    let recording = new_capture(1).recording_id;
    let extended = catalog.extend_recording(recording, None, None).await;
    assert!(matches!(extended, Err(CatalogError::UnknownRecording(unknown)) if unknown == recording));
}

#[tokio::test]
async fn the_timeline_corrects_only_what_it_knows() {
    let (_dir, catalog) = fresh().await;
    recorded(&catalog, 1).await;
    let id = new_capture(1).recording_id;
    let before = recording(&catalog, 1).await;
    let end = SourceTime::from_unix_ms(NOW + 59_980);
    catalog.extend_recording(id, None, Some(end)).await.expect("corrected");
    let after = recording(&catalog, 1).await;
    assert_eq!((after.started_at, after.completed_at), (before.started_at, Some(end)));
    let start = SourceTime::from_unix_ms(NOW - 20);
    catalog.extend_recording(id, Some(start), None).await.expect("corrected");
    let after = recording(&catalog, 1).await;
    assert_eq!((after.started_at, after.completed_at), (Some(start), Some(end)));
}

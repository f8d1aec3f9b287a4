use std::collections::BTreeSet;

use model::{Artifact, ArtifactFile, Excerpt, Layout, ParticipantId, RecordingId};

use super::*;
use crate::fixture::{NOW, claimed, fresh, new_capture, recorded};

fn gallery() -> Edition {
    let excerpt = Excerpt { from_ms: 600_000, to_ms: None, without: BTreeSet::from([ParticipantId(7)]) };
    Edition { layout: Layout::GalleryView, excerpt, ..Edition::default() }
}

fn id(n: u32) -> RecordingId {
    new_capture(n).recording_id
}

async fn queued(catalog: &Catalog, n: u32) -> ArtifactId {
    match catalog.order_edition(id(n), gallery(), NOW).await.expect("answered") {
        Ordered::Queued(artifact) => artifact,
        other => panic!("{other:?}"),
    }
}

async fn artifact(catalog: &Catalog, id: ArtifactId) -> Artifact {
    catalog.artifact(id).await.expect("read").expect("an artifact").0
}

/// A recording whose first render is done.
async fn made(catalog: &Catalog, n: u32) {
    recorded(catalog, n).await;
    let job = catalog.claim_render(NOW).await.expect("claimed").expect("a render");
    for artifact in &job.artifacts {
        catalog.artifact_done(artifact.id, Vec::new(), NOW).await.expect("done");
    }
    catalog.render_done(&job, NOW).await.expect("done");
}

fn file() -> ArtifactFile {
    ArtifactFile {
        name: "video_mixed.mp4".to_owned(),
        media_type: "video/mp4".to_owned(),
        bytes: 1,
        sha256: String::new(),
    }
}

#[tokio::test]
async fn an_edition_is_made_by_a_job_of_its_own_and_changes_nothing_else() {
    let (_dir, catalog) = fresh().await;
    made(&catalog, 1).await;
    let before = catalog.capture(new_capture(1).id).await.expect("read").expect("a capture");
    let wanted = queued(&catalog, 1).await;
    assert!(catalog.claim_render(NOW).await.expect("answered").is_none());
    let job = catalog.claim_edition(NOW).await.expect("answered").expect("an edition");
    assert_eq!((job.scope, job.attempts), (RenderScope::Edition, 0));
    assert_eq!(job.captures, [new_capture(1).id]);
    let [edition] = job.artifacts.as_slice() else { panic!("{:?}", job.artifacts) };
    assert_eq!((edition.id, edition.edition.as_ref()), (wanted, Some(&gallery())));
    assert!(catalog.claim_edition(NOW).await.expect("answered").is_none(), "it is claimed once");
    assert!(catalog.artifact_done(wanted, vec![file()], NOW + 5).await.expect("done"));
    assert_eq!(catalog.render_done(&job, NOW + 5).await.expect("done"), []);
    let mut after = catalog.capture(new_capture(1).id).await.expect("read").expect("a capture");
    let recording = after.recording.as_mut().expect("a recording");
    assert_eq!(recording.artifacts.pop().map(|made| (made.id, made.state)), Some((wanted, ArtifactState::Done)));
    assert_eq!(after, before);
}

#[tokio::test]
async fn what_cannot_be_made_is_refused() {
    let (_dir, catalog) = fresh().await;
    assert_eq!(catalog.order_edition(id(1), gallery(), NOW).await.expect("answered"), Ordered::Unknown);
    let job = claimed(&catalog, 1).await;
    catalog.recording_started(job.capture.id, media::SourceTime::from_unix_ms(NOW), NOW).await.expect("begun");
    assert_eq!(catalog.order_edition(id(1), gallery(), NOW).await.expect("answered"), Ordered::Grows);
    made(&catalog, 2).await;
    assert!(catalog.give_up_logs(NOW + 1_000, NOW + 1_000).await.expect("given up"));
    assert_eq!(catalog.order_edition(id(2), gallery(), NOW).await.expect("answered"), Ordered::Gone);
}

#[tokio::test]
async fn editions_are_bounded_and_those_that_are_called_off_do_not_count() {
    let (_dir, catalog) = fresh().await;
    made(&catalog, 1).await;
    let first = queued(&catalog, 1).await;
    for _ in 1..MOST_EDITIONS {
        queued(&catalog, 1).await;
    }
    assert_eq!(catalog.order_edition(id(1), gallery(), NOW).await.expect("answered"), Ordered::TooMany);
    assert!(catalog.give_up_edition(first, NOW).await.expect("given up"));
    queued(&catalog, 1).await;
}

#[tokio::test]
async fn whatever_is_called_off_is_not_made_and_does_not_come_back() {
    let (_dir, catalog) = fresh().await;
    made(&catalog, 1).await;
    let wanted = queued(&catalog, 1).await;
    let job = catalog.claim_edition(NOW).await.expect("answered").expect("an edition");
    assert!(!catalog.is_called_off(wanted).await.expect("read"));
    assert!(catalog.give_up_edition(wanted, NOW + 1).await.expect("given up"));
    assert!(catalog.is_called_off(wanted).await.expect("read"));
    assert!(!catalog.give_up_edition(wanted, NOW + 2).await.expect("answered"), "once is enough");
    assert!(!catalog.artifact_done(wanted, vec![file()], NOW + 3).await.expect("answered"));
    catalog.render_failed(&job, "render_failed", NOW + 3, true).await.expect("told");
    assert!(catalog.claim_edition(NOW + 1_000_000).await.expect("answered").is_none());
    let gone = artifact(&catalog, wanted).await;
    assert_eq!(
        (gone.state, gone.sub_code.as_deref(), gone.files),
        (ArtifactState::Deleted, Some("called_off"), vec![])
    );
    let first =
        catalog.capture(new_capture(1).id).await.expect("read").expect("it").recording.expect("one").artifacts[0].id;
    let given_up = catalog.give_up_edition(first, NOW).await.expect("answered");
    assert!(!given_up, "what the configuration asks for stays");
}

#[tokio::test]
async fn one_that_fails_is_tried_again_and_then_bears_the_code_alone() {
    let (_dir, catalog) = fresh().await;
    made(&catalog, 1).await;
    let wanted = queued(&catalog, 1).await;
    let job = catalog.claim_edition(NOW).await.expect("answered").expect("an edition");
    catalog.render_failed(&job, "disk_full", NOW, true).await.expect("told");
    let again = catalog.claim_edition(NOW + 10_000).await.expect("answered").expect("once more");
    assert_eq!(again.attempts, 1);
    catalog.render_failed(&again, "disk_full", NOW + 10_000, false).await.expect("told");
    let failed = artifact(&catalog, wanted).await;
    assert_eq!((failed.state, failed.sub_code.as_deref()), (ArtifactState::Failed, Some("disk_full")));
    let recording = catalog.capture(new_capture(1).id).await.expect("read").expect("it").recording.expect("one");
    assert_eq!(recording.state, RecordingState::Done);
    assert!(catalog.give_up_logs(NOW + 100_000, NOW + 100_000).await.expect("answered"), "it holds no log back");
}

#[tokio::test]
async fn one_that_waits_keeps_the_log() {
    let (_dir, catalog) = fresh().await;
    made(&catalog, 1).await;
    queued(&catalog, 1).await;
    assert!(!catalog.give_up_logs(NOW + 1_000, NOW + 1_000).await.expect("answered"));
}

#[tokio::test]
async fn a_render_of_everything_leaves_an_edition_to_its_own_job() {
    let (_dir, catalog) = fresh().await;
    recorded(&catalog, 1).await;
    let wanted = queued(&catalog, 1).await;
    let job = catalog.claim_render(NOW).await.expect("claimed").expect("a render");
    assert!(job.artifacts.iter().all(|artifact| artifact.edition.is_none()));
    catalog.render_done(&job, NOW).await.expect("done");
    assert_eq!(artifact(&catalog, wanted).await.state, ArtifactState::Processing);
    assert!(catalog.claim_edition(NOW).await.expect("answered").is_some());
}

#[tokio::test]
async fn a_process_that_dies_of_an_edition_is_counted() {
    let (_dir, catalog) = fresh().await;
    made(&catalog, 1).await;
    queued(&catalog, 1).await;
    catalog.claim_edition(NOW).await.expect("answered").expect("an edition");
    catalog.release_claims(NOW).await.expect("released");
    let again = catalog.claim_edition(NOW).await.expect("answered").expect("at once, after the first death");
    assert_eq!((again.deaths, again.attempts), (1, 1));
}

#[tokio::test]
async fn one_that_is_made_is_given_up_with_its_files() {
    let (_dir, catalog) = fresh().await;
    made(&catalog, 1).await;
    let wanted = queued(&catalog, 1).await;
    let job = catalog.claim_edition(NOW).await.expect("answered").expect("an edition");
    catalog.artifact_done(wanted, vec![file()], NOW).await.expect("done");
    catalog.render_done(&job, NOW).await.expect("done");
    assert!(catalog.give_up_edition(wanted, NOW).await.expect("answered"));
    assert_eq!(artifact(&catalog, wanted).await.files, []);
}

#[tokio::test]
async fn a_stream_that_joins_leaves_editions_as_they_are() {
    let (_dir, catalog) = fresh().await;
    made(&catalog, 1).await;
    let wanted = queued(&catalog, 1).await;
    let job = catalog.claim_edition(NOW).await.expect("answered").expect("an edition");
    catalog.render_failed(&job, "excerpt_empty", NOW, false).await.expect("told");
    let recording = id(1);
    catalog
        .write(move |db| Box::pin(async move { artifacts::reopen(db, recording, NOW).await }))
        .await
        .expect("reopened");
    let held = catalog.capture(new_capture(1).id).await.expect("read").expect("it").recording.expect("one");
    assert_eq!(held.state, RecordingState::Processing, "the control");
    assert_eq!(artifact(&catalog, wanted).await.sub_code.as_deref(), Some("excerpt_empty"));
    let mut db = catalog.read().await.expect("a connection");
    let again = artifacts::wanted(&mut db, recording).await.expect("read");
    assert!(!again.is_empty() && again.iter().all(|artifact| artifact.edition.is_none()));
}

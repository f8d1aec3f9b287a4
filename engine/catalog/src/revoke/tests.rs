use std::{fs, path::Path};

use media::SourceTime;
use model::{ArtifactFile, ArtifactState, CaptureStatus, Command, Cursor, Epoch, EventBody, Purged, RecordingState};

use crate::{
    Catalog, Outcome,
    fixture::{NOW, claimed, ended, event, fresh, is_in_a_file, recorded, taken_up},
};

/// A name that must be nowhere once consent was withdrawn.
const CANARY: &str = "Canary Lovelace-Nowhere";

fn revoked() -> Outcome {
    Outcome::Revoked { code: "zoom_rtms_stream_revoked".to_owned(), message: None }
}

/// Whether any file of the catalogue holds the canary.
fn is_somewhere(dir: &Path) -> bool {
    is_in_a_file(dir, CANARY)
}

async fn states(catalog: &Catalog, id: model::CaptureId) -> (CaptureStatus, RecordingState, Vec<ArtifactState>) {
    let capture = catalog.capture(id).await.expect("read").expect("a capture");
    let recording = capture.recording.clone().expect("a recording");
    let artifacts = recording.artifacts.iter().map(|artifact| artifact.state).collect();
    (capture.latest().status, recording.state, artifacts)
}

#[tokio::test]
async fn a_capture_that_ends_revoked_is_deleted_at_once_and_never_rendered() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    catalog.append_events(id, vec![event(1, 1, "Ada")]).await.expect("appended");
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    catalog.capture_ended(id, None, revoked(), NOW + 5).await.expect("ended").expect("a change");

    let (status, recording, artifacts) = states(&catalog, id).await;
    assert_eq!((status, recording), (CaptureStatus::CallEnded, RecordingState::Deleted));
    assert!(!artifacts.is_empty() && artifacts.iter().all(|state| *state == ArtifactState::Deleted));
    assert!(catalog.claim_render(NOW + 1_000).await.expect("claimed").is_none());
    let left = catalog.events_after(id, Cursor::START, 10).await.expect("read");
    assert_eq!(left.len(), 1, "only its own status: {left:?}");

    let purge = catalog.claim_purge(NOW + 1_000).await.expect("claimed").expect("a purge waits");
    assert_eq!(purge.captures, [id]);
    let done = catalog.purge_done(&purge, Purged { files: 3, bytes: 99 }, NOW + 6).await.expect("done");
    assert_eq!(done.len(), 1);
    assert_eq!(states(&catalog, id).await.0, CaptureStatus::Done);
    let deletion = catalog.deletion(id).await.expect("read").expect("an audit");
    assert_eq!((deletion.events, deletion.purged), (1, Purged { files: 3, bytes: 99 }));
    assert_eq!((deletion.asked_at_unix_ms, deletion.finished_at_unix_ms), (NOW + 5, Some(NOW + 6)));
    assert!(catalog.claim_purge(NOW + 10_000).await.expect("claimed").is_none());
}

#[tokio::test]
async fn a_purge_that_could_not_finish_is_tried_again_and_survives_a_restart() {
    let (dir, catalog) = fresh().await;
    let id = recorded(&catalog, 1).await.capture.id;
    assert!(catalog.revoke(id, NOW).await.expect("revoked"));
    assert!(!catalog.revoke(id, NOW).await.expect("revoked"), "twice is once");
    let purge = catalog.claim_purge(NOW).await.expect("claimed").expect("a purge waits");
    catalog.purge_failed(purge.id, "storage_error", NOW).await.expect("taken back");
    assert!(catalog.claim_purge(NOW + 999).await.expect("claimed").is_none());
    catalog.claim_purge(NOW + 1_000).await.expect("claimed").expect("a purge waits");
    catalog.close().await;

    let catalog = Catalog::open(dir.path()).await.expect("the catalogue again");
    catalog.release_claims(NOW).await.expect("released");
    let again = catalog.claim_purge(NOW + 2_000).await.expect("claimed").expect("a purge waits");
    assert_eq!((again.captures, again.recording), (purge.captures, purge.recording));
}

#[tokio::test]
async fn what_is_finished_already_is_deleted_as_well_and_a_render_that_runs_publishes_nothing() {
    let (_dir, catalog) = fresh().await;
    let id = recorded(&catalog, 1).await.capture.id;
    let render = catalog.claim_render(NOW).await.expect("claimed").expect("a render waits");
    let artifact = render.artifacts[0].id;
    assert!(catalog.revoke(id, NOW + 1).await.expect("revoked"));
    let file = ArtifactFile { name: "a".to_owned(), media_type: "b".to_owned(), bytes: 1, sha256: String::new() };
    assert!(!catalog.artifact_done(artifact, vec![file], NOW + 2).await.expect("answered"));
    assert!(catalog.render_done(&render, NOW + 3).await.expect("answered").is_empty());
    let (status, recording, artifacts) = states(&catalog, id).await;
    assert_eq!((status, recording), (CaptureStatus::CallEnded, RecordingState::Deleted));
    assert!(artifacts.iter().all(|state| *state == ArtifactState::Deleted));
}

#[tokio::test]
async fn a_capture_that_runs_is_told_and_keeps_its_rows_until_it_ends() {
    let (_dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    assert!(catalog.revoke(id, NOW).await.expect("revoked"));
    assert!(!catalog.revoke(id, NOW).await.expect("revoked"));
    assert_eq!(catalog.take_commands(id).await.expect("taken"), [Command::Stopped { reason: Some(8) }]);
    assert!(catalog.claim_purge(NOW + 1_000).await.expect("claimed").is_none());
    assert!(catalog.deletion(id).await.expect("read").is_none());
}

#[tokio::test]
async fn no_file_of_the_catalogue_holds_a_word_of_it_afterwards() {
    let (dir, catalog) = fresh().await;
    let id = claimed(&catalog, 1).await.capture.id;
    let events = (1..=200).map(|seq| event(1, seq, CANARY)).collect();
    catalog.append_events(id, events).await.expect("appended");
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    catalog.capture_ended(id, None, ended("over"), NOW).await.expect("ended");
    assert!(is_somewhere(dir.path()), "the control: it is there as long as it is kept");
    assert!(catalog.revoke(id, NOW).await.expect("revoked"));
    let purge = catalog.claim_purge(NOW).await.expect("claimed").expect("a purge waits");
    catalog.purge_done(&purge, Purged::default(), NOW).await.expect("done");
    assert!(!is_somewhere(dir.path()));
}

/// Runs a capture of which the canary was heard and that has a recording.
async fn heard(catalog: &Catalog, n: u32) -> model::CaptureId {
    let id = claimed(catalog, n).await.capture.id;
    let events = (1..=50).map(|seq| event(1, seq, CANARY)).collect();
    catalog.append_events(id, events).await.expect("appended");
    catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    id
}

#[tokio::test]
async fn an_owner_that_did_not_hear_of_it_cannot_end_a_capture_in_another_way() {
    let failed = Outcome::Failed { code: "unreachable".to_owned(), message: None };
    for (n, outcome, taken) in [(1, ended("over"), false), (2, failed.clone(), false), (3, failed, true)] {
        let (_dir, catalog) = fresh().await;
        let id = heard(&catalog, n).await;
        let stream = format!("stream{n}");
        catalog.stop_stream("default", &stream, Some(8), NOW + 1, NOW).await.expect("told");
        if taken {
            catalog.take_commands(id).await.expect("taken");
        }
        let change = catalog.capture_ended(id, None, outcome, NOW + 5).await.expect("ended").expect("a change");
        let EventBody::Status { sub_code, .. } = change.event.body else { panic!("a status") };
        assert_eq!(sub_code.as_deref(), Some(crate::reason::Reason::Revoked.code()));
        assert_eq!(states(&catalog, id).await.1, RecordingState::Deleted);
        assert!(catalog.claim_render(NOW + 1_000).await.expect("claimed").is_none());
        catalog.claim_purge(NOW + 1_000).await.expect("claimed").expect("a purge waits");
    }
}

#[tokio::test]
async fn an_operator_who_keeps_it_keeps_it_whoever_heard_of_it() {
    let (_dir, catalog) = fresh().await;
    let id = heard(&catalog, 1).await;
    catalog.stop_stream("default", "stream1", Some(8), NOW + 1, NOW).await.expect("told");
    catalog.capture_ended_and_kept(id, None, ended("over"), NOW + 5).await.expect("ended").expect("a change");
    assert_eq!(states(&catalog, id).await.1, RecordingState::Processing);
    assert!(catalog.claim_purge(NOW + 1_000).await.expect("claimed").is_none());
    catalog.claim_render(NOW + 1_000).await.expect("claimed").expect("a render waits");
}

#[tokio::test]
async fn a_writer_that_comes_late_puts_nothing_back() {
    let (dir, catalog) = fresh().await;
    let id = heard(&catalog, 1).await;
    catalog.capture_ended(id, None, revoked(), NOW + 5).await.expect("ended");
    for seq in [51, 52] {
        let late = catalog.append_events(id, vec![event(1, seq, CANARY)]).await;
        assert!(late.is_err(), "{late:?}");
    }
    let refused = catalog.append_events(id, vec![event(2, 1, CANARY)]).await;
    assert!(matches!(refused, Err(crate::CatalogError::CaptureOver(over)) if over == id), "{refused:?}");
    assert!(catalog.recording_started(id, SourceTime::from_unix_ms(NOW), NOW).await.is_err());
    let mut again = crate::fixture::new_capture(1);
    again.notice = CANARY.to_owned();
    again.server_urls = "wss://elsewhere".to_owned();
    assert_eq!(catalog.start_capture(again).await.expect("answered"), crate::Admission::Finished(id));
    let purge = catalog.claim_purge(NOW + 10).await.expect("claimed").expect("a purge waits");
    catalog.purge_done(&purge, Purged::default(), NOW + 11).await.expect("done");
    assert!(!is_somewhere(dir.path()));
}

#[tokio::test]
async fn wherever_the_process_dies_the_deletion_is_finished_by_the_next_one() {
    for died_after in ["told", "ended", "claimed", "done"] {
        let (dir, catalog) = fresh().await;
        let id = heard(&catalog, 1).await;
        catalog.stop_stream("default", "stream1", Some(8), NOW + 1, NOW).await.expect("told");
        if died_after != "told" {
            catalog.take_commands(id).await.expect("taken");
            catalog.capture_ended(id, None, revoked(), NOW + 5).await.expect("ended");
        }
        if ["claimed", "done"].contains(&died_after) {
            let purge = catalog.claim_purge(NOW + 10).await.expect("claimed").expect("a purge waits");
            if died_after == "done" {
                catalog.purge_done(&purge, Purged::default(), NOW + 11).await.expect("done");
            }
        }
        // What a killed process leaves: the log of the database with whatever is in it.
        let left = tempfile::tempdir().expect("a directory");
        for name in ["catalog.sqlite", "catalog.sqlite-wal", "seal.key"] {
            fs::copy(dir.path().join(name), left.path().join(name)).expect("copied");
        }
        let next = Catalog::open(left.path()).await.expect("the next process");
        next.release_claims(NOW).await.expect("released");
        if died_after == "told" {
            taken_up(&next, id).await;
            let told = next.take_commands(id).await.expect("taken");
            assert_eq!(told, [Command::Stopped { reason: Some(8) }]);
            next.capture_ended(id, None, revoked(), NOW + 21).await.expect("ended");
        } else {
            assert!(next.take_up(id, Epoch(0)).await.expect("claimed").is_none());
        }
        assert!(next.claim_render(NOW + 1_000).await.expect("claimed").is_none(), "{died_after}");
        let purge = next.claim_purge(NOW + 1_000).await.expect("claimed");
        assert_eq!(purge.is_none(), died_after == "done");
        if let Some(purge) = purge {
            next.purge_done(&purge, Purged::default(), NOW + 1_001).await.expect("done");
        }
        assert!(!is_somewhere(left.path()), "{died_after}");
        let deletion = next.deletion(id).await.expect("read").expect("an audit");
        assert!(deletion.finished_at_unix_ms.is_some(), "{died_after}");
        assert_eq!(deletion.events, 50, "{died_after}");
    }
}

#[tokio::test]
async fn the_log_of_a_process_that_died_is_emptied_before_anything_else() {
    let (dir, catalog) = fresh().await;
    let id = heard(&catalog, 1).await;
    catalog.capture_ended(id, None, revoked(), NOW + 5).await.expect("ended");
    let left = tempfile::tempdir().expect("a directory");
    for name in ["catalog.sqlite", "catalog.sqlite-wal", "seal.key"] {
        fs::copy(dir.path().join(name), left.path().join(name)).expect("copied");
    }
    assert!(is_somewhere(left.path()), "the control: the log holds it");
    let _next = Catalog::open(left.path()).await.expect("the next process");
    assert!(!is_somewhere(left.path()));
}

#[tokio::test]
async fn a_purge_is_not_finished_while_somebody_reads_what_it_removed() {
    let (dir, catalog) = fresh().await;
    let id = heard(&catalog, 1).await;
    let mut reader = catalog.read().await.expect("a read");
    sqlx::query("SELECT count(*) FROM event").fetch_one(&mut *reader).await.expect("a state is read");
    catalog.capture_ended(id, None, revoked(), NOW + 5).await.expect("ended");
    let purge = catalog.claim_purge(NOW + 10).await.expect("claimed").expect("a purge waits");
    let refused = catalog.purge_done(&purge, Purged::default(), NOW + 11).await;
    assert!(matches!(refused, Err(crate::CatalogError::LogInUse)), "{refused:?}");
    assert!(catalog.deletion(id).await.expect("read").expect("an audit").finished_at_unix_ms.is_none());
    drop(reader);
    catalog.purge_failed(purge.id, "catalog_log_in_use", NOW + 12).await.expect("taken back");
    let purge = catalog.claim_purge(NOW + 2_000).await.expect("claimed").expect("it is tried again");
    catalog.purge_done(&purge, Purged::default(), NOW + 2_001).await.expect("done");
    assert!(!is_somewhere(dir.path()));
}

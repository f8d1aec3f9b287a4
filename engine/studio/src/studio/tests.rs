use std::{fs, path::Path};

use model::{ArtifactState, CaptureStatus, Retention, Room, Space};

use super::*;
use crate::{StudioError, fixture::*};

mod followed;
mod lives;
mod sound;

fn running(recording: RecordingId, leash: Arc<Leash>) -> Running {
    Running { recording, makes: Vec::new(), edition: None, leash }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_on_the_disk_holds_a_word_of_a_recording_whose_consent_was_withdrawn() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let id = start(&catalog, 1).await;
    write_log(dir.path(), id, 0, CANARY).await;
    end(&catalog, id).await;
    render(dir.path(), &catalog, &store).await;
    assert!(everything_below(&dir.path().join("store")).contains(CANARY), "the control: it was made");
    assert!(everything_below(&dir.path().join("captures")).contains(CANARY), "the control: it was captured");

    assert!(catalog.revoke(id, unix_ms()).await.unwrap());
    let job = catalog.claim_purge(unix_ms()).await.unwrap().expect("a purge waits");
    let settings = desk(dir.path(), &catalog, &store).settings;
    purge(job, settings, catalog.clone(), store.clone(), Hub::new()).await;
    assert!(!everything_below(dir.path()).contains(CANARY));
    let deletion = catalog.deletion(id).await.unwrap().expect("an audit");
    assert!(deletion.finished_at_unix_ms.is_some() && deletion.purged.files >= 4, "{deletion:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_the_process_dies_nothing_is_left_once_the_next_one_has_run_the_purge() {
    for died_after in ["revoked", "claimed", "removed", "finished"] {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(dir.path()).await.unwrap();
        let store = Store::open(&dir.path().join("store")).unwrap();
        let (id, sibling) = (start(&catalog, 1).await, start(&catalog, 2).await);
        for capture in [id, sibling] {
            write_log(dir.path(), capture, 0, CANARY).await;
            end(&catalog, capture).await;
        }
        render(dir.path(), &catalog, &store).await;
        // A render of another attempt died in the middle of its file.
        let recording = catalog.capture(id).await.unwrap().unwrap().recording.unwrap().id;
        fs::write(store.staging_of(recording), CANARY).unwrap();

        assert!(catalog.revoke(id, unix_ms()).await.unwrap());
        let settings = desk(dir.path(), &catalog, &store).settings;
        if died_after != "revoked" {
            let job = catalog.claim_purge(unix_ms()).await.unwrap().expect("a purge waits");
            match died_after {
                "removed" => drop(crate::purge::remove(&job, &settings, &store).await.unwrap()),
                "finished" => purge(job, settings.clone(), catalog.clone(), store.clone(), Hub::new()).await,
                _ => {}
            }
        }
        catalog.close().await;
        drop((catalog, store));

        let catalog = Catalog::open(dir.path()).await.unwrap();
        let store = Store::open(&dir.path().join("store")).unwrap();
        catalog.release_claims(1).await.unwrap();
        let left = catalog.claim_purge(unix_ms()).await.unwrap();
        assert_eq!(left.is_none(), died_after == "finished");
        if let Some(job) = left {
            assert_eq!(job.captures, [id, sibling]);
            purge(job, settings, catalog.clone(), store.clone(), Hub::new()).await;
        }
        assert!(!everything_below(dir.path()).contains(CANARY), "{died_after}");
        for capture in [id, sibling] {
            assert_eq!(states(&catalog, capture).await.0, CaptureStatus::Done, "{died_after}");
            assert!(catalog.deletion(capture).await.unwrap().unwrap().finished_at_unix_ms.is_some(), "{died_after}");
        }
        assert!(catalog.claim_render(unix_ms() + 60_000).await.unwrap().is_none(), "{died_after}");
    }
}

#[tokio::test]
async fn a_render_that_ends_without_a_word_does_not_hold_up_a_deletion() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let mut studio = Studio::new(settings(dir.path()), catalog, store, Hub::new());
    let recording = RecordingId::new(1, [1; 10]);
    let task = studio.renders.spawn(std::future::pending());
    studio.running.insert(task.id(), running(recording, Arc::default()));
    assert_eq!(studio.leashes(recording).count(), 1);
    task.abort();
    let ended = studio.renders.join_next_with_id().await.unwrap();
    assert!(ended.is_err(), "it said nothing");
    studio.bury(ended);
    assert_eq!(studio.leashes(recording).count(), 0);
}

#[tokio::test]
async fn a_deletion_calls_off_the_render_that_runs_and_comes_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let id = start(&catalog, 1).await;
    write_log(dir.path(), id, 0, CANARY).await;
    end(&catalog, id).await;
    let job = catalog.claim_render(unix_ms()).await.unwrap().expect("a render waits");
    let recording = job.capture.recording.as_ref().unwrap().id;
    let mut studio = Studio::new(settings(dir.path()), catalog.clone(), store, Hub::new());
    let leash = Arc::<Leash>::default();
    let task = studio.renders.spawn(async {});
    studio.running.insert(task.id(), running(recording, Arc::clone(&leash)));

    assert!(catalog.revoke(id, unix_ms()).await.unwrap());
    studio.claim_purges().await;
    assert!(matches!(leash.check(), Err(StudioError::CalledOff)));
    assert!(studio.purges.is_empty());
    assert!(everything_below(&dir.path().join("captures")).contains(CANARY));
    let ended = studio.renders.join_next_with_id().await.unwrap();
    studio.bury(ended);
    // Put off by a second, which is not waited for here.
    let purge_job = catalog.claim_purge(unix_ms() + 2_000).await.unwrap().expect("it is tried again");
    purge(purge_job, Arc::clone(&studio.settings), catalog, studio.store.clone(), Hub::new()).await;
    assert!(!everything_below(dir.path()).contains(CANARY));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_disk_that_is_nearly_full_renders_wait_and_those_that_run_let_go_until_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let id = start(&catalog, 1).await;
    write_log(dir.path(), id, 0, "Good morning").await;
    end(&catalog, id).await;
    let hub = Hub::new();
    let mut studio = Studio::new(settings(dir.path()), catalog.clone(), store.clone(), hub.clone());
    let leash = Arc::<Leash>::default();
    let task = studio.renders.spawn(async {});
    studio.running.insert(task.id(), running(RecordingId::new(9, [9; 10]), Arc::clone(&leash)));

    hub.capacity().set(Space::Critical, Room::UNBOUNDED);
    studio.claim_renders().await;
    assert!(matches!(leash.check(), Err(StudioError::HeldBack)));
    let ended = studio.renders.join_next_with_id().await.unwrap();
    studio.bury(ended);
    studio.claim_renders().await;
    assert!(studio.renders.is_empty());
    // One that runs and lets go has its job claimed again later, and has made nothing.
    let job = catalog.claim_render(unix_ms()).await.unwrap().expect("nobody has claimed it");
    desk(dir.path(), &catalog, &store).run(job, leash).await;
    assert_eq!(everything_below(&dir.path().join("store/objects")), "");
    assert!(states(&catalog, id).await.1.iter().all(|state| *state == ArtifactState::Processing));

    hub.capacity().set(Space::Scarce, Room::UNBOUNDED);
    let job = catalog.claim_render(unix_ms() + 60_000).await.unwrap().expect("it waits for another attempt");
    desk(dir.path(), &catalog, &store).run(job, Arc::default()).await;
    assert_eq!(states(&catalog, id).await.0, CaptureStatus::Done);
}

#[tokio::test]
async fn an_edition_makes_way_for_a_meeting_that_ended_where_there_is_no_other_place() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let mut studio = Studio::new(settings(dir.path()), catalog.clone(), store, Hub::new());
    let leash = Arc::<Leash>::default();
    let task = studio.renders.spawn(std::future::pending());
    let edition = Some(ArtifactId::new(1, [1; 10]));
    let recording = RecordingId::new(9, [9; 10]);
    let running = Running { recording, makes: edition.into_iter().collect(), edition, leash: Arc::clone(&leash) };
    studio.running.insert(task.id(), running);
    studio.claim_renders().await;
    leash.check().unwrap();
    ended(&catalog).await;
    studio.claim_renders().await;
    assert!(matches!(leash.check(), Err(StudioError::HeldBack)));
}

#[tokio::test]
async fn the_files_of_one_artifact_go_without_stopping_a_render_and_wait_for_one_that_makes_it() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let mut studio = Studio::new(settings(dir.path()), catalog.clone(), store, Hub::new());
    let id = ended(&catalog).await;
    let recording = catalog.capture(id).await.unwrap().unwrap().recording.unwrap();
    let (made, other) = (recording.artifacts[0].id, recording.artifacts[1].id);
    let leash = Arc::<Leash>::default();
    let task = studio.renders.spawn(std::future::pending());
    let makes = Running { recording: recording.id, makes: vec![made], edition: None, leash: Arc::clone(&leash) };
    studio.running.insert(task.id(), makes);

    assert!(catalog.discard_artifact(other, unix_ms()).await.unwrap());
    studio.claim_purges().await;
    assert!(studio.purges.join_next().await.is_some(), "nobody makes it");
    assert!(catalog.discard_artifact(made, unix_ms()).await.unwrap());
    studio.claim_purges().await;
    assert!(studio.purges.is_empty(), "it is being made");
    leash.check().expect("whoever makes others too goes on");

    // The control: of a recording that is deleted nothing is made any more.
    assert!(catalog.discard(id, unix_ms()).await.unwrap().is_empty());
    studio.claim_purges().await;
    assert!(matches!(leash.check(), Err(StudioError::CalledOff)));
}

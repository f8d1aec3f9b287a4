use std::{fs, path::Path};

use catalog::{Catalog, Ordered};
use model::{
    ArtifactId, ArtifactState, CaptureId, CaptureStatus, Edition, Excerpt, ParticipantId, RecordingId, RecordingState,
};
use store::{ObjectKey, Store};

use super::*;
use crate::fixture::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_found_no_place_on_the_disk_is_made_in_another_attempt() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let id = ended(&catalog).await;
    let store = Store::open(&dir.path().join("store")).unwrap();
    let incoming = dir.path().join("store/incoming");

    fs::remove_dir(&incoming).unwrap();
    let job = catalog.claim_render(unix_ms()).await.unwrap().unwrap();
    desk(dir.path(), &catalog, &store).run(job, Arc::default()).await;
    assert_eq!(states(&catalog, id).await, (CaptureStatus::CallEnded, vec![ArtifactState::Processing; 3]));

    fs::create_dir(&incoming).unwrap();
    let later = unix_ms() + 60_000;
    let job = catalog.claim_render(later).await.unwrap().expect("the job waits for its second attempt");
    desk(dir.path(), &catalog, &store).run(job, Arc::default()).await;
    assert_eq!(states(&catalog, id).await, (CaptureStatus::Done, vec![ArtifactState::Done; 3]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_of_one_meeting_make_one_transcript() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let first = start(&catalog, 1).await;
    write_log(dir.path(), first, 0, "Before the stop").await;
    end(&catalog, first).await;
    let alone = render(dir.path(), &catalog, &store).await;
    assert!(alone.contains("Before the stop") && !alone.contains("After it"));

    let second = start(&catalog, 2).await;
    write_log(dir.path(), second, 20, "After it").await;
    end(&catalog, second).await;
    let both = render(dir.path(), &catalog, &store).await;
    assert!(both.contains("Before the stop") && both.contains("After it"));
    for id in [first, second] {
        assert_eq!(states(&catalog, id).await, (CaptureStatus::Done, vec![ArtifactState::Done; 3]));
    }
    let recording = catalog.capture(second).await.unwrap().unwrap().recording.unwrap();
    let (from, to) = (recording.started_at.unwrap(), recording.completed_at.unwrap());
    assert_eq!(to.unix_ms() - from.unix_ms(), 22_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_render_that_is_called_off_publishes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let id = start(&catalog, 1).await;
    write_log(dir.path(), id, 0, CANARY).await;
    end(&catalog, id).await;
    let job = catalog.claim_render(unix_ms()).await.unwrap().expect("a render waits");
    desk(dir.path(), &catalog, &store).run(job, called_off()).await;
    assert_eq!(everything_below(&dir.path().join("store/objects")), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_render_during_which_the_process_died_ten_times_is_given_up_and_one_death_less_is_none_too_many() {
    for (deaths, expected) in [(DEATHS - 1, ArtifactState::Done), (DEATHS, ArtifactState::Failed)] {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(dir.path()).await.unwrap();
        let id = ended(&catalog).await;
        let store = Store::open(&dir.path().join("store")).unwrap();
        let mut now = unix_ms();
        for _ in 0..deaths {
            catalog.claim_render(now).await.unwrap().unwrap();
            catalog.release_claims(now).await.unwrap();
            now += 300_000;
        }
        let job = catalog.claim_render(now).await.unwrap().unwrap();
        desk(dir.path(), &catalog, &store).run(job, Arc::default()).await;
        assert_eq!(states(&catalog, id).await, (CaptureStatus::Done, vec![expected; 3]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_whose_render_is_given_up_is_never_called_complete() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let (id, earlier) = (start(&catalog, 1).await, start(&catalog, 2).await);
    for capture in [id, earlier] {
        end(&catalog, capture).await;
    }
    let give_up = async |gap_ms: u64| {
        let job = catalog.claim_render(unix_ms() + 600_000).await.unwrap().expect("a render waits");
        let failed = |may_pass| Failed { code: "render_panicked".to_owned(), may_pass, reason: "a test".to_owned() };
        desk(dir.path(), &catalog, &store).fail(&job, &failed(true)).await.unwrap();
        let put_off = quality(&catalog, id).await;
        let mut job = catalog.claim_render(unix_ms() + 600_000).await.unwrap().expect("it is tried again");
        job.attempts = ATTEMPTS;
        if gap_ms > 0 {
            let gap_ms = BTreeMap::from([(model::LossCause::Ours, gap_ms)]);
            job.capture.recording.as_mut().unwrap().quality = Some(RecordingQuality { grade: Grade::Complete, gap_ms });
        }
        desk(dir.path(), &catalog, &store).fail(&job, &failed(false)).await.unwrap();
        (put_off, quality(&catalog, id).await.unwrap())
    };
    let (put_off, given_up) = give_up(0).await;
    assert_eq!(put_off, None, "it is to be tried again");
    assert_eq!((given_up.grade, given_up.gap_ms.len()), (Grade::Failed, 0));
    let third = start(&catalog, 3).await;
    end(&catalog, third).await;
    let (_, given_up) = give_up(40).await;
    assert_eq!(given_up.grade, Grade::Partial, "what an earlier render made is there");
    assert_eq!(given_up.gap_ms.get(&model::LossCause::Ours), Some(&40));
}

/// A capture whose words lie in a log and whose transcript was made.
async fn made(dir: &Path, catalog: &Catalog, store: &Store) -> RecordingId {
    let id = start(catalog, 1).await;
    write_log(dir, id, 0, "Good morning").await;
    end(catalog, id).await;
    render(dir, catalog, store).await;
    catalog.capture(id).await.unwrap().unwrap().recording.unwrap().id
}

async fn ordered(catalog: &Catalog, recording: RecordingId, to_ms: u64) -> (ArtifactId, RenderJob) {
    let excerpt = Excerpt { to_ms: Some(to_ms), ..Excerpt::default() };
    let edition = Edition { excerpt, ..Edition::default() };
    let Ordered::Queued(artifact) = catalog.order_edition(recording, edition, unix_ms()).await.unwrap() else {
        panic!("it is refused");
    };
    (artifact, catalog.claim_edition(unix_ms()).await.unwrap().expect("an edition waits"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edition_holds_the_stretch_that_was_ordered_and_judges_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let recording = made(dir.path(), &catalog, &store).await;
    let before = catalog.capture(CaptureId::new(1, [1; 10])).await.unwrap().unwrap().recording.unwrap();
    let (artifact, job) = ordered(&catalog, recording, 300).await;
    let desk = desk(dir.path(), &catalog, &store);
    let progress = desk.hub.progress().clone();
    desk.run(job, Arc::default()).await;
    assert_eq!(progress.of(artifact), None, "nothing is being made any more");
    let (edition, ..) = catalog.artifact(artifact).await.unwrap().unwrap();
    assert_eq!((edition.state, edition.sub_code), (ArtifactState::Done, None));
    let key = ObjectKey::new(recording, artifact, &edition.files[0].name).unwrap();
    let (file, ..) = store.open_read(&key).await.unwrap();
    let copy = dir.path().join("copy.mp4");
    fs::write(&copy, read_all(file).await).unwrap();
    assert_eq!(crate::read_mp4(&copy).unwrap().seconds, 0.3);
    let mut after = catalog.capture(CaptureId::new(1, [1; 10])).await.unwrap().unwrap().recording.unwrap();
    after.artifacts.pop();
    assert_eq!(after, before);
}

async fn read_all(mut file: tokio::fs::File) -> Vec<u8> {
    let mut bytes = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut file, &mut bytes).await.unwrap();
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edition_of_nobody_fails_with_a_code_and_leaves_the_recording_done() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let recording = made(dir.path(), &catalog, &store).await;
    let edition = Edition {
        excerpt: Excerpt { without: [ParticipantId(99)].into(), ..Excerpt::default() },
        ..Edition::default()
    };
    let Ordered::Queued(artifact) = catalog.order_edition(recording, edition, unix_ms()).await.unwrap() else {
        panic!("it is refused");
    };
    let job = catalog.claim_edition(unix_ms()).await.unwrap().expect("an edition waits");
    desk(dir.path(), &catalog, &store).run(job, Arc::default()).await;
    let (edition, ..) = catalog.artifact(artifact).await.unwrap().unwrap();
    assert_eq!(
        (edition.state, edition.sub_code.as_deref()),
        (ArtifactState::Failed, Some("excerpt_unknown_participant"))
    );
    let recording = catalog.capture(CaptureId::new(1, [1; 10])).await.unwrap().unwrap().recording.unwrap();
    assert_eq!(recording.state, RecordingState::Done);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edition_that_is_called_off_while_it_is_told_leaves_no_file() {
    for called_off in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(dir.path()).await.unwrap();
        let store = Store::open(&dir.path().join("store")).unwrap();
        let recording = made(dir.path(), &catalog, &store).await;
        let (artifact, job) = ordered(&catalog, recording, 200).await;
        if called_off {
            // Nobody has told the render yet.
            assert!(catalog.give_up_edition(artifact, unix_ms()).await.unwrap());
        }
        desk(dir.path(), &catalog, &store).run(job, Arc::default()).await;
        let key = ObjectKey::new(recording, artifact, "video_mixed.mp4").unwrap();
        assert_eq!(store.open_read(&key).await.is_err(), called_off);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_stays_of_an_artifact_that_another_attempt_made_more_of() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let id = start(&catalog, 1).await;
    write_log(dir.path(), id, 0, "Good morning").await;
    end(&catalog, id).await;
    let job = catalog.claim_render(unix_ms()).await.unwrap().expect("a render waits");
    let recording = job.capture.recording.as_ref().unwrap().id;
    let surplus = ObjectKey::new(recording, job.artifacts[0].id, "part-0009.mp4").unwrap();
    store.put(&surplus, vec![7], "video/mp4").await.unwrap();
    desk(dir.path(), &catalog, &store).run(job, Arc::default()).await;
    assert!(store.open_read(&surplus).await.is_err());
    assert!(everything_below(&dir.path().join("store/objects")).contains("Good morning"), "the control");
}

use std::{fs, num::NonZeroUsize, path::Path};

use catalog::Outcome;
use journal::{DiskPool, LocalDisk, LogDir, LogSettings, LogWriter};
use media::SourceTime;
use model::{
    ArtifactState, Capture, CaptureStatus, Control, Entry, Epoch, Event, EventBody, NewCapture, Participant,
    ParticipantId, Pii, Record, RecordingConfig, Retention, Room, StreamRef, Utterance,
};

use super::*;

mod lives;
mod sound;

/// A capture that ended and of which only documents are wanted.
async fn ended(catalog: &Catalog) -> CaptureId {
    let id = CaptureId::new(1, [1; 10]);
    let config = RecordingConfig { video_mixed: false, ..RecordingConfig::of_an_app() };
    let new = NewCapture {
        id,
        recording_id: RecordingId::new(1, [1; 10]),
        stream: StreamRef { app: "first".to_owned(), meeting_uuid: "m".to_owned(), stream_id: "s".to_owned() },
        server_urls: "wss://one.example".to_owned(),
        signature: None,
        notice: "{}".to_owned(),
        notice_unix_ms: 1,
        operator: None,
        config,
        metadata: BTreeMap::new(),
        now_unix_ms: 1,
    };
    catalog.start_capture(new).await.unwrap();
    catalog.claim_start(1).await.unwrap().unwrap();
    catalog.recording_started(id, SourceTime::from_unix_ms(1), 1).await.unwrap();
    catalog.capture_ended(id, None, Outcome::Ended { code: "over".to_owned(), message: None }, 1).await.unwrap();
    id
}

fn desk(dir: &Path, catalog: &Catalog, store: &Store) -> Desk {
    let settings = Settings {
        data_dir: dir.to_owned(),
        keep_log_hours: None,
        renders: NonZeroUsize::MIN,
        video: render::Settings::default(),
        sound: render::SoundSettings::default(),
    };
    Desk { settings: Arc::new(settings), catalog: catalog.clone(), store: store.clone(), hub: Hub::new() }
}

fn called_off() -> Arc<Leash> {
    let leash = Leash::default();
    leash.call_off();
    Arc::new(leash)
}

async fn states(catalog: &Catalog, id: CaptureId) -> (CaptureStatus, Vec<ArtifactState>) {
    let capture: Capture = catalog.capture(id).await.unwrap().unwrap();
    let artifacts = capture.recording.as_ref().unwrap().artifacts.iter().map(|artifact| artifact.state).collect();
    (capture.latest().status, artifacts)
}

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

const CANARY: &str = "Nobody must read this again";

/// The start of stream `n` of one meeting, of which only documents are wanted.
async fn start(catalog: &Catalog, n: u8) -> CaptureId {
    start_kept(catalog, n, Retention::Forever).await
}

/// The same, kept for as long as that.
async fn start_kept(catalog: &Catalog, n: u8, retention: Retention) -> CaptureId {
    let id = CaptureId::new(u64::from(n), [n; 10]);
    let new = NewCapture {
        id,
        recording_id: RecordingId::new(u64::from(n), [n; 10]),
        stream: StreamRef { app: "first".to_owned(), meeting_uuid: "m".to_owned(), stream_id: format!("s{n}") },
        server_urls: "wss://one.example".to_owned(),
        signature: None,
        notice: "{}".to_owned(),
        notice_unix_ms: 1,
        operator: Some("user".to_owned()),
        config: RecordingConfig { video_mixed: false, retention, ..RecordingConfig::of_an_app() },
        metadata: BTreeMap::new(),
        now_unix_ms: i64::from(n),
    };
    catalog.start_capture(new).await.unwrap();
    catalog.claim_start(1_000).await.unwrap().unwrap();
    catalog.recording_started(id, SourceTime::from_unix_ms(1), 1).await.unwrap();
    id
}

/// Writes the log of a capture: somebody says `text` at a second, and the stream ends two seconds later.
async fn write_log(data: &Path, id: CaptureId, second: i64, text: &str) {
    let (pool, now) = (DiskPool::start(Arc::new(LocalDisk), 1).unwrap(), Instant::now());
    let mut log = LogWriter::open(LogDir::of(data, id), pool, LogSettings::default(), Epoch(1), now).unwrap();
    let at = |ms: i64| SourceTime::from_unix_ms(1_767_225_600_000 + second * 1_000 + ms);
    let utterance = Utterance {
        speaker: Some(Participant { id: ParticipantId(7), name: None }),
        text: Pii::new(text.to_owned()),
        start: at(0),
        end: at(1_000),
        language: None,
    };
    let said = Event { at: at(0), body: EventBody::Transcript(utterance) };
    let over = Control::Ended { code: "over".to_owned(), cut_short: false, stop_reason: Some(2), at: Some(at(2_000)) };
    for entry in [Entry::Control(Control::FirstPacket { at: at(0) }), Entry::Event(said), Entry::Control(over)] {
        log.append(&Record { arrived_unix_ns: 1, epoch: Epoch(1), entry }, now).unwrap();
    }
    log.close().await.unwrap();
}

async fn end(catalog: &Catalog, id: CaptureId) {
    catalog.capture_ended(id, None, Outcome::Ended { code: "over".to_owned(), message: None }, 1).await.unwrap();
}

/// Renders what waits and answers every object of the store as text.
async fn render(data: &Path, catalog: &Catalog, store: &Store) -> String {
    let job = catalog.claim_render(unix_ms()).await.unwrap().expect("a render waits");
    desk(data, catalog, store).run(job, Arc::default()).await;
    everything_below(&data.join("store/objects"))
}

fn everything_below(dir: &Path) -> String {
    let entries = fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path());
    let text = entries.map(|path| {
        if path.is_dir() {
            everything_below(&path)
        } else {
            String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
        }
    });
    text.collect()
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
    let settings = Settings {
        data_dir: dir.path().to_owned(),
        keep_log_hours: None,
        renders: NonZeroUsize::MIN,
        video: render::Settings::default(),
        sound: render::SoundSettings::default(),
    };
    let mut studio = Studio::new(settings, catalog, store, Hub::new());
    let recording = RecordingId::new(1, [1; 10]);
    let task = studio.renders.spawn(std::future::pending());
    studio.running.insert(task.id(), (recording, Arc::default()));
    assert!(studio.leash(recording).is_some());
    task.abort();
    let ended = studio.renders.join_next_with_id().await.unwrap();
    assert!(ended.is_err(), "it said nothing");
    studio.bury(ended);
    assert!(studio.leash(recording).is_none());
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
    let settings = Settings {
        data_dir: dir.path().to_owned(),
        keep_log_hours: None,
        renders: NonZeroUsize::MIN,
        video: render::Settings::default(),
        sound: render::SoundSettings::default(),
    };
    let mut studio = Studio::new(settings, catalog.clone(), store, Hub::new());
    let leash = Arc::<Leash>::default();
    let task = studio.renders.spawn(async {});
    studio.running.insert(task.id(), (recording, Arc::clone(&leash)));

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
    let settings = Settings {
        data_dir: dir.path().to_owned(),
        keep_log_hours: None,
        renders: NonZeroUsize::MIN,
        video: render::Settings::default(),
        sound: render::SoundSettings::default(),
    };
    let hub = Hub::new();
    let mut studio = Studio::new(settings, catalog.clone(), store.clone(), hub.clone());
    let leash = Arc::<Leash>::default();
    let task = studio.renders.spawn(async {});
    studio.running.insert(task.id(), (RecordingId::new(9, [9; 10]), Arc::clone(&leash)));

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

async fn quality(catalog: &Catalog, id: CaptureId) -> Option<RecordingQuality> {
    catalog.capture(id).await.unwrap().unwrap().recording.unwrap().quality
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
        let failed = |may_pass| Failed { code: "render_panicked", may_pass, reason: "a test".to_owned() };
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

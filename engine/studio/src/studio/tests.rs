use std::{collections::BTreeMap, fs, num::NonZeroUsize, path::Path};

use catalog::Outcome;
use media::SourceTime;
use model::{ArtifactState, Capture, CaptureStatus, NewCapture, RecordingConfig, StreamRef};

use super::*;

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
    let settings =
        Settings { data_dir: dir.to_owned(), renders: NonZeroUsize::MIN, video: render::Settings::default() };
    Desk { settings: Arc::new(settings), catalog: catalog.clone(), store: store.clone(), hub: Hub::new() }
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
    desk(dir.path(), &catalog, &store).run(job).await;
    assert_eq!(states(&catalog, id).await, (CaptureStatus::CallEnded, vec![ArtifactState::Processing; 3]));

    fs::create_dir(&incoming).unwrap();
    let later = unix_ms() + 60_000;
    let job = catalog.claim_render(later).await.unwrap().expect("the job waits for its second attempt");
    desk(dir.path(), &catalog, &store).run(job).await;
    assert_eq!(states(&catalog, id).await, (CaptureStatus::Done, vec![ArtifactState::Done; 3]));
}

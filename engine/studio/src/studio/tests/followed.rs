//! Meetings that are followed: what ends that before they are over.

use model::{CaptureId, RecordingConfig};

use super::*;

/// A studio that follows one meeting, of which this is the capture.
async fn following(dir: &Path, hub: &Hub) -> (Studio, Catalog, CaptureId) {
    let catalog = Catalog::open(dir).await.unwrap();
    let store = Store::open(&dir.join("store")).unwrap();
    let id = begun(&catalog, 1, RecordingConfig::of_an_app()).await;
    catalog.set_status(id, CaptureStatus::InCallRecording, None, None, 1).await.unwrap();
    Talk::begin(dir, id).say(0..10).await;
    let settings = Settings { rolling: 1, ..settings(dir) };
    let mut studio = Studio::new(settings, catalog.clone(), store, hub.clone());
    studio.roll().await;
    assert_eq!((studio.rolling.len(), staged(dir)), (1, 1), "the control");
    (studio, catalog, id)
}

#[tokio::test]
async fn a_meeting_is_not_followed_while_the_disk_is_nearly_full() {
    let (dir, hub) = (tempfile::tempdir().unwrap(), Hub::new());
    let (mut studio, ..) = following(dir.path(), &hub).await;
    hub.capacity().set(Space::Critical, Room::UNBOUNDED);
    studio.roll().await;
    studio.rolling.gone().await;
    assert_eq!((studio.rolling.len(), staged(dir.path())), (0, 0));
    hub.capacity().set(Space::Ample, Room::UNBOUNDED);
    studio.roll().await;
    assert_eq!(studio.rolling.len(), 1);
}

#[tokio::test]
async fn nothing_is_left_of_what_was_made_of_a_meeting_whose_consent_is_withdrawn() {
    let (dir, hub) = (tempfile::tempdir().unwrap(), Hub::new());
    let (mut studio, catalog, id) = following(dir.path(), &hub).await;
    let revoked = catalog::Outcome::Revoked { code: "zoom_rtms_consent_revoked".to_owned(), message: None };
    catalog.capture_ended(id, None, revoked, unix_ms()).await.unwrap();
    studio.claim_purges().await;
    assert_eq!(studio.rolling.len(), 0);
    studio.rolling.gone().await;
    assert_eq!(staged(dir.path()), 0);
    // The purge waits for whoever might still write, and is claimed again.
    assert!(studio.purges.is_empty());
    let again = catalog.claim_purge(unix_ms() + 60_000).await.unwrap().expect("it was put off");
    assert!(studio.rolling.let_go(again.recording), "nobody is there any more");
}

#[tokio::test]
async fn a_stop_leaves_nobody_who_follows() {
    let (dir, hub) = (tempfile::tempdir().unwrap(), Hub::new());
    let (studio, ..) = following(dir.path(), &hub).await;
    let stop = CancellationToken::new();
    stop.cancel();
    studio.run(stop).await;
    assert_eq!(staged(dir.path()), 0);
}

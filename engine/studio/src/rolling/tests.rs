//! Meetings that are followed by workers on threads.

use std::path::Path;

use catalog::Outcome;
use model::{ArtifactState, RecordingConfig};

use super::*;
use crate::{
    clock::unix_ms,
    fixture::{Talk, begun_in, called_off, desk, settings, staged, states},
};

async fn running(catalog: &Catalog, dir: &Path, n: u8) -> (CaptureId, Talk) {
    let id = begun_in(&format!("m{n}"), catalog, n, RecordingConfig::of_an_app()).await;
    catalog.set_status(id, CaptureStatus::InCallRecording, None, None, 1).await.unwrap();
    let mut talk = Talk::begin(dir, id);
    talk.say(0..10).await;
    (id, talk)
}

async fn over(catalog: &Catalog, id: CaptureId, talk: Talk) {
    talk.end(10).await;
    catalog.capture_ended(id, None, Outcome::Ended { code: "over".to_owned(), message: None }, 1).await.unwrap();
}

struct Place {
    dir: tempfile::TempDir,
    catalog: Catalog,
    store: Store,
}

impl Place {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(dir.path()).await.unwrap();
        let store = Store::open(&dir.path().join("store")).unwrap();
        Self { dir, catalog, store }
    }

    fn rolling(&self, places: usize) -> Rolling {
        let settings = Settings { rolling: places, ..settings(self.dir.path()) };
        Rolling::new(Arc::new(settings), self.catalog.clone(), self.store.clone())
    }
}

#[tokio::test]
async fn whoever_followed_a_meeting_makes_its_recording() {
    let place = Place::new().await;
    let dir = place.dir.path();
    let mut rolling = place.rolling(1);
    let (id, talk) = running(&place.catalog, dir, 1).await;
    rolling.look().await.unwrap();
    assert_eq!((rolling.followed.len(), staged(dir)), (1, 1));
    over(&place.catalog, id, talk).await;
    rolling.look().await.unwrap();
    let job = place.catalog.claim_render(unix_ms()).await.unwrap().expect("a render waits");
    let rolled = rolling.take(&job);
    assert!(rolled.is_some());
    let mut desk = desk(dir, &place.catalog, &place.store);
    desk.rolled = rolled;
    desk.run(job, Arc::default()).await;
    let (status, artifacts) = states(&place.catalog, id).await;
    assert_eq!(status, CaptureStatus::Done);
    assert!(artifacts.iter().all(|state| *state == ArtifactState::Done), "{artifacts:?}");
    assert_eq!((rolling.followed.len(), staged(dir)), (0, 0));
}

#[tokio::test]
async fn no_more_meetings_are_followed_than_there_are_places() {
    let place = Place::new().await;
    let mut talks = Vec::new();
    for n in 1..=3 {
        talks.push(running(&place.catalog, place.dir.path(), n).await);
    }
    for places in [0, 2] {
        let mut rolling = place.rolling(places);
        rolling.look().await.unwrap();
        rolling.look().await.unwrap();
        assert_eq!(rolling.len(), places);
        rolling.let_all_go();
        rolling.gone().await;
        assert_eq!((rolling.followed.len(), staged(place.dir.path())), (0, 0));
    }
}

#[tokio::test]
async fn a_meeting_that_was_given_up_takes_no_place() {
    let place = Place::new().await;
    let mut rolling = place.rolling(1);
    let (first, _talk) = running(&place.catalog, place.dir.path(), 1).await;
    let (second, _other) = running(&place.catalog, place.dir.path(), 2).await;
    let recording = place.catalog.capture(first).await.unwrap().unwrap().recording.unwrap().id;
    rolling.given_up.insert(recording);
    rolling.look().await.unwrap();
    let followed: Vec<_> = rolling.followed.values().map(|followed| followed.captures.clone()).collect();
    assert_eq!(followed, [vec![second]]);
    assert!(rolling.given_up.contains(&recording), "as long as it goes on");
}

#[tokio::test]
async fn a_meeting_of_which_nothing_is_to_be_made_any_more_is_let_go() {
    let place = Place::new().await;
    let mut rolling = place.rolling(1);
    let (id, talk) = running(&place.catalog, place.dir.path(), 1).await;
    rolling.look().await.unwrap();
    over(&place.catalog, id, talk).await;
    rolling.look().await.unwrap();
    assert_eq!(rolling.followed.len(), 1, "its render waits");
    let job = place.catalog.claim_render(unix_ms()).await.unwrap().expect("a render waits");
    place.catalog.render_failed(&job, "render_panicked", unix_ms(), false).await.unwrap();
    rolling.look().await.unwrap();
    rolling.gone().await;
    assert_eq!((rolling.followed.len(), staged(place.dir.path())), (0, 0));
}

#[tokio::test]
async fn a_recording_that_goes_on_with_another_stream_is_followed_anew() {
    let place = Place::new().await;
    let mut rolling = place.rolling(1);
    let (first, talk) = running(&place.catalog, place.dir.path(), 1).await;
    rolling.look().await.unwrap();
    // Of the same meeting, on behalf of the same user.
    let second = begun_in("m1", &place.catalog, 2, RecordingConfig::of_an_app()).await;
    place.catalog.set_status(second, CaptureStatus::InCallRecording, None, None, 1).await.unwrap();
    Talk::begin(place.dir.path(), second).say(20..30).await;
    over(&place.catalog, first, talk).await;
    rolling.look().await.unwrap();
    rolling.gone().await;
    rolling.look().await.unwrap();
    let followed: Vec<_> = rolling.followed.values().map(|followed| followed.captures.clone()).collect();
    assert_eq!(followed, [vec![first, second]]);
}

#[tokio::test]
async fn whoever_did_not_follow_all_of_a_recording_does_not_make_it() {
    let place = Place::new().await;
    let mut rolling = place.rolling(1);
    let (id, talk) = running(&place.catalog, place.dir.path(), 1).await;
    rolling.look().await.unwrap();
    over(&place.catalog, id, talk).await;
    let mut job = place.catalog.claim_render(unix_ms()).await.unwrap().expect("a render waits");
    job.captures.push(CaptureId::new(9, [9; 10]));
    assert!(rolling.take(&job).is_none());
    rolling.gone().await;
    assert_eq!((rolling.len(), staged(place.dir.path())), (0, 0));
}

#[tokio::test]
async fn a_render_that_is_called_off_before_it_begins_leaves_nothing_of_what_was_rolled() {
    let place = Place::new().await;
    let dir = place.dir.path();
    let mut rolling = place.rolling(1);
    let (id, talk) = running(&place.catalog, dir, 1).await;
    rolling.look().await.unwrap();
    over(&place.catalog, id, talk).await;
    let job = place.catalog.claim_render(unix_ms()).await.unwrap().expect("a render waits");
    let mut desk = desk(dir, &place.catalog, &place.store);
    desk.rolled = rolling.take(&job);
    assert!(desk.rolled.is_some() && staged(dir) == 1, "the control");
    desk.run(job, called_off()).await;
    assert_eq!(staged(dir), 0);
}

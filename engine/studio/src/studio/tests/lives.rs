//! Recordings and capture logs whose time is over.

use super::*;

/// A studio that keeps logs for so many hours.
fn studio_of(dir: &Path, keep_log_hours: Option<u32>, catalog: &Catalog, store: &Store) -> Studio {
    let settings = Settings { keep_log_hours, ..settings(dir) };
    Studio::new(settings, catalog.clone(), store.clone(), Hub::new())
}

/// Gives the studio a believed clock that shows `wall_unix_ms`, and lets it remove what is due.
async fn removes(studio: &mut Studio, wall_unix_ms: i64) {
    let later = Instant::now() + Duration::from_secs(3_600);
    studio.calendar = Calendar::new(wall_unix_ms, later - Duration::from_secs(600));
    studio.give_up(wall_unix_ms, later).await;
    purge_all(studio).await;
}

/// Removes what was given up, whatever the time is.
async fn purge_all(studio: &Studio) {
    while let Some(job) = studio.catalog.claim_purge(i64::MAX).await.unwrap() {
        let settings = Arc::clone(&studio.settings);
        purge(job, settings, studio.catalog.clone(), studio.store.clone(), Hub::new()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_is_removed_hours_after_everything_was_made_of_it_and_what_was_made_stays() {
    for keep_log_hours in [None, Some(3), Some(0)] {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(dir.path()).await.unwrap();
        let store = Store::open(&dir.path().join("store")).unwrap();
        let id = start(&catalog, 1).await;
        write_log(dir.path(), id, 0, CANARY).await;
        end(&catalog, id).await;
        let mut studio = studio_of(dir.path(), keep_log_hours, &catalog, &store);
        removes(&mut studio, i64::MAX / 2).await;
        assert!(everything_below(&dir.path().join("captures")).contains(CANARY), "nothing was made of it yet");
        render(dir.path(), &catalog, &store).await;
        let is_kept = || everything_below(&dir.path().join("captures")).contains(CANARY);

        // A clock that is not believed yet.
        studio.give_up(i64::MAX / 2, Instant::now()).await;
        purge_all(&studio).await;
        assert_eq!(is_kept(), keep_log_hours != Some(0));
        removes(&mut studio, unix_ms() + 3 * 3_600_000 - 60_000).await;
        assert_eq!(is_kept(), keep_log_hours != Some(0));
        removes(&mut studio, unix_ms() + 3 * 3_600_000 + 60_000).await;
        assert_eq!(is_kept(), keep_log_hours.is_none());
        assert!(everything_below(&dir.path().join("store")).contains(CANARY), "what was made stays");
        let recording = catalog.capture(id).await.unwrap().unwrap().recording.unwrap();
        assert_eq!(recording.log_removed_at_unix_ms.is_some(), keep_log_hours.is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_the_process_dies_a_log_that_was_given_up_is_gone_in_the_end() {
    for died_after in ["given_up", "claimed", "removed", "finished"] {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(dir.path()).await.unwrap();
        let store = Store::open(&dir.path().join("store")).unwrap();
        let id = start(&catalog, 1).await;
        write_log(dir.path(), id, 0, CANARY).await;
        end(&catalog, id).await;
        render(dir.path(), &catalog, &store).await;
        retention::give_up(&catalog, Some(0), None, unix_ms()).await.unwrap();
        let settings = desk(dir.path(), &catalog, &store).settings;
        if died_after != "given_up" {
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
        catalog.release_claims(unix_ms()).await.unwrap();
        let mut studio = studio_of(dir.path(), Some(0), &catalog, &store);
        removes(&mut studio, unix_ms()).await;
        assert!(!everything_below(&dir.path().join("captures")).contains(CANARY), "{died_after}");
        assert!(everything_below(&dir.path().join("store")).contains(CANARY), "{died_after}");
        assert_eq!(states(&catalog, id).await, (CaptureStatus::Done, vec![ArtifactState::Done; 3]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn point_13_nothing_on_the_disk_holds_a_word_of_a_recording_whose_time_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(dir.path()).await.unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    let id = start_kept(&catalog, 1, Retention::Timed { hours: 2 }).await;
    write_log(dir.path(), id, 0, CANARY).await;
    end(&catalog, id).await;
    render(dir.path(), &catalog, &store).await;
    let over = catalog.capture(id).await.unwrap().unwrap().recording.unwrap().expires_at_unix_ms.unwrap();
    let mut studio = studio_of(dir.path(), None, &catalog, &store);
    studio.give_up(over, Instant::now()).await;
    assert!(catalog.deletion(id).await.unwrap().is_none(), "the clock is not believed yet");
    removes(&mut studio, over - 1).await;
    assert!(everything_below(dir.path()).contains(CANARY), "a millisecond before");
    removes(&mut studio, over).await;
    assert!(!everything_below(dir.path()).contains(CANARY));
    let deletion = catalog.deletion(id).await.unwrap().expect("an audit");
    assert_eq!(deletion.reason, "media_expired");
    assert!(deletion.finished_at_unix_ms.is_some());
}

use std::{collections::BTreeMap, path::PathBuf, time::SystemTime};

use media::SourceTime;

use super::*;
use crate::{
    Catalog,
    fixture::{NOW, claimed, event, fresh, new_capture, recorded},
};

/// Every file of a directory with what it holds and when it was changed.
fn contents(dir: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let entries = fs::read_dir(dir).expect("listed").map(|entry| entry.expect("an entry").path());
    entries
        .map(|path| {
            let changed = fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("a time");
            (path.clone(), (fs::read(&path).expect("read"), changed))
        })
        .collect()
}

#[tokio::test]
async fn a_directory_that_a_daemon_holds_is_not_looked_at_and_no_daemon_starts_meanwhile() {
    let (dir, catalog) = fresh().await;
    let refused = Snapshot::open(dir.path()).await.map(|_| ());
    assert!(matches!(refused, Err(CatalogError::Locked { .. })), "{refused:?}");
    catalog.close().await;
    let (one, two) =
        (Snapshot::open(dir.path()).await.expect("a look"), Snapshot::open(dir.path()).await.expect("another"));
    assert!(matches!(Catalog::open(dir.path()).await.map(|_| ()), Err(CatalogError::Locked { .. })));
    drop((one, two));
    Catalog::open(dir.path()).await.expect("the directory is free");
}

#[tokio::test]
async fn what_a_dead_process_left_is_seen_whole_and_stays_as_it_is() {
    let (dir, catalog) = fresh().await;
    let done = recorded(&catalog, 1).await;
    let running = claimed(&catalog, 2).await.capture.id;
    catalog.recording_started(running, SourceTime::from_unix_ms(NOW), NOW).await.expect("a recording");
    catalog.append_events(running, vec![event(1, 1, "Ada")]).await.expect("appended");
    catalog.note_crash(running, Epoch(1), NOW).await.expect("noted");
    catalog.start_capture(new_capture(3)).await.expect("admitted");
    assert!(catalog.revoke(done.capture.id, NOW).await.expect("revoked"));
    // A killed process leaves the database's log beside it.
    let left = tempfile::tempdir().expect("a directory");
    for name in ["catalog.sqlite", "catalog.sqlite-wal", "seal.key", "generation", "catalog.lock"] {
        fs::copy(dir.path().join(name), left.path().join(name)).expect("copied");
    }
    let before = contents(left.path());
    let mut snapshot = Snapshot::open(left.path()).await.expect("a look");
    let survey = snapshot.survey(NOW - 1).await.expect("read");
    assert_eq!(snapshot.events(running).await.expect("read"), [event(1, 1, "Ada")]);
    assert_eq!(snapshot.survey(NOW).await.expect("read").captures[1].crashes, 0);
    drop(snapshot);
    assert_eq!(contents(left.path()), before);

    assert_eq!((survey.damages.len(), survey.key), (0, KeyFit::Fits));
    assert_eq!((survey.generation, survey.generation_beside), (1, 1));
    let [deleted, interrupted, new] = &survey.captures[..] else { panic!("{survey:?}") };
    assert_eq!((deleted.status, deleted.purges, deleted.deleted), (CaptureStatus::CallEnded, true, Some(false)));
    assert!(!deleted.renders && !deleted.starts);
    assert_eq!((interrupted.epoch, interrupted.recorded, interrupted.starts), (Epoch(1), true, true));
    assert_eq!((interrupted.crashes, interrupted.deleted), (1, None));
    assert_eq!((new.epoch, new.recorded, new.starts), (Epoch(0), false, true));
    let states: Vec<RecordingState> = survey.recordings.iter().map(|recording| recording.state).collect();
    assert_eq!(states, [RecordingState::Deleted, RecordingState::Processing]);
    assert!(survey.recordings.iter().all(|recording| recording.artifacts.len() == 4));
}

#[tokio::test]
async fn a_key_that_is_missing_or_wrong_is_told_and_none_is_made() {
    let (dir, catalog) = fresh().await;
    catalog.close().await;
    let key = dir.path().join("seal.key");
    for (bytes, expected) in
        [(Some(vec![9; 32]), KeyFit::Wrong), (Some(vec![9; 3]), KeyFit::Wrong), (None, KeyFit::Missing)]
    {
        fs::remove_file(&key).expect("removed");
        if let Some(bytes) = &bytes {
            fs::write(&key, bytes).expect("written");
        }
        let survey = Snapshot::open(dir.path()).await.expect("a look").survey(0).await.expect("read");
        assert_eq!(survey.key, expected);
        assert_eq!(key.exists(), bytes.is_some());
    }
}

#[tokio::test]
async fn a_database_with_a_damaged_index_is_found() {
    let (dir, catalog) = fresh().await;
    catalog
        .write(|db| {
            Box::pin(async move {
                // Rows that one index does not know.
                sqlx::raw_sql(
                    "PRAGMA writable_schema = ON;
                     UPDATE sqlite_schema SET sql = 'CREATE INDEX delivery_by_age ON delivery (key)'
                     WHERE name = 'delivery_by_age';",
                )
                .execute(db)
                .await?;
                Ok(())
            })
        })
        .await
        .expect("written");
    catalog.remember_delivery("one", NOW).await.expect("remembered");
    catalog.close().await;
    let survey = Snapshot::open(dir.path()).await.expect("a look").survey(0).await.expect("read");
    assert!(!survey.damages.is_empty());
}

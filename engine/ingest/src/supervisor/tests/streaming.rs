//! A capture of which nothing is stored, and what its end without an owner leaves on the disk.

use std::{fs, path::Path};

use model::{CaptureStatus, Retention, StatusChange};

use super::*;

/// What is below `captures` of a data directory after a capture that received media was quarantined.
async fn left_by_quarantine(retention: Retention) -> (CaptureStatus, bool) {
    let dir = tempfile::tempdir().expect("a directory");
    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    let latest = quarantined(dir.path(), &catalog, retention).await;
    (latest.status, dir.path().join("captures").exists())
}

/// Ends a capture that received media, whose owner is gone; how it stands then.
async fn quarantined(dir: &Path, catalog: &Catalog, retention: Retention) -> StatusChange {
    let mut new = new_capture("cafe01");
    new.config.retention = retention;
    let capture = new.id;
    catalog.start_capture(new).await.expect("admitted");
    catalog.claim_start(2).await.expect("a catalogue").expect("a start");
    catalog.recording_started(capture, SourceTime::from_unix_ms(1), 1).await.expect("a recording");
    catalog.release_claims(1).await.expect("released");
    let quarantine = Quarantine {
        capture,
        written: Epoch(1),
        keep_revoked: false,
        catalog: catalog.clone(),
        hub: Hub::new(),
        dir: LogDir::of(dir, capture),
        disk: DiskPool::start(Arc::new(LocalDisk), 1).expect("a disk"),
        log: LogSettings::default(),
        stop: CancellationToken::new(),
    };
    quarantine.carry_out().await;
    latest(catalog, capture).await
}

#[tokio::test]
async fn a_capture_of_which_nothing_is_stored_gets_no_log_for_its_end() {
    assert_eq!(left_by_quarantine(Retention::Nothing).await, (CaptureStatus::Done, false));
    assert_eq!(left_by_quarantine(Retention::Forever).await, (CaptureStatus::CallEnded, true), "the control");
}

#[tokio::test]
async fn the_catalogues_own_log_is_emptied_after_the_end_of_a_capture_of_which_nothing_is_stored() {
    let dir = tempfile::tempdir().expect("a directory");
    let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
    let log_bytes = || fs::metadata(dir.path().join("catalog.sqlite-wal")).expect("a log").len();
    quarantined(dir.path(), &catalog, Retention::Nothing).await;
    let emptied = async {
        while log_bytes() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), emptied).await.expect("emptied in time");
}

use std::{sync::Arc, time::Instant};

use journal::{DiskPool, LocalDisk, LogSettings, LogWriter};
use model::{Control, Entry, Epoch, Record};

use super::*;

/// A log of two segments, of one second each.
async fn log_of_two_segments(dir: &LogDir) {
    let pool = DiskPool::start(Arc::new(LocalDisk), 1).unwrap();
    for second in 1..=2 {
        let now = Instant::now();
        let mut log = LogWriter::open(dir.clone(), pool.clone(), LogSettings::default(), Epoch(1), now).unwrap();
        let at = SourceTime::from_unix_ms(second * 1_000);
        let entry = Entry::Control(Control::FirstPacket { at });
        log.append(&Record { arrived_unix_ns: 1, epoch: Epoch(1), entry }, now).unwrap();
        log.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_segment_that_stays_unreadable_is_left_out_after_some_attempts_and_counted() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = LogDir::at(scratch.path());
    log_of_two_segments(&dir).await;
    let mut told = 0;
    let mut read = |attempts| read(vec![dir.clone()], attempts, None, &mut |pieces| told += pieces);
    assert_eq!(read(0).unwrap().counts.unreadable, 0);

    // A directory in place of the file opens and cannot be read.
    std::fs::remove_file(dir.segment(1)).unwrap();
    std::fs::create_dir(dir.segment(1)).unwrap();
    assert!(read(0).is_err());
    let timeline = read(PATIENT_READS).unwrap();
    assert_eq!((timeline.counts.unreadable, timeline.origin.unix_ms(), told), (1, 2_000, 1));
}

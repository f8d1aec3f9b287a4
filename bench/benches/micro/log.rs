//! Appending to a capture log: encoding, chunks and checksums, and the way to a disk that keeps nothing.

use std::{
    future::poll_fn,
    hint::black_box,
    io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use divan::Bencher;
use journal::{Disk, DiskFile, DiskPool, LogDir, LogSettings, LogWriter};
use model::Epoch;
use tokio::runtime;

use crate::{
    meeting::{media_of, payload_bytes},
    work::Work,
};

/// A directory that is never made.
const NOWHERE: &str = "no-such-log";

#[divan::bench]
fn second(bencher: Bencher<'_, '_>) {
    appended().time(bencher);
}

/// A second of a meeting, which ends with its sync. Segments are rolled as in a meeting.
pub(crate) fn appended() -> Work {
    let records = media_of(1);
    let bytes = records.iter().map(|(_, record)| payload_bytes(record)).sum();
    let runtime = runtime::Builder::new_current_thread().build().expect("a runtime without a driver needs nothing");
    let pool = DiskPool::start(Arc::new(Forgetful), 1).expect("a thread can be started");
    let mut now = Instant::now();
    let mut log = LogWriter::open(LogDir::at(NOWHERE), pool, LogSettings::default(), Epoch(1), now)
        .expect("what does not exist has no segments");
    Work::new(records.len(), bytes, move || {
        for (at_ms, record) in &records {
            log.append(black_box(record), now + Duration::from_millis(at_ms.unsigned_abs())).expect("it is media");
        }
        now += Duration::from_secs(1);
        log.tick(now).expect("a chunk can be closed");
        runtime.block_on(poll_fn(|cx| log.poll_synced(cx, now))).expect("this disk takes everything");
    })
}

/// A disk that takes everything, and forgets it.
struct Forgetful;

impl Disk for Forgetful {
    fn create_dir(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn create(&self, _path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(Forgetful))
    }
}

impl DiskFile for Forgetful {
    fn append(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        black_box(parts);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

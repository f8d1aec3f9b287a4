//! Writes records as a capture log, in the time of the meeting instead of the clock's.

use std::{
    future::poll_fn,
    sync::Arc,
    time::{Duration, Instant},
};

use journal::{DiskPool, LocalDisk, LogDir, LogSettings, LogWriter};
use model::{Epoch, Record};

use crate::failure::Failure;

/// Writes them, each with its millisecond since the beginning, as a running capture does: synced and rolled as often.
///
/// # Errors
/// If the disk refuses.
pub(crate) async fn write(dir: &LogDir, records: impl Iterator<Item = (i64, Record)>) -> Result<(), Failure> {
    let pool = DiskPool::start(Arc::new(LocalDisk), 1)?;
    let began = Instant::now();
    let mut log = LogWriter::open(dir.clone(), pool, LogSettings::default(), Epoch(1), began)?;
    for (at_ms, record) in records {
        let now = began + Duration::from_millis(u64::try_from(at_ms)?);
        log.append(&record, now)?;
        if log.next_tick().is_some_and(|due| due <= now) {
            log.tick(now)?;
            poll_fn(|cx| log.poll_synced(cx, now)).await?;
        }
    }
    Ok(log.close().await?)
}

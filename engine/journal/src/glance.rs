//! A glance at a log that somebody is about to take up again: who wrote it last, and when. Whether its capture is over is in
//! `ending`; nothing is written here.

use std::{fs, time::SystemTime};

use model::Epoch;

use crate::{JournalError, LogDir, LogReader};

/// What the newest segments of a log say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// When something was written last, by the clock of the file system.
    pub written: Option<SystemTime>,
    /// The epoch of the owner who wrote last.
    pub epoch: Option<Epoch>,
}

impl LogDir {
    /// Looks at the newest segment, and at older ones only where that has no whole chunk. Costs the reading of one chunk.
    ///
    /// # Errors
    /// [`JournalError::Io`] if the disk refuses.
    pub fn glance(&self) -> Result<Glance, JournalError> {
        let mut glance = Glance::default();
        for number in self.segments()?.into_iter().rev() {
            if glance.written.is_none() {
                let path = self.segment(number);
                let modified = fs::metadata(&path).and_then(|metadata| metadata.modified());
                glance.written = Some(modified.map_err(JournalError::io("look at", &path))?);
            }
            if let Some(stored) = LogReader::segment(self, number).next_record()? {
                glance.epoch = Some(stored.record.epoch);
                break;
            }
        }
        Ok(glance)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Instant};

    use model::{Control, Entry, Record};

    use super::*;
    use crate::{DiskPool, LocalDisk, LogSettings, LogWriter};

    async fn write(dir: &LogDir, epoch: Epoch) {
        let (pool, now) = (DiskPool::start(Arc::new(LocalDisk), 1).expect("threads"), Instant::now());
        let mut log = LogWriter::open(dir.clone(), pool, LogSettings::default(), epoch, now).expect("a log");
        let entry = Entry::Control(Control::Started { notice: "{}".to_owned() });
        log.append(&Record { arrived_unix_ns: 1, epoch, entry }, now).expect("appended");
        log.close().await.expect("closed");
    }

    #[tokio::test]
    async fn the_newest_whole_chunk_tells_whose_turn_it_was() {
        let data = tempfile::tempdir().expect("a directory");
        let dir = LogDir::at(data.path().join("log"));
        assert_eq!(dir.glance().expect("looked"), Glance::default(), "there is no log");
        for epoch in [Epoch(1), Epoch(4)] {
            write(&dir, epoch).await;
            let glance = dir.glance().expect("looked");
            assert_eq!(glance.epoch, Some(epoch));
            assert!(glance.written.is_some_and(|at| at.elapsed().is_ok_and(|ago| ago.as_secs() < 600)));
        }
        // The newest segment was cut before its first chunk was whole.
        let whole = fs::read(dir.segment(2)).expect("a segment");
        for length in [0, 8, 40] {
            fs::write(dir.segment(2), &whole[..length]).expect("cut");
            assert_eq!(dir.glance().expect("looked").epoch, Some(Epoch(1)), "cut at {length}");
        }
    }
}

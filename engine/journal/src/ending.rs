//! Whether a log says that its capture is over. What follows from that is the business of whoever takes captures up again.

use std::{
    fs::File,
    io::{ErrorKind, Read, Seek, SeekFrom},
};

use model::{Control, Entry};

use crate::{JournalError, LogDir, LogReader};

impl LogDir {
    /// The end of the capture, [`Control::Ended`], if its log says so and nobody took it up again since.
    ///
    /// Only the newest segment is read, and only if it was closed in order: whoever writes an end closes the log behind it.
    ///
    /// # Errors
    /// [`JournalError::Io`] if the disk refuses.
    pub fn ending(&self) -> Result<Option<Control>, JournalError> {
        let Some(newest) = self.segments()?.pop() else { return Ok(None) };
        if !self.is_closed(newest)? {
            return Ok(None);
        }
        let mut reader = LogReader::segment(self, newest);
        let mut ending = None;
        while let Some(stored) = reader.next_record()? {
            match stored.record.entry {
                Entry::Control(control @ Control::Ended { .. }) => ending = Some(control),
                Entry::Control(Control::Started { .. }) => ending = None,
                _ => {}
            }
        }
        Ok(ending)
    }

    /// Whether a segment ends as one that was closed does.
    fn is_closed(&self, number: u32) -> Result<bool, JournalError> {
        let path = self.segment(number);
        let mut file = File::open(&path).map_err(JournalError::io("open", &path))?;
        let mut last = [0; mcap::MAGIC.len()];
        let end = SeekFrom::End(-i64::try_from(last.len()).expect("the magic is a few bytes"));
        match file.seek(end).and_then(|_| file.read_exact(&mut last)) {
            Ok(()) => Ok(last == mcap::MAGIC),
            // It is shorter than that.
            Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::UnexpectedEof) => Ok(false),
            Err(error) => Err(JournalError::io("read", &path)(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Arc, time::Instant};

    use model::{Epoch, Record};

    use super::*;
    use crate::{DiskPool, LocalDisk, LogSettings, LogWriter};

    fn started() -> Control {
        Control::Started { notice: "{}".to_owned() }
    }

    fn ended(stop_reason: i64) -> Control {
        Control::Ended { code: "over".to_owned(), cut_short: false, stop_reason: Some(stop_reason), at: None }
    }

    async fn write(dir: &LogDir, controls: Vec<Control>) {
        let (pool, now) = (DiskPool::start(Arc::new(LocalDisk), 1).expect("threads"), Instant::now());
        let mut log = LogWriter::open(dir.clone(), pool, LogSettings::default(), Epoch(1), now).expect("a log");
        for control in controls {
            let record = Record { arrived_unix_ns: 1, epoch: Epoch(1), entry: Entry::Control(control) };
            log.append(&record, now).expect("appended");
        }
        log.close().await.expect("closed");
    }

    #[tokio::test]
    async fn a_log_that_was_closed_behind_an_end_says_so() {
        let data = tempfile::tempdir().expect("a directory");
        let dir = LogDir::at(data.path().join("log"));
        assert_eq!(dir.ending().expect("read"), None, "there is no log");
        write(&dir, vec![started()]).await;
        assert_eq!(dir.ending().expect("read"), None, "it was let go");
        write(&dir, vec![started(), ended(8)]).await;
        assert_eq!(dir.ending().expect("read"), Some(ended(8)));

        let last = dir.segment(2);
        let whole = fs::read(&last).expect("a segment");
        for length in [0, 3, whole.len() / 2, whole.len() - 1] {
            fs::write(&last, &whole[..length]).expect("cut");
            assert_eq!(dir.ending().expect("read"), None, "cut at {length}");
        }
        fs::write(&last, &whole).expect("whole again");
        write(&dir, vec![started()]).await;
        assert_eq!(dir.ending().expect("read"), None, "somebody took it up again");
    }

    #[tokio::test]
    async fn an_end_before_a_new_start_in_one_segment_is_none() {
        let data = tempfile::tempdir().expect("a directory");
        let dir = LogDir::at(data.path().join("log"));
        write(&dir, vec![ended(6), started()]).await;
        assert_eq!(dir.ending().expect("read"), None);
        write(&dir, vec![ended(6), started(), ended(13)]).await;
        assert_eq!(dir.ending().expect("read"), Some(ended(13)));
    }
}

//! Reads a whole log to find out what is wrong with it, and which logs there are. Never writes. What it means that something
//! is missing is the business of whoever compares it with the catalogue.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::SystemTime,
};

use mcap::records::op;
use model::{CaptureId, Epoch, Record};

use crate::{
    JournalError, LogDir, LogReader,
    walk::{self, PREFIX_BYTES},
};

/// What was found in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSurvey {
    /// The numbers of its segments, ascending.
    pub segments: Vec<u32>,
    /// The segments that the disk does not give, with its answer.
    pub unreadable: Vec<(u32, String)>,
    /// The segments of which something that was written once cannot be read.
    pub damaged: Vec<u32>,
    /// The numbers that no segment has although the records of one are missing, as far as is known. One that a disk refused to make
    /// leaves its number free and its records to the next (W6), and is none of them.
    pub missing: Vec<u32>,
    /// The latest epoch of its records.
    pub epoch: Option<Epoch>,
    /// When something was written last, by the clock of the file system.
    pub written: Option<SystemTime>,
    /// Files that are no segments.
    pub strays: Vec<PathBuf>,
}

impl LogDir {
    /// Which captures have a directory below a data directory, and what lies among them that is none.
    ///
    /// # Errors
    /// [`JournalError::Io`] if the directory cannot be listed.
    pub fn all(data_dir: &Path) -> Result<(Vec<CaptureId>, Vec<PathBuf>), JournalError> {
        let (mut captures, mut strays) = (Vec::new(), Vec::new());
        for path in listed(&data_dir.join("captures"))? {
            match path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok()) {
                Some(capture) if path.is_dir() => {
                    captures.push(capture);
                    strays.extend(listed(&path)?.into_iter().filter(|inner| !inner.ends_with("log")));
                }
                _ => strays.push(path),
            }
        }
        captures.sort_unstable();
        Ok((captures, strays))
    }

    /// Reads every segment to its end, and calls `each` with its records. Costs the reading of the whole log.
    ///
    /// # Errors
    /// [`JournalError::Io`] if the directory cannot be listed.
    pub fn survey(&self, each: &mut dyn FnMut(&Record)) -> Result<LogSurvey, JournalError> {
        let segments = self.segments()?;
        let is_segment = |path: &Path| segments.iter().any(|number| self.segment(*number) == *path);
        let mut survey = LogSurvey {
            strays: listed(self.path())?.into_iter().filter(|path| !is_segment(path)).collect(),
            ..LogSurvey::default()
        };
        let mut numbers = Numbers::default();
        for number in &segments {
            let mut reader = LogReader::segment(self, *number);
            numbers.pass(*number);
            loop {
                match reader.next_record() {
                    Ok(Some(stored)) => {
                        numbers.meet(reader.place());
                        survey.epoch = survey.epoch.max(Some(stored.record.epoch));
                        each(&stored.record);
                    }
                    Ok(None) => break,
                    Err(error) => {
                        survey.unreadable.push((*number, error.to_string()));
                        break;
                    }
                }
            }
            let path = self.segment(*number);
            let is_whole = ends_in_order(&path).map_err(JournalError::io("read", &path));
            match is_whole {
                Ok(true) if reader.damaged_chunks() == 0 => {}
                Ok(_) => survey.damaged.push(*number),
                Err(error) if survey.unreadable.iter().all(|(known, _)| known != number) => {
                    survey.unreadable.push((*number, error.to_string()));
                }
                Err(_) => {}
            }
            survey.written = survey.written.max(fs::metadata(&path).and_then(|metadata| metadata.modified()).ok());
        }
        survey.missing = numbers.missing();
        survey.segments = segments;
        Ok(survey)
    }
}

/// Tells numbers of segments that were left free from segments that are gone, by the numbers of the records around them.
#[derive(Default)]
struct Numbers {
    /// The last segment.
    segment: u32,
    /// The writer of the last record, as its first segment, and its number.
    record: Option<(u32, u32)>,
    /// What no segment has since the last record.
    absent: Vec<u32>,
    missing: Vec<u32>,
}

impl Numbers {
    fn pass(&mut self, segment: u32) {
        self.absent.extend(self.segment + 1..segment);
        self.segment = segment;
    }

    /// A record of that writer, as its first segment, with that number.
    fn meet(&mut self, place: Option<(u32, u32)>) {
        let absent = std::mem::take(&mut self.absent);
        if !absent.is_empty() {
            let goes_on = place.zip(Some(self.record)).and_then(|((writer, number), before)| {
                let expected = before.filter(|(last, _)| *last == writer).map_or(0, |(_, last)| last.wrapping_add(1));
                // What was written down again may be met again: numbers wrap.
                (expected.wrapping_sub(number) <= u32::MAX / 2).then_some(writer)
            });
            // A writer that goes on without a hole left free what came after its first segment.
            self.missing.extend(absent.into_iter().filter(|number| goes_on.is_none_or(|writer| *number < writer)));
        }
        self.record = place;
    }

    fn missing(mut self) -> Vec<u32> {
        self.missing.append(&mut self.absent);
        self.missing
    }
}

/// Whether a segment goes on from record to record up to where its writer stopped: to its data's end if it was closed, else to a
/// record that was not written whole. False if it was closed and breaks off before.
fn ends_in_order(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    let magic = mcap::MAGIC.len() as u64;
    if len < magic {
        return Ok(true);
    }
    let mut begin = [0; mcap::MAGIC.len()];
    file.read_exact(&mut begin)?;
    if begin != mcap::MAGIC {
        return Ok(false);
    }
    let mut offset = magic;
    while offset + PREFIX_BYTES as u64 <= len {
        let mut head = [0; PREFIX_BYTES];
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(&mut head)?;
        let (opcode, length) = walk::prefix(&head);
        if opcode == op::DATA_END {
            return Ok(true);
        }
        offset = match offset.checked_add(PREFIX_BYTES as u64).and_then(|offset| offset.checked_add(length)) {
            Some(next) if next <= len => next,
            _ => break,
        };
    }
    let mut end = [0; mcap::MAGIC.len()];
    file.seek(SeekFrom::Start(len - magic))?;
    file.read_exact(&mut end)?;
    // What was closed has the magic at its end as well, and the data's end before it.
    Ok(end != mcap::MAGIC || len == magic)
}

/// What lies in a directory, in order; nothing if it does not exist.
fn listed(dir: &Path) -> Result<Vec<PathBuf>, JournalError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(JournalError::io("list", dir)(error)),
    };
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(JournalError::io("list", dir))?;
    paths.sort_unstable();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Instant};

    use model::{Control, Entry};

    use super::*;
    use crate::{DiskPool, LocalDisk, LogSettings, LogWriter};

    fn id(n: u8) -> CaptureId {
        CaptureId::new(1, [n; 10])
    }

    /// Writes a segment of some notes, in an epoch.
    async fn write(dir: &LogDir, epoch: Epoch) {
        let (pool, now) = (DiskPool::start(Arc::new(LocalDisk), 1).expect("threads"), Instant::now());
        let mut log = LogWriter::open(dir.clone(), pool, LogSettings::default(), epoch, now).expect("a log");
        for n in 0..50 {
            let entry = Entry::Control(Control::Started { notice: format!("notice {n}") });
            log.append(&Record { arrived_unix_ns: 1, epoch, entry }, now).expect("appended");
        }
        log.close().await.expect("closed");
    }

    fn survey(dir: &LogDir) -> (LogSurvey, usize) {
        let mut records = 0;
        let survey = dir.survey(&mut |_| records += 1).expect("read");
        (LogSurvey { written: None, ..survey }, records)
    }

    #[tokio::test]
    async fn a_log_is_read_whole_and_whatever_is_no_segment_is_named() {
        let data = tempfile::tempdir().expect("a directory");
        let dir = LogDir::of(data.path(), id(1));
        assert_eq!(survey(&dir), (LogSurvey::default(), 0), "there is none");
        write(&dir, Epoch(1)).await;
        write(&dir, Epoch(3)).await;
        fs::write(dir.path().join("notes.txt"), "x").expect("written");
        fs::write(dir.path().join("4294967295.mcap"), "x").expect("written");
        fs::write(data.path().join("captures/mine"), "x").expect("written");
        fs::create_dir(dir.path().parent().expect("a capture").join("copy")).expect("made");
        let expected = LogSurvey {
            segments: vec![1, 2],
            epoch: Some(Epoch(3)),
            strays: vec![dir.path().join("4294967295.mcap"), dir.path().join("notes.txt")],
            ..LogSurvey::default()
        };
        assert_eq!(survey(&dir), (expected, 100));
        let copy = data.path().join("captures").join(id(1).to_string()).join("copy");
        assert_eq!(
            LogDir::all(data.path()).expect("listed"),
            (vec![id(1)], vec![copy, data.path().join("captures/mine")])
        );
    }

    #[test]
    fn a_number_that_was_left_free_is_not_missing_and_one_whose_records_are_gone_is() {
        const NONE: [u32; 0] = [];
        /// A segment with the records in it: writer, first number, last number.
        type Written<'a> = (u32, &'a [(u32, u32, u32)]);
        let missing = |segments: &[Written<'_>]| {
            let mut numbers = Numbers::default();
            for (segment, runs) in segments {
                numbers.pass(*segment);
                for (writer, first, last) in *runs {
                    (*first..=*last).for_each(|number| numbers.meet(Some((*writer, number))));
                }
            }
            numbers.missing()
        };
        assert_eq!(missing(&[(1, &[(1, 0, 5)]), (2, &[(1, 6, 9)])]), NONE);
        assert_eq!(missing(&[(1, &[(1, 0, 5)]), (3, &[(1, 6, 9)])]), NONE, "2 was refused");
        assert_eq!(missing(&[(1, &[(1, 0, 5)]), (4, &[(1, 3, 9)])]), NONE, "some of it is in both");
        assert_eq!(missing(&[(3, &[(1, 0, 5)])]), NONE, "the first two were refused");
        assert_eq!(missing(&[(1, &[(1, 0, 5)]), (2, &[]), (4, &[(1, 6, 9)])]), NONE, "2 broke off, 3 was refused");
        assert_eq!(missing(&[(1, &[(1, 0, 5)]), (3, &[(1, 7, 9)])]), [2]);
        assert_eq!(missing(&[(2, &[(1, 1, 5)])]), [1]);
        assert_eq!(
            missing(&[(1, &[(1, 0, 5)]), (3, &[(3, 0, 5)])]),
            [2],
            "it was of the writer before, or refused to it"
        );
        assert_eq!(missing(&[(1, &[(1, 0, 5)]), (5, &[(3, 0, 5)])]), [2], "3 and 4 were refused to the new one");
        assert_eq!(missing(&[(1, &[(1, 0, 5)]), (3, &[])]), [2], "nothing is known");
    }

    #[tokio::test]
    async fn a_segment_that_is_gone_is_missing() {
        let data = tempfile::tempdir().expect("a directory");
        let dir = LogDir::of(data.path(), id(1));
        for epoch in 1..=3 {
            write(&dir, Epoch(epoch)).await;
        }
        assert_eq!(survey(&dir).0.missing, Vec::<u32>::new());
        fs::remove_file(dir.segment(2)).expect("removed");
        assert_eq!(survey(&dir).0.missing, [2]);
    }

    #[tokio::test]
    async fn a_segment_that_a_crash_cut_anywhere_is_in_order_and_any_turned_byte_of_a_record_is_damage() {
        let data = tempfile::tempdir().expect("a directory");
        let dir = LogDir::of(data.path(), id(1));
        write(&dir, Epoch(1)).await;
        let path = dir.segment(1);
        let whole = fs::read(&path).expect("a segment");
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).expect("cut");
            assert_eq!(survey(&dir).0.damaged, Vec::<u32>::new(), "cut at {length}");
        }
        let chunk = whole.windows(9).position(|window| window == b"notice 25").expect("a record");
        // The magic, a length between two records, a payload.
        for at in [0, mcap::MAGIC.len() + 2, mcap::MAGIC.len() + 7, chunk] {
            let mut turned = whole.clone();
            turned[at] ^= 0x40;
            fs::write(&path, &turned).expect("written");
            assert_eq!(survey(&dir).0.damaged, [1], "byte {at}");
        }
        fs::remove_file(&path).expect("removed");
        fs::create_dir(&path).expect("made");
        assert_eq!(survey(&dir).0.unreadable.len(), 1, "the disk does not give it");
    }
}

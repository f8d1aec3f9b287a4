//! Reads a log back: every segment, up to its last whole chunk. Never writes. Payloads by their place are in `payload`.

use std::{
    collections::{HashMap, VecDeque},
    fs::File,
    io::{ErrorKind, Read},
    path::PathBuf,
};

use bytes::Bytes;
use model::{Entry, Epoch, Locator, Record};

use crate::{JournalError, LogDir, decode::Channel, layout::Chain, walk};

/// A record and where its payload lies.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The record. A media frame's payload shares the memory of its chunk.
    pub record: Record,
    /// Where its bytes lie in the log.
    pub locator: Locator,
}

/// Reads the records of a log, or of several that make one recording, in the order in which they were written. Holds one
/// chunk in memory.
#[derive(Debug)]
pub struct LogReader {
    segments: VecDeque<(usize, u32, PathBuf)>,
    /// The place of the log that is being read, the last epoch of those before it, and the last one met so far.
    log: usize,
    epochs_before: u32,
    latest_epoch: u32,
    open: Option<OpenSegment>,
    ready: VecDeque<Stored>,
    damaged_chunks: u64,
}

#[derive(Debug)]
struct OpenSegment {
    number: u32,
    path: PathBuf,
    file: File,
    offset: u64,
    len: u64,
    channels: HashMap<u16, Channel>,
}

impl LogReader {
    /// Opens the log in `dir`; a log without segments is empty.
    ///
    /// # Errors
    /// [`JournalError::Io`] if the directory cannot be listed.
    pub fn open(dir: LogDir) -> Result<Self, JournalError> {
        Self::chained([dir])
    }

    /// Opens several logs, which are read one after the other: epochs and the segments of locators count on.
    ///
    /// # Errors
    /// [`JournalError::Io`] if a directory cannot be listed.
    pub fn chained(dirs: impl IntoIterator<Item = LogDir>) -> Result<Self, JournalError> {
        Ok(Self::of(Chain::of(dirs)?.segments().collect()))
    }

    /// Opens one segment of a log.
    pub(crate) fn segment(dir: &LogDir, number: u32) -> Self {
        Self::of(VecDeque::from([(0, number, dir.segment(number))]))
    }

    fn of(segments: VecDeque<(usize, u32, PathBuf)>) -> Self {
        Self {
            segments,
            log: 0,
            epochs_before: 0,
            latest_epoch: 0,
            open: None,
            ready: VecDeque::new(),
            damaged_chunks: 0,
        }
    }

    /// Chunks that were skipped because their checksum or their structure was wrong.
    pub fn damaged_chunks(&self) -> u64 {
        self.damaged_chunks
    }

    /// The next record, or `None` at the end of the last whole chunk of the last segment.
    ///
    /// # Errors
    /// [`JournalError::Io`] if a segment cannot be read; the next call goes on with the next segment.
    pub fn next_record(&mut self) -> Result<Option<Stored>, JournalError> {
        loop {
            if let Some(mut stored) = self.ready.pop_front() {
                let epoch = self.epochs_before.saturating_add(stored.record.epoch.0);
                self.latest_epoch = self.latest_epoch.max(epoch);
                stored.record.epoch = Epoch(epoch);
                return Ok(Some(stored));
            }
            let Some(mut segment) = self.open.take().map(Ok).or_else(|| self.open_next()).transpose()? else {
                return Ok(None);
            };
            match segment.step(&mut self.ready)? {
                Step::More => self.open = Some(segment),
                Step::Damaged => {
                    self.damaged_chunks += 1;
                    self.open = Some(segment);
                }
                Step::End => {}
            }
        }
    }

    fn open_next(&mut self) -> Option<Result<OpenSegment, JournalError>> {
        let (log, number, path) = self.segments.pop_front()?;
        if log != self.log {
            self.log = log;
            self.epochs_before = self.latest_epoch;
        }
        Some(OpenSegment::open(number, path))
    }
}

enum Step {
    More,
    Damaged,
    End,
}

impl OpenSegment {
    fn open(number: u32, path: PathBuf) -> Result<Self, JournalError> {
        let file = File::open(&path).map_err(JournalError::io("open", &path))?;
        let len = file.metadata().map_err(JournalError::io("read the length of", &path))?.len();
        let mut segment = Self { number, path, file, offset: 0, len, channels: HashMap::new() };
        let mut magic = [0; mcap::MAGIC.len()];
        if !segment.fill(&mut magic)? || magic != mcap::MAGIC {
            segment.len = 0;
        }
        Ok(segment)
    }

    /// Reads exactly the bytes that `buffer` holds; false at the end of what is there.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<bool, JournalError> {
        if self.len.saturating_sub(self.offset) < buffer.len() as u64 {
            return Ok(false);
        }
        match self.file.read_exact(buffer) {
            Ok(()) => {
                self.offset += buffer.len() as u64;
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(JournalError::io("read", &self.path)(error)),
        }
    }

    fn step(&mut self, ready: &mut VecDeque<Stored>) -> Result<Step, JournalError> {
        let mut head = [0; walk::PREFIX_BYTES];
        if !self.fill(&mut head)? {
            return Ok(Step::End);
        }
        let (opcode, length) = walk::prefix(&head);
        let fits = length <= walk::RECORD_LIMIT_BYTES && length <= self.len.saturating_sub(self.offset);
        let at_end = opcode == mcap::records::op::DATA_END;
        let (Ok(length), true, false) = (usize::try_from(length), fits, at_end) else {
            return Ok(Step::End);
        };
        let body_offset = self.offset;
        let mut body = vec![0; length];
        if !self.fill(&mut body)? {
            return Ok(Step::End);
        }
        let body = Bytes::from(body);
        let number = self.number;
        let whole = walk::top_level(opcode, &body, &mut self.channels, &mut |record, offset| {
            let len = match &record.entry {
                Entry::Media(frame) => u32::try_from(frame.payload.len()).unwrap_or(u32::MAX),
                Entry::Event(_) | Entry::Control(_) => 0,
            };
            let locator = Locator { segment: number, offset: body_offset + offset as u64, len };
            ready.push_back(Stored { record, locator });
        });
        Ok(if whole.is_some() { Step::More } else { Step::Damaged })
    }
}

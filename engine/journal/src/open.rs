//! A segment that is being read, from its first byte to its last whole chunk. Which segments follow each other, and which
//! records were met before, is the business of `read`.

use std::{
    collections::VecDeque,
    fs::File,
    io::{ErrorKind, Read, Seek, SeekFrom},
    path::PathBuf,
};

use bytes::Bytes;
use mcap::records::op;
use model::{CaptureId, Entry, Locator, Record};

use crate::{
    JournalError,
    index::Index,
    layout::SegmentFile,
    walk::{self, Channels, Found},
};

/// The length of the record that precedes the index: a checksum.
const DATA_END_BYTES: u64 = 4;

/// A record and where its payload lies.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The record. A media frame's payload shares the memory of its chunk.
    pub record: Record,
    /// Where its bytes lie in the log.
    pub locator: Locator,
}

/// A message as it was met, which may be for the second time.
#[derive(Debug)]
pub(crate) struct Met {
    /// What it is; `None` if this version does not know.
    pub(crate) stored: Option<Stored>,
    /// As in [`Found`].
    pub(crate) sequence: u32,
    /// As in [`Found`].
    pub(crate) since: Option<u32>,
}

/// What a step came upon.
pub(crate) enum Step {
    More,
    Damaged,
    End,
}

/// A segment's file and how far it was read.
#[derive(Debug)]
pub(crate) struct OpenSegment {
    number: u32,
    path: PathBuf,
    file: File,
    offset: u64,
    len: u64,
    channels: Channels,
    /// Whose log it is, where that is known.
    capture: Option<CaptureId>,
    /// The number of the next message; `None` at the beginning and behind damage.
    expected: Option<u32>,
}

impl OpenSegment {
    /// Opens a segment; one that does not begin as a segment does is empty.
    pub(crate) fn open(segment: SegmentFile) -> Result<Self, JournalError> {
        let SegmentFile { number, path, capture, .. } = segment;
        let file = File::open(&path).map_err(JournalError::io("open", &path))?;
        let len = file.metadata().map_err(JournalError::io("read the length of", &path))?.len();
        Ok(Self { number, path, file, offset: 0, len, channels: Channels::new(), capture, expected: None })
    }

    /// Reads the next record of the file, and puts what a chunk holds to `ready`.
    pub(crate) fn step(&mut self, ready: &mut VecDeque<Met>) -> Result<Step, JournalError> {
        if self.offset == 0 {
            let mut magic = [0; mcap::MAGIC.len()];
            return match self.fill(&mut magic)? {
                true if magic == mcap::MAGIC => Ok(Step::More),
                true => self.pass_damage(0, false),
                false => Ok(Step::End),
            };
        }
        let begins = self.offset;
        let mut head = [0; walk::PREFIX_BYTES];
        if !self.fill(&mut head)? {
            return Ok(Step::End);
        }
        let (opcode, length) = walk::prefix(&head);
        if opcode == op::DATA_END && length == DATA_END_BYTES {
            return self.stay_before(begins);
        }
        let fits = length <= walk::RECORD_LIMIT_BYTES && length <= self.len.saturating_sub(self.offset);
        let Some(length) = usize::try_from(length).ok().filter(|_| fits) else {
            // What was being written when the writer died ends so.
            let is_ours = matches!(opcode, op::HEADER | op::CHUNK | op::MESSAGE_INDEX | op::DATA_END | walk::PADDING);
            let torn = is_ours && Index::of(&self.file, self.len).is_none();
            return if torn { self.stay_before(begins) } else { self.pass_damage(begins, false) };
        };
        let body_offset = self.offset;
        let mut body = vec![0; length];
        if !self.fill(&mut body)? {
            return self.stay_before(begins);
        }
        let body = Bytes::from(body);
        let (number, met_before) = (self.number, ready.len());
        let whole = walk::top_level(opcode, &body, &mut self.channels, &mut |found| {
            let Found { record, sequence, since, offset } = found;
            let stored = record.map(|record| {
                let len = match &record.entry {
                    Entry::Media(frame) => u32::try_from(frame.payload.len()).unwrap_or(u32::MAX),
                    Entry::Event(_) | Entry::Control(_) => 0,
                };
                Stored { record, locator: Locator { segment: number, offset: body_offset + offset as u64, len } }
            });
            ready.push_back(Met { stored, sequence, since });
        });
        if !self.belongs_here(ready.range(met_before..)) {
            ready.truncate(met_before);
            return self.pass_damage(begins, false);
        }
        if whole.is_some() {
            Ok(Step::More)
        } else {
            self.pass_damage(begins, matches!(opcode, op::CHUNK | op::MESSAGE_INDEX | walk::PADDING))
        }
    }

    /// Takes note of what was written since it was opened or this was called last: behind [`Step::End`] there may be more.
    pub(crate) fn look_again(&mut self) -> Result<(), JournalError> {
        self.len = self.file.metadata().map_err(JournalError::io("read the length of", &self.path))?.len();
        Ok(())
    }

    /// The record that begins at `begins` is not whole yet, or the last one.
    fn stay_before(&mut self, begins: u64) -> Result<Step, JournalError> {
        self.offset = begins;
        self.file.seek(SeekFrom::Start(begins)).map_err(JournalError::io("read", &self.path))?;
        Ok(Step::End)
    }

    /// Whether a chunk was written to this file. Where a power cut left a file without what was written to it, there may be
    /// what the disk once kept in that place: a whole chunk of another log, of one that was deleted even. Its channels then
    /// say so, or its messages do not go on where those before it ended.
    fn belongs_here<'m>(&mut self, mut met: impl DoubleEndedIterator<Item = &'m Met>) -> bool {
        let is_foreign = |of: Option<CaptureId>| of.is_some() && self.capture.is_some() && of != self.capture;
        let channels = self.channels.len();
        self.channels.retain(|_, channel| !is_foreign(channel.capture));
        let Some(first) = met.next() else { return self.channels.len() == channels };
        let last = met.next_back().unwrap_or(first);
        let goes_on = first.since.is_none() || self.expected.is_none_or(|expected| expected == first.sequence);
        self.expected = Some(last.sequence.wrapping_add(1));
        goes_on && self.channels.len() == channels
    }

    /// Goes on behind the record that begins at `begins` and is damaged: with the next chunk of the index; without an
    /// index right behind the record, if its length can be believed.
    fn pass_damage(&mut self, begins: u64, is_bounded: bool) -> Result<Step, JournalError> {
        match Index::of(&self.file, self.len) {
            Some(index) => {
                self.offset = index.chunk_after(begins).unwrap_or(self.len);
                self.channels.extend(index.channels);
            }
            None if is_bounded => {}
            None => self.offset = self.len,
        }
        self.expected = None;
        self.file.seek(SeekFrom::Start(self.offset)).map_err(JournalError::io("read", &self.path))?;
        Ok(Step::Damaged)
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
}

//! Reads a log back: every segment, up to its last whole chunk, each record once. Never writes. Payloads by their place are
//! in `payload`; the walk through a segment's file is in `open`.

use std::collections::VecDeque;

use model::Epoch;

use crate::{
    JournalError, LogDir,
    layout::{Chain, SegmentFile},
    open::{Met, OpenSegment, Step, Stored},
};

/// Reads the records of a log, or of several that make one recording, in the order in which they were written. Holds one
/// chunk in memory. This is procedure R of `docs/design/durability.md`.
#[derive(Debug)]
pub struct LogReader {
    /// The segments that are still to be opened.
    segments: VecDeque<SegmentFile>,
    /// The logs, of which the last may grow; `None` for a single segment.
    chain: Option<Chain>,
    /// The last segment that there was, read as far as it went.
    tail: Option<OpenSegment>,
    /// The number of the segment that is being read, within its log.
    own: u32,
    /// The place of the log that is being read, the last epoch of those before it, and the last one met so far.
    log: usize,
    epochs_before: u32,
    latest_epoch: u32,
    open: Option<OpenSegment>,
    ready: VecDeque<Met>,
    /// The writer whose records are being read, as the place of its log and its first segment, and the number of the last
    /// of them.
    writer: Option<((usize, u32), u32)>,
    damaged_chunks: u64,
    repeated_records: u64,
    /// Whether damage was counted since the last record.
    is_told: bool,
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
        let chain = Chain::of(dirs)?;
        let segments = chain.segments().collect();
        Ok(Self { chain: Some(chain), ..Self::of(segments) })
    }

    /// The same from a segment on, as locators count them: for whoever knows what came before.
    ///
    /// # Errors
    /// [`JournalError::Io`] if a directory cannot be listed.
    pub fn since(dirs: impl IntoIterator<Item = LogDir>, segment: u32) -> Result<Self, JournalError> {
        let mut reader = Self::chained(dirs)?;
        reader.segments.retain(|file| file.number >= segment);
        Ok(reader)
    }

    /// Takes note of what was written to the last log since it was opened, or since this was called last: where
    /// [`LogReader::next_record`] answered `None`, it goes on. For a log whose writer is at work.
    ///
    /// # Errors
    /// [`JournalError::Io`] if the directory cannot be listed, or a file's length cannot be read.
    pub fn look_again(&mut self) -> Result<(), JournalError> {
        // A segment is done before the next one is made: what is listed first says how far the one before it is read at least.
        if let Some(chain) = &mut self.chain {
            self.segments.extend(chain.look_again()?);
        }
        if let Some(mut tail) = self.tail.take() {
            tail.look_again()?;
            self.open = Some(tail);
        }
        Ok(())
    }

    /// Opens one segment of a log.
    pub(crate) fn segment(dir: &LogDir, number: u32) -> Self {
        Self::of(VecDeque::from([SegmentFile {
            log: 0,
            own: 0,
            number,
            path: dir.segment(number),
            capture: dir.capture(),
        }]))
    }

    fn of(segments: VecDeque<SegmentFile>) -> Self {
        Self {
            segments,
            chain: None,
            tail: None,
            own: 0,
            log: 0,
            epochs_before: 0,
            latest_epoch: 0,
            open: None,
            ready: VecDeque::new(),
            writer: None,
            damaged_chunks: 0,
            repeated_records: 0,
            is_told: false,
        }
    }

    /// Chunks that were skipped because their checksum or their structure was wrong, and holes in the numbers of records
    /// for which no such chunk accounts.
    pub fn damaged_chunks(&self) -> u64 {
        self.damaged_chunks
    }

    /// Records that were met again, because a disk that refused them had kept them nevertheless. What it gives of the first of both may
    /// not be what is on it: once that is read again it may be gone.
    pub fn repeated_records(&self) -> u64 {
        self.repeated_records
    }

    /// Who wrote the last record, as the number of that writer's first segment, and the number of the record; `None` before the
    /// first, and of what was written without numbers.
    pub(crate) fn place(&self) -> Option<(u32, u32)> {
        self.writer.map(|((_, since), number)| (since, number))
    }

    /// The next record, or `None` at the end of the last whole chunk of the last segment.
    ///
    /// # Errors
    /// [`JournalError::Io`] if a segment cannot be read; the next call goes on with the next segment.
    pub fn next_record(&mut self) -> Result<Option<Stored>, JournalError> {
        loop {
            if let Some(met) = self.ready.pop_front() {
                if !self.is_new(&met) {
                    continue;
                }
                let Some(mut stored) = met.stored else { continue };
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
                    self.note_damage();
                    self.open = Some(segment);
                }
                Step::End if self.segments.is_empty() => self.tail = Some(segment),
                Step::End => {}
            }
        }
    }

    /// Whether a record was not met before: a batch that could not be written is written again, and the disk may have kept
    /// it in both places. Numbers that were left out are damage.
    fn is_new(&mut self, met: &Met) -> bool {
        let Some(since) = met.since else { return true };
        let writer = (self.log, since);
        let expected = match self.writer {
            Some((last_writer, last)) if last_writer == writer => last.wrapping_add(1),
            // Whoever reads a single segment meets the middle of a writer.
            _ if self.own <= since => met.sequence,
            _ => 0,
        };
        // Numbers wrap: those of the half before the expected one were met already.
        let ahead = met.sequence.wrapping_sub(expected);
        if ahead > u32::MAX / 2 {
            self.repeated_records += 1;
            return false;
        }
        if ahead > 0 && !self.is_told {
            self.note_damage();
        }
        self.writer = Some((writer, met.sequence));
        self.is_told = false;
        true
    }

    fn note_damage(&mut self) {
        self.damaged_chunks += 1;
        self.is_told = true;
    }

    fn open_next(&mut self) -> Option<Result<OpenSegment, JournalError>> {
        let file = self.segments.pop_front()?;
        let log = file.log;
        self.own = file.own;
        if log != self.log {
            self.log = log;
            self.epochs_before = self.latest_epoch;
        }
        Some(OpenSegment::open(file))
    }
}

//! Appends records to a log without ever waiting for the disk.
//!
//! The owner appends, calls [`LogWriter::tick`] when [`LogWriter::next_tick`] has come, and polls for outcomes. At most
//! one batch is on its way to the disk; what is appended meanwhile waits in memory, up to a bound beyond which `shed` says
//! what is dropped, and the log declares it. A batch that could not be written is taken back from memory and written to the
//! next segment. The steps are procedures O, A, W and F of `docs/design/durability.md`.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use model::{Entry, Epoch, Record, Space};
use tokio::sync::oneshot;

use crate::{
    JournalError, LogDir,
    block::Block,
    cadence::Turns,
    disk::{Batch, DiskFile, DiskPool, Outcome, Target},
    encode::{self, ChannelKey, Writer},
    segment::{MESSAGE_OVERHEAD_BYTES, Segment},
    shed::Shedding,
    walk,
};

/// How often the disk may refuse the end of a log before that is given up.
const CLOSE_ATTEMPTS: u32 = 60;

/// How many channels a segment may have before the next one is begun: each takes memory for as long as its segment is open.
const SEGMENT_CHANNELS: usize = 1024;

/// How often the log has its turn at least while somebody follows it.
const WATCHED_SYNC_EVERY: Duration = Duration::from_millis(150);

/// The limits of a log.
#[derive(Clone, Copy, Debug)]
pub struct LogSettings {
    /// How often the log has its turn to sync, which is how long a record waits at most before it is on its way to the disk;
    /// less once a quarter of `buffer_bytes` waits.
    pub sync_every: Duration,
    /// How long a segment may become.
    pub segment_age: Duration,
    /// How large a segment may become, in bytes.
    pub segment_bytes: u64,
    /// How many bytes may wait for the disk before pictures are dropped, by whole groups; sound goes on to a quarter, words to
    /// three eighths more.
    pub buffer_bytes: usize,
    /// How long the writer waits after the disk refused.
    pub retry_after: Duration,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            sync_every: Duration::from_millis(700),
            segment_age: Duration::from_secs(60),
            segment_bytes: 32 << 20,
            buffer_bytes: 16 << 20,
            retry_after: Duration::from_secs(1),
        }
    }
}

/// A batch became durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Synced {
    /// How many bytes it had.
    pub bytes: usize,
    /// The age of its oldest record when it became durable.
    pub lag: Duration,
}

/// Writes one capture's log.
pub struct LogWriter {
    dir: LogDir,
    pool: DiskPool,
    turns: Turns,
    settings: LogSettings,
    epoch: Epoch,
    writer: Writer,
    number: u32,
    segment: Segment,
    segment_began: Instant,
    /// The file of the segment, once its name is durable and as long as every sync succeeded.
    file: Option<Box<dyn DiskFile>>,
    /// Whether the directories of the log are durable.
    is_placed: bool,
    /// The number of the next record.
    sequence: u32,
    /// When the oldest record was appended that is not on its way.
    oldest: Option<Instant>,
    last_arrival_unix_ns: u64,
    flight: Option<Flight>,
    retry_at: Option<Instant>,
    shed: Shedding,
    is_watched: bool,
}

/// A batch on its way to the disk.
struct Flight {
    outcome: oneshot::Receiver<Outcome>,
    bytes: usize,
    /// When the oldest record in it was appended.
    oldest: Instant,
    /// The segment that it belongs to.
    number: u32,
    /// The channels of that segment, if the batch ends it.
    closed: Option<HashMap<u16, ChannelKey>>,
}

impl LogWriter {
    /// Procedure O: begins the next segment of the log in `dir`; older segments are never written to again. Touches no file
    /// yet, but lists the directory, which a disk that stalls holds up: not for a task that has sockets.
    ///
    /// # Errors
    /// [`JournalError::Io`] if the directory cannot be listed.
    pub fn open(
        dir: LogDir,
        pool: DiskPool,
        settings: LogSettings,
        epoch: Epoch,
        now: Instant,
    ) -> Result<Self, JournalError> {
        let number = dir.segments()?.last().map_or(1, |last| last.saturating_add(1));
        let writer = Writer { since: number, capture: dir.capture() };
        Ok(Self {
            dir,
            turns: pool.join(),
            pool,
            settings,
            epoch,
            writer,
            number,
            segment: Segment::new(writer)?,
            segment_began: now,
            file: None,
            is_placed: false,
            sequence: 0,
            oldest: None,
            last_arrival_unix_ns: 0,
            flight: None,
            retry_at: None,
            shed: Shedding::default(),
            is_watched: false,
        })
    }

    /// Says how much room the volume has, as long as nothing else is said: while there is none, pictures are not kept.
    pub const fn set_space(&mut self, space: Space) {
        self.shed.space = space;
    }

    /// Says whether somebody follows the log as it is written, as long as nothing else is said: then it has its turn more often.
    pub const fn set_watched(&mut self, is_watched: bool) {
        self.is_watched = is_watched;
    }

    /// Procedure A: adds a record. Never waits. One that finds no room is dropped and declared later.
    ///
    /// # Errors
    /// [`JournalError::Encode`] if the record cannot be written down; the log stays usable.
    pub fn append(&mut self, record: &Record, now: Instant) -> Result<(), JournalError> {
        self.last_arrival_unix_ns = record.arrived_unix_ns;
        let data = encode::data(record)?;
        let after = self.waiting_bytes().saturating_add(data.len() + MESSAGE_OVERHEAD_BYTES);
        if self.shed.admits(&record.entry, after, self.settings.buffer_bytes, now) {
            self.write(record, &data, now)
        } else {
            Ok(())
        }
    }

    fn write(&mut self, record: &Record, data: &[u8], now: Instant) -> Result<(), JournalError> {
        self.segment.append(record, data, self.sequence)?;
        self.sequence = self.sequence.wrapping_add(1);
        if self.oldest.is_none() {
            self.oldest = Some(now);
            self.note_wait();
        }
        Ok(())
    }

    /// How many bytes wait for the disk, on their way and not: the room, and the few facts about the capture.
    fn waiting_bytes(&self) -> usize {
        self.segment.open_bytes() + self.flight.as_ref().map_or(0, |flight| flight.bytes)
    }

    fn note_wait(&self) {
        self.turns.waits_since(self.flight.as_ref().map(|flight| flight.oldest).or(self.oldest));
    }

    /// When [`LogWriter::tick`] is due; `None` while there is nothing to be written or a batch is on its way.
    pub fn next_tick(&self) -> Option<Instant> {
        if self.flight.is_some() {
            return None;
        }
        // What comes in a rush, such as the backlog after a reconnect, does not wait until there is no room left.
        let is_rush = self.segment.open_bytes() >= self.settings.buffer_bytes / 4;
        let every =
            if self.is_watched { WATCHED_SYNC_EVERY.min(self.settings.sync_every) } else { self.settings.sync_every };
        let turn = |oldest| if is_rush { oldest } else { self.turns.next(oldest, every) };
        let due = self.oldest.into_iter().chain(self.shed.due()).min().map(turn);
        match (due, self.retry_at) {
            (Some(due), Some(retry)) => Some(due.max(retry)),
            (due, _) => due,
        }
    }

    /// Sends what waits on its way to the disk if it is due.
    ///
    /// # Errors
    /// [`JournalError::Encode`] if the chunk cannot be closed.
    pub fn tick(&mut self, now: Instant) -> Result<(), JournalError> {
        if self.next_tick().is_some_and(|due| now >= due) { self.send(now, false) } else { Ok(()) }
    }

    /// W1: sends the open chunk on its way; with it the end of the segment if that is due, or if `last`.
    fn send(&mut self, now: Instant, last: bool) -> Result<(), JournalError> {
        // A disk that refuses for hours shall not fill memory with what it could not keep: that is told once it takes something.
        let declared = if self.retry_at.is_none() { self.shed.declare(now, !last) } else { Vec::new() };
        for control in declared {
            let (arrived_unix_ns, epoch) = (self.last_arrival_unix_ns, self.epoch);
            let record = Record { arrived_unix_ns, epoch, entry: Entry::Control(control) };
            self.write(&record, &encode::data(&record)?, now)?;
        }
        let mut blocks = self.segment.take()?;
        let old = now.saturating_duration_since(self.segment_began) >= self.settings.segment_age;
        let large = self.segment.bytes() >= self.settings.segment_bytes || self.segment.channels() >= SEGMENT_CHANNELS;
        let number = self.number;
        let closed = if last || old || large {
            let finished = std::mem::replace(&mut self.segment, Segment::new(self.writer)?);
            let keys = finished.keys();
            blocks.extend(finished.finish()?);
            self.number += 1;
            self.segment_began = now;
            Some(keys)
        } else {
            None
        };
        let target = match self.file.take() {
            Some(file) => Target::Open(file),
            None => {
                let dirs = if self.is_placed { Vec::new() } else { self.dir.made() };
                Target::Create { dirs, path: self.dir.segment(number) }
            }
        };
        let (bytes, oldest) = (blocks.iter().map(|block| block.len()).sum(), self.oldest.take().unwrap_or(now));
        let outcome = self.pool.submit(Batch { target, blocks });
        self.flight = Some(Flight { outcome, bytes, oldest, number, closed });
        Ok(())
    }

    /// Waits for the batch on its way; pending for ever while there is none. Nothing of a batch is durable before this says
    /// so (W5).
    ///
    /// # Errors
    /// [`JournalError::Io`] if it could not be written: its records wait in memory for the next segment, and the
    /// next attempt is a second later.
    pub fn poll_synced(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<Result<Synced, JournalError>> {
        let Some(flight) = &mut self.flight else { return Poll::Pending };
        let outcome = ready!(Pin::new(&mut flight.outcome).poll(cx));
        let flight = self.flight.take().expect("the flight was polled above");
        let (failed, source) = match outcome {
            Ok(Outcome { result: Ok(file), blocks }) => {
                self.segment.reuse(blocks);
                self.file = flight.closed.is_none().then_some(file);
                self.is_placed = true;
                self.retry_at = None;
                self.note_wait();
                let lag = now.saturating_duration_since(flight.oldest);
                return Poll::Ready(Ok(Synced { bytes: flight.bytes, lag }));
            }
            Ok(Outcome { blocks, result: Err(source) }) => (blocks, source),
            // Its numbers are missing in the log, which tells its readers.
            Err(_) => (Vec::new(), std::io::Error::other("the disk threads have ended")),
        };
        let path = self.dir.segment(flight.number);
        self.start_over(failed, flight, now)?;
        Poll::Ready(Err(JournalError::Io { action: "append to", path, source }))
    }

    /// W6: after a failed write nothing more goes to that file: its batch, and what came since, begin the next segment. They
    /// keep their numbers, because nobody knows what of the batch a reader will find in the file. What of
    /// them is written down again is let go at once, so that no more than a record is held twice.
    fn start_over(&mut self, failed: Vec<Block>, flight: Flight, now: Instant) -> Result<(), JournalError> {
        self.is_placed = false;
        self.retry_at = Some(now + self.settings.retry_after);
        let keys = self.segment.keys();
        let came_since = self.segment.take()?;
        self.segment = Segment::new(self.writer)?;
        self.segment_began = now;
        self.number = flight.number + 1;
        self.oldest = Some(flight.oldest);
        self.note_wait();
        let failed_keys = flight.closed.unwrap_or_else(|| keys.clone());
        let mut outcome = Ok(());
        for (blocks, keys) in [(failed, failed_keys), (came_since, keys)] {
            walk::batch(blocks, &mut |header, data| {
                let key = keys.get(&header.channel_id).expect("a segment knows its channels");
                let written = self.segment.write(*key, header, data);
                // One that cannot be written down takes no other with it.
                outcome = std::mem::replace(&mut outcome, Ok(())).and(written);
            });
        }
        outcome
    }

    /// D1: lets go of the log without writing what waits: for one that is about to be deleted. Nothing is written any more once
    /// it answers.
    pub async fn discard(mut self) {
        while self.flight.is_some() {
            // What could not be written need not be.
            drop(std::future::poll_fn(|cx| self.poll_synced(cx, Instant::now())).await);
        }
    }

    /// Procedure F: writes everything that waits, closes the segment with its index, and answers once all of it is durable. A disk that
    /// refuses is asked 60 times, with a pause between: space may come back.
    ///
    /// # Errors
    /// [`JournalError::Io`] if the disk refuses all that time; what was durable before stays so.
    pub async fn close(mut self) -> Result<(), JournalError> {
        let mut refusals = 0;
        loop {
            if self.flight.is_some() {
                match std::future::poll_fn(|cx| self.poll_synced(cx, Instant::now())).await {
                    Err(error) if refusals + 1 >= CLOSE_ATTEMPTS => return Err(error),
                    outcome => refusals += u32::from(outcome.is_err()),
                }
            } else if self.segment.open_bytes() > 0 || self.file.is_some() || self.shed.is_undeclared() {
                if let Some(at) = self.retry_at.take() {
                    tokio::time::sleep_until(at.into()).await;
                }
                self.send(Instant::now(), true)?;
            } else {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests;

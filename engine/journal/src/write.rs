//! Appends records to a log without ever waiting for the disk.
//!
//! The owner appends, calls [`LogWriter::tick`] when [`LogWriter::next_tick`] has come, and polls for outcomes. At most
//! one batch is on its way to the disk; what is appended meanwhile waits in memory, up to a bound beyond which pictures
//! are dropped and declared. A batch that could not be written is read back from memory and written to the next segment.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::Bytes;
use media::TrackKind;
use model::{Control, DropReason, Entry, Epoch, LossCause, Record};
use tokio::sync::oneshot;

use crate::{
    JournalError, LogDir,
    decode::Channel,
    disk::{Batch, DiskFile, DiskPool, Outcome, Target},
    segment::Segment,
    walk,
};

/// How often the disk may refuse the end of a log before that is given up.
const CLOSE_ATTEMPTS: u32 = 60;

/// The limits of a log.
#[derive(Clone, Copy, Debug)]
pub struct LogSettings {
    /// How long a record may wait before it is on its way to the disk; less once a quarter of `buffer_bytes` waits.
    pub sync_every: Duration,
    /// How long a segment may become.
    pub segment_age: Duration,
    /// How large a segment may become, in bytes.
    pub segment_bytes: u64,
    /// How many bytes may wait for the disk before pictures are dropped; sound and words go on to twice that.
    pub buffer_bytes: usize,
    /// How long the writer waits after the disk refused.
    pub retry_after: Duration,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            sync_every: Duration::from_millis(900),
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
    settings: LogSettings,
    epoch: Epoch,
    number: u32,
    segment: Segment,
    segment_since: Instant,
    file: Option<Box<dyn DiskFile>>,
    oldest: Option<Instant>,
    last_arrival_unix_ns: u64,
    flight: Option<Flight>,
    retry_at: Option<Instant>,
    dropped: Vec<Dropped>,
}

/// A batch on its way to the disk.
struct Flight {
    outcome: oneshot::Receiver<Outcome>,
    /// When the oldest record in it was appended.
    oldest: Instant,
    /// The segment that it belongs to.
    number: u32,
    /// The channels of that segment, if the batch ends it.
    closed: Option<HashMap<u16, Channel>>,
}

/// A run of frames of one kind that found no room.
struct Dropped {
    kind: TrackKind,
    frames: u64,
    from: media::SourceTime,
    to: media::SourceTime,
}

impl LogWriter {
    /// Begins the next segment of the log in `dir`; older segments are never written to again. Touches no file yet
    /// beyond listing the directory.
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
        let number = dir.segments()?.last().map_or(1, |last| last + 1);
        Ok(Self {
            dir,
            pool,
            settings,
            epoch,
            number,
            segment: Segment::new()?,
            segment_since: now,
            file: None,
            oldest: None,
            last_arrival_unix_ns: 0,
            flight: None,
            retry_at: None,
            dropped: Vec::new(),
        })
    }

    /// Adds a record. Never waits. A frame that finds no room is dropped and declared later.
    ///
    /// # Errors
    /// [`JournalError::Encode`] if the record cannot be written down; the log stays usable.
    pub fn append(&mut self, record: &Record, now: Instant) -> Result<(), JournalError> {
        self.last_arrival_unix_ns = record.arrived_unix_ns;
        if let Entry::Media(frame) = &record.entry
            && self.is_full_for(frame.track.kind)
        {
            self.note_dropped(frame);
            return Ok(());
        }
        self.declare_dropped()?;
        self.oldest.get_or_insert(now);
        self.segment.append(record)
    }

    fn is_full_for(&self, kind: TrackKind) -> bool {
        let limit = match kind {
            TrackKind::Audio => self.settings.buffer_bytes.saturating_mul(2),
            TrackKind::Video | TrackKind::Share => self.settings.buffer_bytes,
        };
        // While pictures are being dropped, they stay out until half of the room is free again.
        let dropping = self.dropped.iter().any(|run| run.kind == kind);
        self.segment.open_bytes() >= if dropping { limit / 2 } else { limit }
    }

    fn note_dropped(&mut self, frame: &media::Frame) {
        metrics::counter!("hansard_media_dropped_frames_total", "kind" => frame.track.kind.name(), "cause" => "ours")
            .increment(1);
        match self.dropped.iter_mut().find(|run| run.kind == frame.track.kind) {
            Some(run) => {
                run.frames += 1;
                run.to = frame.at;
            }
            None => self.dropped.push(Dropped { kind: frame.track.kind, frames: 1, from: frame.at, to: frame.at }),
        }
    }

    /// Declares the runs of frames that found no room, once there is room again.
    fn declare_dropped(&mut self) -> Result<(), JournalError> {
        if self.dropped.is_empty() || self.segment.open_bytes() >= self.settings.buffer_bytes / 2 {
            return Ok(());
        }
        for run in std::mem::take(&mut self.dropped) {
            let Dropped { kind, frames, from, to } = run;
            let (cause, reason) = (LossCause::Ours, DropReason::Buffer);
            let control = Control::Dropped { kind, frames, from, to, cause, reason };
            self.segment.append(&Record {
                arrived_unix_ns: self.last_arrival_unix_ns,
                epoch: self.epoch,
                entry: Entry::Control(control),
            })?;
        }
        Ok(())
    }

    /// When [`LogWriter::tick`] is due; `None` while nothing waits or a batch is on its way.
    pub fn next_tick(&self) -> Option<Instant> {
        if self.flight.is_some() {
            return None;
        }
        // What comes in a rush, such as the backlog after a reconnect, does not wait until there is no room left.
        let is_rush = self.segment.open_bytes() >= self.settings.buffer_bytes / 4;
        let wait = if is_rush { Duration::ZERO } else { self.settings.sync_every };
        let due = self.oldest.map(|oldest| oldest + wait);
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

    /// Sends the open chunk on its way; with it the end of the segment if that is due, or if `last`.
    fn send(&mut self, now: Instant, last: bool) -> Result<(), JournalError> {
        let oldest = self.oldest.take().unwrap_or(now);
        let number = self.number;
        let target = match self.file.take() {
            Some(file) => Target::Open(file),
            None => Target::Create(self.dir.segment(number)),
        };
        let mut bytes = self.segment.take()?;
        let old = now.duration_since(self.segment_since) >= self.settings.segment_age;
        let large = self.segment.bytes() >= self.settings.segment_bytes;
        let closed = if last || old || large {
            let finished = std::mem::replace(&mut self.segment, Segment::new()?);
            let channels = finished.channels();
            bytes.extend(finished.finish()?);
            self.number += 1;
            self.segment_since = now;
            Some(channels)
        } else {
            None
        };
        let outcome = self.pool.submit(Batch { target, bytes });
        self.flight = Some(Flight { outcome, oldest, number, closed });
        Ok(())
    }

    /// Waits for the batch on its way; pending for ever while there is none.
    ///
    /// # Errors
    /// [`JournalError::Io`] if it could not be written: its records wait in memory for the next segment, and the
    /// next attempt is a second later.
    pub fn poll_synced(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<Result<Synced, JournalError>> {
        let Some(flight) = &mut self.flight else { return Poll::Pending };
        let outcome = ready!(Pin::new(&mut flight.outcome).poll(cx));
        let flight = self.flight.take().expect("the flight was polled above");
        let path = self.dir.segment(flight.number);
        Poll::Ready(match outcome {
            Ok(Outcome { bytes, result: Ok(file) }) => {
                self.file = flight.closed.is_none().then_some(file);
                self.retry_at = None;
                Ok(Synced { bytes: bytes.len(), lag: now.duration_since(flight.oldest) })
            }
            Ok(Outcome { bytes, result: Err(source) }) => {
                self.start_over(Bytes::from(bytes), flight, now)?;
                Err(JournalError::Io { action: "append to", path, source })
            }
            Err(_) => {
                let source = std::io::Error::other("the disk threads have ended");
                Err(JournalError::Io { action: "append to", path, source })
            }
        })
    }

    /// After a failed write nothing more goes to that file: its batch, and what came since, begin the next segment.
    fn start_over(&mut self, failed: Bytes, flight: Flight, now: Instant) -> Result<(), JournalError> {
        let since_channels = self.segment.channels();
        let since = Bytes::from(self.segment.take()?);
        let failed_channels = flight.closed.unwrap_or_else(|| since_channels.clone());
        let mut records = Vec::new();
        walk::batch(&failed, failed_channels, &mut |record| records.push(record));
        walk::batch(&since, since_channels, &mut |record| records.push(record));
        self.segment = Segment::new()?;
        self.segment_since = now;
        self.number = flight.number + 1;
        self.retry_at = Some(now + self.settings.retry_after);
        records.iter().try_for_each(|record| self.append(record, now))?;
        self.oldest = Some(flight.oldest);
        Ok(())
    }

    /// Lets go of the log without writing what waits: for one that is about to be deleted. Nothing is written any more once
    /// it answers.
    pub async fn discard(mut self) {
        while self.flight.is_some() {
            // What could not be written need not be.
            drop(std::future::poll_fn(|cx| self.poll_synced(cx, Instant::now())).await);
        }
    }

    /// Writes everything that waits, closes the segment with its index, and answers once all of it is durable. A disk that
    /// refuses is asked 60 times, with a pause between: space may come back.
    ///
    /// # Errors
    /// [`JournalError::Io`] if the disk refuses all that time; what was durable before stays so.
    pub async fn close(mut self) -> Result<(), JournalError> {
        self.settings.buffer_bytes = usize::MAX / 2;
        self.declare_dropped()?;
        let mut refusals = 0;
        loop {
            if self.flight.is_some() {
                match std::future::poll_fn(|cx| self.poll_synced(cx, Instant::now())).await {
                    Err(error) if refusals + 1 >= CLOSE_ATTEMPTS => return Err(error),
                    outcome => refusals += u32::from(outcome.is_err()),
                }
            } else if self.segment.open_bytes() > 0 || self.file.is_some() {
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

//! A log whose disk does one call at a time, in a time of its own: which calls fail is said in advance.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use flume::{Receiver, TryRecvError};

use super::*;
use crate::disk::{self, Outcome, Task};

/// Which calls of a disk fail, counted from 1, and how.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) fails: std::ops::Range<usize>,
    pub(super) kind: io::ErrorKind,
    /// Whether a call that fails has its effect nevertheless: the file is there, the bytes are, and nobody knows.
    pub(super) has_effect: bool,
}

impl Plan {
    pub(super) fn none() -> Self {
        Self { fails: 0..0, kind: io::ErrorKind::Other, has_effect: false }
    }
}

#[derive(Debug)]
struct Calls {
    plan: Plan,
    made: usize,
}

/// The real disk behind a plan.
#[derive(Clone)]
pub(super) struct Planned(Arc<Mutex<Calls>>);

impl Planned {
    pub(super) fn new(plan: Plan) -> Self {
        Self(Arc::new(Mutex::new(Calls { plan, made: 0 })))
    }

    pub(super) fn calls(&self) -> usize {
        self.0.lock().unwrap().made
    }

    /// Lets every further call succeed.
    pub(super) fn heal(&self) {
        self.0.lock().unwrap().plan = Plan::none();
    }

    fn call<T>(&self, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let mut calls = self.0.lock().unwrap();
        calls.made += 1;
        let fails = calls.plan.fails.contains(&calls.made);
        if !fails || calls.plan.has_effect {
            let done = work();
            if !fails {
                return done;
            }
        }
        Err(calls.plan.kind.into())
    }
}

impl Disk for Planned {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.call(|| LocalDisk.create_dir(path))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let inner = self.call(|| LocalDisk.create(path))?;
        Ok(Box::new(PlannedFile { inner, disk: self.clone() }))
    }
}

struct PlannedFile {
    inner: Box<dyn DiskFile>,
    disk: Planned,
}

impl DiskFile for PlannedFile {
    fn append(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        let bytes = parts.concat();
        let half = &bytes[..bytes.len() / 2];
        let outcome = self.disk.call(|| self.inner.append(parts));
        let is_cut = {
            let Plan { kind, has_effect, .. } = self.disk.0.lock().unwrap().plan;
            outcome.is_err() && kind == io::ErrorKind::StorageFull && !has_effect
        };
        if is_cut {
            // Half of it found room.
            self.inner.append(&[half])?;
        }
        outcome
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.call(|| self.inner.sync())
    }
}

/// How much time passes at once.
const STEP: Duration = Duration::from_millis(5);

/// A log, its disk, and the time.
pub(super) struct Stage {
    place: tempfile::TempDir,
    disk: Planned,
    pub(super) pool: DiskPool,
    queue: Receiver<Task>,
    pub(super) log: LogWriter,
    pub(super) now: Instant,
    /// The batch that the disk has been given, and when it is done with it.
    waiting: Option<(Task, Instant)>,
    /// How long the disk takes for one batch.
    pub(super) takes: Duration,
    /// The most bytes that ever waited.
    pub(super) most_bytes: usize,
    /// When something became durable last.
    pub(super) synced: Option<Instant>,
}

impl Stage {
    pub(super) fn new(disk: &Planned, settings: LogSettings) -> Self {
        let place = place();
        let now = Instant::now();
        let (pool, queue) = DiskPool::queue(now);
        // As a capture's log lies: two directories are made for it.
        let dir = LogDir::of(place.path(), model::CaptureId::new(1, [1; 10]));
        let log = LogWriter::open(dir, pool.clone(), settings, EPOCH, now).unwrap();
        let (disk, takes) = (disk.clone(), Duration::from_millis(3));
        Self { place, disk, pool, queue, log, now, waiting: None, takes, most_bytes: 0, synced: None }
    }

    pub(super) fn append(&mut self, record: &Record) {
        self.log.append(record, self.now).unwrap();
        self.most_bytes = self.most_bytes.max(self.log.waiting_bytes());
    }

    /// Lets time pass, a little at a time, and writer and disk do what is due.
    pub(super) fn pass(&mut self, time: Duration) {
        for _ in 0..time.as_millis() / STEP.as_millis() {
            self.now += STEP;
            self.log.tick(self.now).unwrap();
            if let Ok(task) = self.queue.try_recv() {
                self.waiting = Some((task, self.now + self.takes));
            }
            self.answer();
        }
    }

    /// Lets the disk carry out the batch that it was given, if it is done with it by now.
    fn answer(&mut self) {
        let Some(((batch, answer), _)) = self.waiting.take_if(|(_, done)| *done <= self.now) else { return };
        let result = disk::write(&self.disk, batch.target, &batch.blocks);
        assert!(answer.send(Outcome { blocks: batch.blocks, result }).is_ok(), "the writer waits for its batch");
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(told) = self.log.poll_synced(&mut cx, self.now) else { panic!("the answer was given") };
        if told.is_ok() {
            self.synced = Some(self.now);
        }
        self.most_bytes = self.most_bytes.max(self.log.waiting_bytes());
    }

    /// Writes what is left, while the disk is well, and answers everything that a reader finds, with how many chunks it found
    /// damaged.
    pub(super) fn end(mut self) -> (Vec<Record>, u64) {
        self.takes = Duration::ZERO;
        self.pass(Duration::from_secs(20));
        while self.log.file.is_some() || self.log.segment.open_bytes() > 0 || self.log.shed.is_undeclared() {
            self.log.send(self.now, true).unwrap();
            let task = self.queue.try_recv().unwrap_or_else(|error: TryRecvError| panic!("nothing was sent: {error}"));
            self.waiting = Some((task, self.now));
            self.answer();
        }
        let mut reader = LogReader::open(LogDir::of(self.place.path(), model::CaptureId::new(1, [1; 10]))).unwrap();
        let records = std::iter::from_fn(|| reader.next_record().unwrap().map(|stored| stored.record)).collect();
        (records, reader.damaged_chunks())
    }
}

//! One run: captures that write, a disk that fails and loses power, processes that die, and what is read back after each.

use std::{
    future::Future,
    path::Path,
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;
use flume::Receiver;
use media::{Frame, SourceTime, Track, TrackKind};
use model::{CaptureId, Control, Entry, Epoch, Event, EventBody, ParticipantId, Record};
use tokio::sync::oneshot;

use super::{
    dice::Dice,
    disk::{Missing, SimDisk},
    ledger::{Ledger, Life, Lost, Standing, believe_checksums},
};
use crate::{
    DiskPool, LogDir, LogSettings, LogWriter,
    block::{BLOCK_BYTES, PAGE_BYTES},
    disk::{self, Batch, Outcome, Task},
};

/// How long the slowest call takes at which the loss budget is promised, in milliseconds.
const SLOWEST_MS: u64 = 1_100;

/// What a run came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Report {
    pub(super) cuts: u64,
    pub(super) deaths: u64,
    pub(super) records: u64,
    /// How many batches went to the disk, and how many of them as whole pages.
    pub(super) batches: u64,
    pub(super) paged: u64,
    /// The most that a power cut took, in milliseconds.
    pub(super) lost: Lost,
}

/// A batch on its way, and when it is done.
struct Sent {
    capture: usize,
    at_ms: u64,
    /// How many records of its life it makes durable, with those before.
    records: usize,
    work: Work,
}

enum Work {
    Waiting(Batch),
    Done(Outcome),
}

/// A capture's writer, and the answer that it waits for.
struct Desk {
    ledger: Ledger,
    writer: Option<LogWriter>,
    answer: Option<oneshot::Sender<Outcome>>,
    epoch: u32,
}

pub(super) struct Run {
    dice: Dice,
    disk: SimDisk,
    missing: Missing,
    pool: DiskPool,
    queue: Receiver<Task>,
    began: Instant,
    now_ms: u64,
    settings: LogSettings,
    has_large: bool,
    desks: Vec<Desk>,
    sent: Vec<Sent>,
    report: Report,
    written: u64,
}

impl Run {
    pub(super) fn new(seed: u64, place: &Path, missing: Missing) -> Self {
        let mut dice = Dice::new(seed);
        let began = Instant::now();
        let (pool, queue) = DiskPool::queue(began);
        let has_large = dice.in_a_thousand(150);
        let settings = LogSettings {
            segment_bytes: if has_large { 400_000 } else { dice.between(3_000, 30_000) },
            segment_age: Duration::from_millis(dice.between(2_000, 20_000)),
            ..LogSettings::default()
        };
        let disk = SimDisk::new(place, missing, Dice::new(dice.next()));
        let desks = (0..dice.between(1, 4)).map(|number| {
            let id = CaptureId::new(number, [number as u8; 10]);
            let ledger = Ledger { id, dir: LogDir::of(place, id), lives: Vec::new(), standing: Standing::Kept };
            Desk { ledger, writer: None, answer: None, epoch: 0 }
        });
        let desks = desks.collect();
        let (sent, report) = (Vec::new(), Report::default());
        let (now_ms, written) = (0, 0);
        Self { dice, disk, missing, pool, queue, began, now_ms, settings, has_large, desks, sent, report, written }
    }

    /// Plays `steps` steps and answers what it came to.
    ///
    /// # Errors
    /// The promise that was broken.
    pub(super) fn play(mut self, steps: usize) -> Result<Report, String> {
        self.start();
        for _ in 0..steps {
            self.now_ms += self.dice.between(5, 120);
            self.append();
            self.work();
            if self.disk.is_off() {
                self.cut()?;
            } else if self.dice.in_a_thousand(6) {
                self.die()?;
            } else if self.dice.in_a_thousand(10) {
                self.close();
            } else if self.dice.in_a_thousand(4) {
                self.delete();
            }
        }
        self.cut()?;
        Ok(self.report)
    }

    fn now(&self) -> Instant {
        self.began + Duration::from_millis(self.now_ms)
    }

    /// Opens a writer for every log that is kept, and decides how long the power lasts.
    fn start(&mut self) {
        let now = self.now();
        for desk in &mut self.desks {
            match desk.ledger.standing {
                Standing::Kept => {
                    desk.epoch += 1;
                    let (dir, epoch) = (desk.ledger.dir.clone(), Epoch(desk.epoch));
                    desk.writer = Some(LogWriter::open(dir, self.pool.clone(), self.settings, epoch, now).unwrap());
                    desk.ledger.lives.push(Life::default());
                }
                Standing::Going => {
                    if desk.ledger.dir.remove_on(&self.disk).is_ok() {
                        desk.ledger.standing = Standing::Gone;
                    }
                }
                Standing::Gone => {}
            }
        }
        let failures = if self.dice.in_a_thousand(400) { self.dice.between(1, 150) } else { 0 };
        self.disk.set_failures(failures);
        self.disk.cut_after(self.dice.between(1, 120));
    }

    fn append(&mut self) {
        let now = self.now();
        for capture in 0..self.desks.len() {
            for _ in 0..self.dice.below(4) {
                let epoch = self.desks[capture].epoch;
                let record = self.record(epoch);
                let desk = &mut self.desks[capture];
                let Some(writer) = &mut desk.writer else { continue };
                writer.append(&record, now).unwrap();
                let life = desk.ledger.life();
                life.records.push(record);
                life.at_ms.push(self.now_ms);
                self.report.records += 1;
            }
        }
    }

    fn record(&mut self, epoch: u32) -> Record {
        self.written += 1;
        let number = self.written;
        let at = SourceTime::from_unix_ms(number as i64);
        let size = match self.dice.below(20) {
            0 => 0,
            1..=15 => self.dice.below(300),
            _ => self.dice.below(6_000),
        };
        let payload = if self.has_large && self.dice.in_a_thousand(50) {
            // As much as makes a batch of whole pages.
            vec![number as u8; BLOCK_BYTES + size]
        } else {
            self.dice.bytes(size)
        };
        let track = |kind| Track { kind, source: 7 };
        let entry = match self.dice.below(10) {
            0 => Entry::Event(Event { at, body: EventBody::Left { id: ParticipantId(number as i64) } }),
            1 => Entry::Control(Control::ClockStepped { by_ms: number as i64 }),
            2 => Entry::Control(Control::Started { notice: number.to_string() }),
            kind => {
                let kind = if kind < 8 { TrackKind::Audio } else { TrackKind::Video };
                Entry::Media(Frame { track: track(kind), at, payload: Bytes::from(payload) })
            }
        };
        Record { arrived_unix_ns: number, epoch: Epoch(epoch), entry }
    }

    /// Lets writers send what is due, and the disk do what it has finished by now.
    fn work(&mut self) {
        let now = self.now();
        for capture in 0..self.desks.len() {
            let Some(writer) = &mut self.desks[capture].writer else { continue };
            writer.tick(now).unwrap();
            self.take(capture);
        }
        self.sent.sort_by_key(|sent| sent.at_ms);
        let due = self.sent.partition_point(|sent| sent.at_ms <= self.now_ms);
        for Sent { capture, records, work, .. } in self.sent.drain(..due).collect::<Vec<_>>() {
            let outcome = match work {
                Work::Waiting(batch) => carry_out(&self.disk, batch),
                Work::Done(outcome) => outcome,
            };
            if self.disk.is_off() {
                return;
            }
            let desk = &mut self.desks[capture];
            let (Some(writer), Some(answer)) = (&mut desk.writer, desk.answer.take()) else { continue };
            assert!(answer.send(outcome).is_ok(), "the writer waits for its batch");
            let mut cx = Context::from_waker(Waker::noop());
            let Poll::Ready(told) = writer.poll_synced(&mut cx, now) else { panic!("the answer was given") };
            let life = desk.ledger.life();
            life.is_troubled = told.is_err();
            if told.is_ok() {
                life.durable = records;
            }
        }
    }

    /// Takes a batch that a writer has just sent.
    fn take(&mut self, capture: usize) {
        let Ok((batch, answer)) = self.queue.try_recv() else { return };
        let bytes: usize = batch.blocks.iter().map(|block| block.len()).sum();
        self.report.batches += 1;
        self.report.paged += u64::from(bytes.is_multiple_of(PAGE_BYTES));
        let takes_ms = if self.dice.in_a_thousand(100) {
            self.dice.between(30, SLOWEST_MS - 120)
        } else {
            self.dice.between(0, 30)
        };
        // The disk may be done long before anybody hears of it.
        let early = self.dice.in_a_thousand(500);
        let work = if early { Work::Done(carry_out(&self.disk, batch)) } else { Work::Waiting(batch) };
        let desk = &mut self.desks[capture];
        desk.answer = Some(answer);
        let records = desk.ledger.life().records.len();
        self.sent.push(Sent { capture, at_ms: self.now_ms + takes_ms, records, work });
    }

    /// Every process ends where it is.
    fn stop(&mut self) {
        self.sent.clear();
        for desk in &mut self.desks {
            if desk.writer.take().is_some() {
                desk.ledger.life().ended_ms = self.now_ms;
            }
            desk.answer = None;
        }
        while self.queue.try_recv().is_ok() {}
    }

    /// Cuts the power, looks at what is left, and starts again.
    fn cut(&mut self) -> Result<(), String> {
        self.stop();
        self.disk.lose_power();
        self.report.cuts += 1;
        let lost = self.look(true)?;
        self.report.lost.any_ms = self.report.lost.any_ms.max(lost.any_ms);
        self.report.lost.healthy_ms = self.report.lost.healthy_ms.max(lost.healthy_ms);
        self.now_ms += 30_000;
        self.start();
        Ok(())
    }

    /// Kills the process, looks at what is left, and starts again.
    fn die(&mut self) -> Result<(), String> {
        self.stop();
        self.disk.forget_doubtful();
        self.report.deaths += 1;
        self.look(false)?;
        self.now_ms += 500;
        self.start();
        Ok(())
    }

    fn look(&mut self, is_power_cut: bool) -> Result<Lost, String> {
        self.disk.lay_out();
        let mut worst = Lost::default();
        for desk in &mut self.desks {
            if self.missing == Missing::Checksums {
                believe_checksums(&desk.ledger.dir);
            }
            let lost = desk.ledger.check(is_power_cut)?;
            worst.any_ms = worst.any_ms.max(lost.any_ms);
            worst.healthy_ms = worst.healthy_ms.max(lost.healthy_ms);
        }
        Ok(worst)
    }

    /// Closes a log in order, while the disk is well, and begins it anew.
    fn close(&mut self) {
        let capture = self.dice.below(self.desks.len());
        let desk = &mut self.desks[capture];
        // A writer that waits for an answer gets it in its own time.
        if desk.answer.is_some() || desk.ledger.life().is_troubled {
            return;
        }
        let Some(writer) = desk.writer.take() else { return };
        desk.ledger.life().ended_ms = self.now_ms;
        self.disk.set_failures(0);
        let mut closing = pin!(writer.close());
        let mut cx = Context::from_waker(Waker::noop());
        loop {
            match closing.as_mut().poll(&mut cx) {
                Poll::Ready(closed) => {
                    closed.expect("the disk refuses nothing");
                    break;
                }
                Poll::Pending => {
                    let (batch, answer) = self.queue.try_recv().expect("whoever waits has sent something");
                    let outcome = carry_out(&self.disk, batch);
                    if self.disk.is_off() {
                        return;
                    }
                    assert!(answer.send(outcome).is_ok(), "the writer waits for its batch");
                }
            }
        }
        let now = self.now();
        let desk = &mut self.desks[capture];
        let life = desk.ledger.life();
        life.durable = life.records.len();
        self.disk.lay_out();
        desk.epoch += 1;
        let (dir, epoch) = (desk.ledger.dir.clone(), Epoch(desk.epoch));
        desk.writer = Some(LogWriter::open(dir, self.pool.clone(), self.settings, epoch, now).unwrap());
        desk.ledger.lives.push(Life::default());
    }

    /// Deletes a log that nobody writes any more, unless it is the last one.
    fn delete(&mut self) {
        let kept = self.desks.iter().filter(|desk| desk.ledger.standing == Standing::Kept).count();
        let capture = self.dice.below(self.desks.len());
        let desk = &mut self.desks[capture];
        if kept < 2 || desk.answer.is_some() || desk.writer.take().is_none() {
            return;
        }
        desk.ledger.life().ended_ms = self.now_ms;
        desk.ledger.standing = Standing::Going;
        if desk.ledger.dir.remove_on(&self.disk).is_ok() && !self.disk.is_off() {
            desk.ledger.standing = Standing::Gone;
        }
    }
}

/// Does what a thread of the pool does.
fn carry_out(disk: &SimDisk, batch: Batch) -> Outcome {
    let result = disk::write(disk, batch.target, &batch.blocks);
    Outcome { blocks: batch.blocks, result }
}

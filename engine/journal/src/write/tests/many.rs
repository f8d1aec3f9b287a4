use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker},
};

use flume::Receiver;

use super::*;
use crate::disk::{self, Outcome, Task};

const LOGS: usize = 200;
/// How long a disk takes for each call that must be durable.
const CALL: Duration = Duration::from_millis(3);
const STEP: Duration = Duration::from_millis(1);

/// A disk that keeps nothing and counts what would take time.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicUsize>);

struct CountingFile(Counting);

impl Disk for Counting {
    fn create_dir(&self, _: &Path) -> io::Result<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn create(&self, _: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(CountingFile(self.clone())))
    }
}

impl DiskFile for CountingFile {
    fn append(&mut self, _: &[&[u8]]) -> io::Result<()> {
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// A batch that a thread works on, with its outcome and when it is done.
struct InHand {
    log: usize,
    task: Task,
    done: Instant,
}

/// Runs 200 captures that begin in the same moment, each with its share of one pool or each with one of its own, which
/// knows of no other; `threads` threads do the work in either case. Answers the worst lag and the most batches that waited
/// for a thread.
fn run(is_shared: bool, threads: usize, seconds: u64) -> (Duration, usize) {
    let place = place();
    let began = Instant::now();
    let pools: Vec<(DiskPool, Receiver<Task>)> =
        (0..if is_shared { 1 } else { LOGS }).map(|_| DiskPool::queue(began)).collect();
    // Rolls come often enough to be part of it.
    let settings = LogSettings { segment_age: Duration::from_secs(5), ..LogSettings::default() };
    let mut logs: Vec<LogWriter> = (0..LOGS)
        .map(|number| {
            let dir = LogDir::of(place.path(), model::CaptureId::new(number as u64, [1; 10]));
            LogWriter::open(dir, pools[number % pools.len()].0.clone(), settings, EPOCH, began).unwrap()
        })
        .collect();
    let disk = Counting::default();
    let (mut waiting, mut in_hand) = (VecDeque::new(), Vec::<InHand>::new());
    let (mut worst, mut most) = (Duration::ZERO, 0);
    let record = left(1);
    let mut now = began;
    while now < began + Duration::from_secs(seconds) {
        now += STEP;
        let is_frame = now.duration_since(began).as_millis().is_multiple_of(20);
        for (number, log) in logs.iter_mut().enumerate() {
            if is_frame {
                log.append(&record, now).unwrap();
            }
            log.tick(now).unwrap();
            if let Ok(task) = pools[number % pools.len()].1.try_recv() {
                waiting.push_back((number, task));
            }
        }
        in_hand.sort_by_key(|work| work.done);
        while in_hand.first().is_some_and(|work| work.done <= now) {
            let InHand { log, task: (batch, answer), .. } = in_hand.remove(0);
            let result = disk::write(&disk, batch.target, &batch.blocks);
            assert!(answer.send(Outcome { blocks: batch.blocks, result }).is_ok());
            let mut cx = Context::from_waker(Waker::noop());
            let Poll::Ready(Ok(synced)) = logs[log].poll_synced(&mut cx, now) else { panic!("it was written") };
            worst = worst.max(synced.lag);
        }
        while in_hand.len() < threads
            && let Some((log, task)) = waiting.pop_front()
        {
            let calls = match &task.0.target {
                Target::Open(_) => 1,
                Target::Create { dirs, .. } => dirs.len() as u32 + 2,
            };
            in_hand.push(InHand { log, task, done: now + CALL * calls });
        }
        most = most.max(waiting.len());
        worst = worst.max(pools.iter().map(|(pool, _)| pool.longest_wait(now)).max().unwrap());
    }
    assert!(disk.0.load(Ordering::Relaxed) as u64 > LOGS as u64 * seconds, "every log syncs about once a second");
    (worst, most)
}

#[test]
fn two_hundred_captures_stay_within_a_second_of_durability() {
    let (worst, most) = run(true, 4, 8);
    println!("200 logs, 4 threads, 3 ms a call: worst lag {worst:?}, {most} batches waited");
    assert!(worst <= Duration::from_secs(1), "{worst:?}");
}

#[test]
fn two_hundred_captures_that_sync_in_the_same_moment_do_not() {
    let (worst, most) = run(false, 4, 4);
    println!("all at once: worst lag {worst:?}, {most} batches waited");
    assert!(worst > Duration::from_secs(1), "{worst:?}");
    let (worst, _) = run(true, 1, 4);
    assert!(worst > Duration::from_secs(1), "one thread is not enough: {worst:?}");
}

/// A disk that has a defect which shows at the first few files.
struct Defective(AtomicUsize);

impl Disk for Defective {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        LocalDisk.create_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        assert!(left.is_err(), "a defect");
        LocalDisk.create(path)
    }
}

#[tokio::test]
async fn a_defect_on_a_disk_thread_costs_neither_the_thread_nor_what_was_to_be_written() {
    let place = place();
    let pool = DiskPool::start(Arc::new(Defective(AtomicUsize::new(10))), 2).unwrap();
    let settings = LogSettings { retry_after: Duration::ZERO, ..LogSettings::default() };
    let mut log = writer(place.path(), pool, settings);
    log.append(&left(7), Instant::now()).unwrap();
    log.close().await.unwrap();
    assert_eq!(read_all(place.path()), [left(7)]);
}

/// A disk whose every sync waits until the test lets it go on.
struct Stuck(Receiver<()>);

struct StuckFile(Receiver<()>);

impl Disk for Stuck {
    fn create_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn create(&self, _: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(StuckFile(self.0.clone())))
    }
}

impl DiskFile for StuckFile {
    fn append(&mut self, _: &[&[u8]]) -> io::Result<()> {
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        // Once the test is over, everything may go on.
        let _ = self.0.recv();
        Ok(())
    }
}

#[tokio::test]
async fn whoever_appends_never_waits_for_a_disk_that_stands_still() {
    let place = place();
    let (let_go, stuck) = flume::unbounded();
    let pool = DiskPool::start(Arc::new(Stuck(stuck)), 2).unwrap();
    let began = Instant::now();
    let mut logs: Vec<LogWriter> = (0..5)
        .map(|number| {
            let dir = LogDir::of(place.path(), model::CaptureId::new(number, [1; 10]));
            LogWriter::open(dir, pool.clone(), LogSettings::default(), EPOCH, began).unwrap()
        })
        .collect();
    for second in 0..20 {
        let now = began + Duration::from_secs(second);
        for log in &mut logs {
            log.append(&left(1), now).unwrap();
            log.tick(now).unwrap();
            let mut cx = Context::from_waker(Waker::noop());
            assert!(log.poll_synced(&mut cx, now).is_pending());
        }
    }
    assert!(pool.longest_wait(began + Duration::from_secs(20)) >= Duration::from_secs(19));
    drop(let_go);
    for log in logs {
        log.close().await.unwrap();
    }
    assert_eq!(pool.longest_wait(began + Duration::from_secs(20)), Duration::ZERO);
}

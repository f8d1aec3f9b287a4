use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use media::{Frame, SourceTime, Track, TrackKind};
use model::{Control, Entry, Epoch, Event, EventBody, LossCause, ParticipantId, Record};

use super::*;
use crate::{Disk, DiskFile, LocalDisk, LogReader, PayloadReader, power::place::place};

mod faults;
mod grow;
mod many;
mod pages;
mod rot;
mod stage;

const EPOCH: Epoch = Epoch(3);

fn frame(kind: TrackKind, at_ms: i64, payload: Vec<u8>) -> Record {
    let track = Track { kind, source: 16_778_240 };
    let at = SourceTime::from_unix_ms(at_ms);
    let entry = Entry::Media(Frame { track, at, payload: Bytes::from(payload) });
    Record { arrived_unix_ns: 5_000_000, epoch: EPOCH, entry }
}

fn left(at_ms: i64) -> Record {
    let event = Event { at: SourceTime::from_unix_ms(at_ms), body: EventBody::Left { id: ParticipantId(7) } };
    Record { arrived_unix_ns: 6_000_000, epoch: EPOCH, entry: Entry::Event(event) }
}

fn pool(disk: impl Disk) -> DiskPool {
    DiskPool::start(Arc::new(disk), 2).unwrap()
}

fn writer(dir: &Path, pool: DiskPool, settings: LogSettings) -> LogWriter {
    LogWriter::open(LogDir::at(dir), pool, settings, EPOCH, Instant::now()).unwrap()
}

fn read_all(dir: &Path) -> Vec<Record> {
    let mut reader = LogReader::open(LogDir::at(dir)).unwrap();
    std::iter::from_fn(|| reader.next_record().unwrap().map(|stored| stored.record)).collect()
}

async fn outcome(log: &mut LogWriter) -> Result<Synced, JournalError> {
    std::future::poll_fn(|cx| log.poll_synced(cx, Instant::now())).await
}

#[tokio::test]
async fn what_was_appended_is_read_back_in_order() {
    let dir = place();
    let records = vec![
        frame(TrackKind::Audio, 1_767_225_600_000, vec![1, 2, 3]),
        left(1_767_225_600_010),
        frame(TrackKind::Video, 1_767_225_600_040, vec![9; 5_000]),
        Record {
            arrived_unix_ns: 7,
            epoch: EPOCH,
            entry: Entry::Control(Control::FirstPacket { at: SourceTime::from_unix_ms(1_767_225_600_000) }),
        },
    ];
    let mut log = writer(dir.path(), pool(LocalDisk), LogSettings::default());
    for record in &records {
        log.append(record, Instant::now()).unwrap();
    }
    log.close().await.unwrap();
    assert_eq!(read_all(dir.path()), records);
}

#[tokio::test]
async fn nothing_is_sent_before_its_turn_and_everything_in_it() {
    let dir = place();
    let now = Instant::now();
    let mut log = writer(dir.path(), pool(LocalDisk), LogSettings::default());
    assert_eq!(log.next_tick(), None);
    log.append(&left(1), now).unwrap();
    let due = log.next_tick().unwrap();
    assert!(due > now && due <= now + Duration::from_millis(700));
    log.tick(due - Duration::from_millis(1)).unwrap();
    assert!(log.flight.is_none());
    log.tick(due).unwrap();
    assert!(outcome(&mut log).await.unwrap().bytes > 0);
    assert_eq!(read_all(dir.path()), vec![left(1)]);
}

#[tokio::test]
async fn a_rush_is_sent_at_once_and_finds_room() {
    let dir = place();
    let settings = LogSettings { buffer_bytes: 40_000, ..LogSettings::default() };
    let mut log = writer(dir.path(), pool(LocalDisk), settings);
    let now = Instant::now();
    for number in 0..100 {
        log.append(&frame(TrackKind::Video, number, vec![1; 4_000]), now).unwrap();
        log.tick(now).unwrap();
        if log.next_tick().is_none() {
            outcome(&mut log).await.unwrap();
        }
    }
    log.close().await.unwrap();
    assert_eq!(read_all(dir.path()).len(), 100, "none is dropped");
}

#[tokio::test]
async fn a_log_cut_anywhere_reads_to_its_last_whole_chunk() {
    let dir = place();
    let mut log = writer(dir.path(), pool(LocalDisk), LogSettings::default());
    for second in 0..5 {
        log.append(&frame(TrackKind::Audio, second * 1000, vec![second as u8; 300]), Instant::now()).unwrap();
        log.send(Instant::now(), false).unwrap();
        outcome(&mut log).await.unwrap();
    }
    drop(log);
    let path = LogDir::at(dir.path()).segment(1);
    let whole = std::fs::read(&path).unwrap();
    let mut last = usize::MAX;
    for cut in (0..whole.len()).rev() {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let read = read_all(dir.path());
        assert!(read.len() <= last.min(5));
        for (second, record) in read.iter().enumerate() {
            assert_eq!(*record, frame(TrackKind::Audio, second as i64 * 1000, vec![second as u8; 300]));
        }
        last = read.len();
    }
    assert_eq!(last, 0);
}

#[tokio::test]
async fn a_damaged_chunk_is_skipped_and_counted() {
    let dir = place();
    let mut log = writer(dir.path(), pool(LocalDisk), LogSettings::default());
    for fill in [7, 8, 9] {
        log.append(&frame(TrackKind::Audio, i64::from(fill), vec![fill; 300]), Instant::now()).unwrap();
        log.send(Instant::now(), false).unwrap();
        outcome(&mut log).await.unwrap();
    }
    drop(log);
    let path = LogDir::at(dir.path()).segment(1);
    let mut bytes = std::fs::read(&path).unwrap();
    let hit = bytes.windows(50).position(|run| run == [8; 50]).unwrap();
    bytes[hit + 100] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let mut reader = LogReader::open(LogDir::at(dir.path())).unwrap();
    let mut times = Vec::new();
    while let Some(stored) = reader.next_record().unwrap() {
        times.extend(match stored.record.entry {
            Entry::Media(frame) => Some(frame.at.unix_ms()),
            _ => None,
        });
    }
    assert_eq!((times, reader.damaged_chunks()), (vec![7, 9], 1));
}

#[tokio::test]
async fn payloads_are_found_by_their_place() {
    let dir = place();
    let mut log = writer(dir.path(), pool(LocalDisk), LogSettings::default());
    for number in 0..2_000_i64 {
        let kind = if number % 3 == 0 { TrackKind::Video } else { TrackKind::Audio };
        log.append(&frame(kind, number, vec![number as u8; 10 + number as usize]), Instant::now()).unwrap();
    }
    log.close().await.unwrap();
    let mut reader = LogReader::open(LogDir::at(dir.path())).unwrap();
    let mut payloads = PayloadReader::chained([LogDir::at(dir.path())]).unwrap();
    let mut seen = 0;
    while let Some(stored) = reader.next_record().unwrap() {
        let Entry::Media(frame) = stored.record.entry else { continue };
        assert_eq!(payloads.read(stored.locator).unwrap(), frame.payload);
        seen += 1;
    }
    assert_eq!(seen, 2_000);
}

#[tokio::test]
async fn a_restart_begins_the_next_segment_and_leaves_the_old_one_alone() {
    let dir = place();
    let mut first = writer(dir.path(), pool(LocalDisk), LogSettings::default());
    first.append(&left(1), Instant::now()).unwrap();
    first.close().await.unwrap();
    let before = std::fs::read(LogDir::at(dir.path()).segment(1)).unwrap();
    let mut second = writer(dir.path(), pool(LocalDisk), LogSettings::default());
    second.append(&left(2), Instant::now()).unwrap();
    second.close().await.unwrap();
    assert_eq!(std::fs::read(LogDir::at(dir.path()).segment(1)).unwrap(), before);
    assert_eq!(read_all(dir.path()), vec![left(1), left(2)]);
}

#[tokio::test]
async fn a_large_segment_is_closed_and_any_tool_can_seek_in_it() {
    let dir = place();
    let settings = LogSettings { segment_bytes: 10_000, ..LogSettings::default() };
    let mut log = writer(dir.path(), pool(LocalDisk), settings);
    for number in 0..10 {
        log.append(&frame(TrackKind::Video, number, vec![1; 4_000]), Instant::now()).unwrap();
        log.send(Instant::now(), false).unwrap();
        outcome(&mut log).await.unwrap();
    }
    log.close().await.unwrap();
    let segments = LogDir::at(dir.path()).segments().unwrap();
    assert_eq!(segments, vec![1, 2, 3, 4]);
    for number in segments {
        let bytes = std::fs::read(LogDir::at(dir.path()).segment(number)).unwrap();
        let summary = mcap::Summary::read(&bytes).unwrap().unwrap();
        let indexed: usize = summary
            .chunk_indexes
            .iter()
            .map(|index| summary.stream_chunk(&bytes, index).unwrap().filter(Result::is_ok).count())
            .sum();
        assert!(indexed > 0);
        assert_eq!(indexed as u64, summary.stats.unwrap().message_count);
    }
    assert_eq!(read_all(dir.path()).len(), 10);
}

#[tokio::test]
async fn a_segment_that_is_missing_is_noticed_and_one_that_is_read_alone_lacks_nothing() {
    let dir = place();
    let settings = LogSettings { segment_bytes: 1, ..LogSettings::default() };
    let mut log = writer(dir.path(), pool(LocalDisk), settings);
    for number in 0..4 {
        log.append(&left(number), Instant::now()).unwrap();
        log.send(Instant::now(), false).unwrap();
        outcome(&mut log).await.unwrap();
    }
    let dir = LogDir::at(dir.path());
    let read = |mut reader: LogReader| {
        let records = std::iter::from_fn(|| reader.next_record().unwrap()).count();
        (records, reader.damaged_chunks())
    };
    assert_eq!(read(LogReader::segment(&dir, 3)), (1, 0));
    assert_eq!(read(LogReader::open(dir.clone()).unwrap()), (4, 0));
    for missing in [1, 3] {
        let path = dir.segment(missing);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(read(LogReader::open(dir.clone()).unwrap()), (3, 1), "segment {missing}");
        std::fs::write(&path, bytes).unwrap();
    }
}

/// A disk whose first `failures` writes fail.
struct Failing {
    failures: Arc<AtomicUsize>,
}

struct FailingFile {
    inner: Box<dyn DiskFile>,
    failures: Arc<AtomicUsize>,
}

impl Disk for Failing {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        LocalDisk.create_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let inner = LocalDisk.create(path)?;
        Ok(Box::new(FailingFile { inner, failures: Arc::clone(&self.failures) }))
    }
}

impl DiskFile for FailingFile {
    fn append(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        self.inner.append(parts)
    }

    fn sync(&mut self) -> io::Result<()> {
        let fails = self.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if fails.is_ok() { Err(io::Error::other("injected")) } else { self.inner.sync() }
    }
}

/// Writes three seconds, the second of which fails to sync; answers what a reader finds of the segments after the first
/// good one.
async fn after_one_failed_sync(failures: usize) -> (Vec<Record>, Vec<u32>, u64) {
    let dir = place();
    let left_to_fail = Arc::new(AtomicUsize::new(0));
    let mut log = writer(dir.path(), pool(Failing { failures: Arc::clone(&left_to_fail) }), LogSettings::default());
    for second in 0..3 {
        log.append(&left(second), Instant::now()).unwrap();
        log.send(Instant::now(), false).unwrap();
        log.append(&left(second + 100), Instant::now()).unwrap();
        assert_eq!(
            outcome(&mut log).await.is_err(),
            left_to_fail.load(Ordering::Relaxed) == 0 && second == 1 && failures > 0
        );
        if second == 0 {
            left_to_fail.store(failures, Ordering::Relaxed);
        }
    }
    log.close().await.unwrap();
    let mut reader = LogReader::open(LogDir::at(dir.path())).unwrap();
    let records = std::iter::from_fn(|| reader.next_record().unwrap().map(|stored| stored.record)).collect();
    (records, LogDir::at(dir.path()).segments().unwrap(), reader.repeated_records())
}

#[tokio::test]
async fn a_failed_sync_loses_nothing_and_its_file_is_not_used_again() {
    let expected: Vec<Record> = [0, 100, 1, 101, 2, 102].map(left).to_vec();
    let (healthy, segments, repeated) = after_one_failed_sync(0).await;
    assert_eq!((healthy, segments, repeated), (expected.clone(), vec![1], 0));
    let (failed, segments, repeated) = after_one_failed_sync(1).await;
    assert_eq!(segments, vec![1, 2]);
    assert_eq!(failed, expected, "what may lie in both files is read once");
    assert!(repeated > 0, "and it is told that it does");
}

#[tokio::test]
async fn the_end_of_a_log_waits_for_a_disk_that_refuses_for_a_while() {
    let dir = place();
    let failures = Arc::new(AtomicUsize::new(30));
    let settings = LogSettings { retry_after: Duration::ZERO, ..LogSettings::default() };
    let mut log = writer(dir.path(), pool(Failing { failures: Arc::clone(&failures) }), settings);
    log.append(&left(7), Instant::now()).unwrap();
    log.close().await.unwrap();
    assert_eq!(failures.load(Ordering::Relaxed), 0);
    assert!(read_all(dir.path()).contains(&left(7)));
}

#[tokio::test]
async fn the_end_of_a_log_is_given_up_if_the_disk_never_takes_it() {
    let dir = place();
    let failures = Arc::new(AtomicUsize::new(usize::MAX));
    let settings = LogSettings { retry_after: Duration::ZERO, ..LogSettings::default() };
    let mut log = writer(dir.path(), pool(Failing { failures }), settings);
    log.append(&left(7), Instant::now()).unwrap();
    assert!(matches!(log.close().await, Err(JournalError::Io { .. })));
}

#[tokio::test]
async fn pictures_that_find_no_room_are_dropped_and_declared_while_sound_goes_on() {
    let dir = place();
    let settings = LogSettings { buffer_bytes: 10_000, ..LogSettings::default() };
    let mut log = writer(dir.path(), pool(LocalDisk), settings);
    for number in 0..5 {
        log.append(&frame(TrackKind::Video, number, vec![1; 4_000]), Instant::now()).unwrap();
    }
    log.append(&frame(TrackKind::Audio, 5, vec![2; 300]), Instant::now()).unwrap();
    log.close().await.unwrap();
    let records = read_all(dir.path());
    let kept = records.iter().filter(|record| matches!(record.entry, Entry::Media(_))).count();
    assert_eq!(kept, 3, "two pictures and one packet of sound");
    let declared = records.iter().find_map(|record| match record.entry {
        Entry::Control(Control::Dropped { kind, frames, from, to, .. }) => Some((kind, frames, from, to)),
        _ => None,
    });
    let times = (SourceTime::from_unix_ms(2), SourceTime::from_unix_ms(4));
    assert_eq!(declared, Some((TrackKind::Video, 3, times.0, times.1)));
}

#[tokio::test]
async fn a_log_that_somebody_follows_has_its_turn_more_often() {
    let dir = place();
    let settings = LogSettings { sync_every: Duration::from_secs(60), ..LogSettings::default() };
    let mut log = writer(dir.path(), pool(LocalDisk), settings);
    let now = Instant::now();
    log.append(&left(1), now).unwrap();
    let waits = |log: &LogWriter| log.next_tick().unwrap().saturating_duration_since(now);
    log.set_watched(true);
    assert!(waits(&log) <= WATCHED_SYNC_EVERY);
    log.set_watched(false);
    assert!(waits(&log) > WATCHED_SYNC_EVERY, "nobody hurries it");
}

#[tokio::test]
async fn a_log_is_read_from_a_segment_on() {
    let dir = place();
    for at_ms in [1, 2, 3] {
        let mut log = writer(dir.path(), pool(LocalDisk), LogSettings::default());
        log.append(&left(at_ms), Instant::now()).unwrap();
        log.close().await.unwrap();
    }
    let since = |segment| {
        let mut reader = LogReader::since([LogDir::at(dir.path())], segment).unwrap();
        std::iter::from_fn(|| reader.next_record().unwrap().map(|stored| stored.locator.segment)).collect::<Vec<u32>>()
    };
    assert_eq!(since(0), [1, 2, 3]);
    assert_eq!(since(2), [2, 3]);
    assert_eq!(since(4), [0; 0]);
}

//! A log that is read while it is written.

use std::{fs, io::Write as _};

use super::*;
use crate::Stored;

/// Reads on to where the log ends now.
fn read_on(reader: &mut LogReader, into: &mut Vec<Stored>) {
    reader.look_again().unwrap();
    while let Some(stored) = reader.next_record().unwrap() {
        into.push(stored);
    }
}

fn same(one: &[Stored], other: &[Stored]) -> bool {
    let key = |stored: &Stored| (stored.record.clone(), stored.locator);
    one.iter().map(key).eq(other.iter().map(key))
}

/// A log of several segments, the last of which is closed or not.
async fn written(segments: usize) -> tempfile::TempDir {
    let dir = place();
    let settings = LogSettings { segment_bytes: 100_000, ..LogSettings::default() };
    let mut log = writer(dir.path(), pool(LocalDisk), settings);
    for number in 0..(segments as i64 * 10) {
        let kind = if number % 3 == 0 { TrackKind::Video } else { TrackKind::Audio };
        // One of them makes a batch that is filled up to a page.
        let bytes = if number == 7 { 70_000 } else { 900 + 70 * number as usize };
        log.append(&frame(kind, number, vec![number as u8; bytes]), Instant::now()).unwrap();
        log.append(&left(number), Instant::now()).unwrap();
        log.send(Instant::now(), false).unwrap();
        outcome(&mut log).await.unwrap();
    }
    log.close().await.unwrap();
    dir
}

#[tokio::test]
async fn a_log_that_grows_by_any_number_of_bytes_is_read_as_one_that_is_whole() {
    let whole = written(4).await;
    let from = LogDir::at(whole.path());
    let mut expected = Vec::new();
    read_on(&mut LogReader::open(from.clone()).unwrap(), &mut expected);
    for step in [1, 7, 512, 4_096, 29_989, 1 << 20] {
        let grown = place();
        let to = LogDir::at(grown.path());
        let mut reader = LogReader::open(to.clone()).unwrap();
        let mut read = Vec::new();
        let mut looks = 0;
        for number in from.segments().unwrap() {
            let bytes = fs::read(from.segment(number)).unwrap();
            let mut file = fs::File::create_new(to.segment(number)).unwrap();
            for piece in bytes.chunks(step) {
                file.write_all(piece).unwrap();
                looks += 1;
                // With single bytes a look at each of them takes long and tells no more than one at most of them.
                if step > 1 || looks % 5 == 0 {
                    read_on(&mut reader, &mut read);
                }
            }
        }
        read_on(&mut reader, &mut read);
        assert!(same(&read, &expected), "{} of {} records in steps of {step} bytes", read.len(), expected.len());
        assert_eq!(reader.damaged_chunks(), 0, "in steps of {step} bytes");
    }
}

#[tokio::test]
async fn what_is_read_while_it_is_written_is_there_to_be_fetched() {
    let dir = place();
    let log_dir = LogDir::at(dir.path());
    let settings = LogSettings { segment_bytes: 20_000, ..LogSettings::default() };
    let mut log = writer(dir.path(), pool(LocalDisk), settings);
    let mut reader = LogReader::open(log_dir.clone()).unwrap();
    let mut payloads = PayloadReader::chained([log_dir]).unwrap();
    let mut read = Vec::new();
    for number in 0..40_i64 {
        log.append(&frame(TrackKind::Audio, number, vec![number as u8; 3_000]), Instant::now()).unwrap();
        log.send(Instant::now(), false).unwrap();
        outcome(&mut log).await.unwrap();
        read_on(&mut reader, &mut read);
        assert_eq!(read.len() as i64, number + 1);
        let last = read.last().unwrap();
        assert_eq!(payloads.read(last.locator).unwrap(), vec![number as u8; 3_000]);
    }
    log.close().await.unwrap();
    read_on(&mut reader, &mut read);
    assert_eq!(read.len(), 40);
    assert!(read.last().unwrap().locator.segment > 3, "the log has several segments");
}

#[tokio::test]
async fn a_reader_that_looks_once_knows_nothing_of_what_is_written_later() {
    let dir = place();
    let mut log = writer(dir.path(), pool(LocalDisk), LogSettings::default());
    log.append(&left(1), Instant::now()).unwrap();
    log.send(Instant::now(), false).unwrap();
    outcome(&mut log).await.unwrap();
    let mut reader = LogReader::open(LogDir::at(dir.path())).unwrap();
    assert!(reader.next_record().unwrap().is_some());
    assert!(reader.next_record().unwrap().is_none());
    log.append(&left(2), Instant::now()).unwrap();
    log.close().await.unwrap();
    assert!(reader.next_record().unwrap().is_none());
    reader.look_again().unwrap();
    assert_eq!(reader.next_record().unwrap().unwrap().record, left(2));
}

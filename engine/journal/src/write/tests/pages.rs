//! Batches that are filled up to the end of a page.

use std::fs;

use super::*;
use crate::{
    block::{BLOCK_BYTES, PAGE_BYTES},
    walk::{PADDING, PREFIX_BYTES, prefix},
};

/// A log of six batches, the third of which is small, that was not closed; its records, and how long its file was after each batch.
async fn written(dir: &Path) -> (Vec<Record>, Vec<usize>) {
    let mut log = writer(dir, pool(LocalDisk), LogSettings::default());
    let (mut records, mut lengths) = (Vec::new(), Vec::new());
    for batch in 0..6_i64 {
        for number in 0..if batch == 2 { 1 } else { 5 } {
            let bytes = vec![batch as u8; 15_000 + 700 * batch as usize + number as usize];
            let record = frame(TrackKind::Video, batch * 10 + number, bytes);
            log.append(&record, Instant::now()).unwrap();
            records.push(record);
        }
        log.send(Instant::now(), false).unwrap();
        let synced = outcome(&mut log).await.unwrap();
        let length = fs::metadata(LogDir::at(dir).segment(1)).unwrap().len() as usize;
        assert_eq!(length, lengths.last().unwrap_or(&0) + synced.bytes);
        lengths.push(length);
    }
    (records, lengths)
}

/// Opcode, beginning and end of each record of a segment outside of chunks.
fn top_level(bytes: &[u8]) -> Vec<(u8, usize, usize)> {
    let mut found = Vec::new();
    let mut at = mcap::MAGIC.len();
    while let Some(head) = bytes.get(at..at + PREFIX_BYTES) {
        let (opcode, length) = prefix(head.try_into().unwrap());
        let end = at + PREFIX_BYTES + length as usize;
        found.push((opcode, at, end));
        at = end;
    }
    found
}

fn read(dir: &Path) -> (Vec<Record>, u64) {
    let mut reader = LogReader::open(LogDir::at(dir)).unwrap();
    let records = std::iter::from_fn(|| reader.next_record().unwrap().map(|stored| stored.record)).collect();
    (records, reader.damaged_chunks())
}

#[tokio::test]
async fn a_batch_that_fills_a_block_ends_with_a_page_and_a_small_one_with_its_last_record() {
    let dir = place();
    let (records, lengths) = written(dir.path()).await;
    let are_pages: Vec<bool> = lengths.iter().map(|length| length.is_multiple_of(PAGE_BYTES)).collect();
    assert_eq!(are_pages, [true, true, false, true, true, true]);
    let bytes = fs::read(LogDir::at(dir.path()).segment(1)).unwrap();
    let padding: Vec<_> = top_level(&bytes).into_iter().filter(|(opcode, ..)| *opcode == PADDING).collect();
    assert_eq!(padding.len(), 5);
    for (_, begins, end) in padding {
        assert!(lengths.contains(&end) && end - begins < PAGE_BYTES + PREFIX_BYTES);
        assert!(bytes[begins + PREFIX_BYTES..end].iter().all(|byte| *byte == 0));
    }
    assert!(lengths[2] - lengths[1] < BLOCK_BYTES);
    assert!(read(dir.path()) == (records, 0));
}

#[tokio::test]
async fn a_foreign_reader_passes_over_what_fills_pages() {
    let dir = place();
    let mut log = writer(dir.path(), pool(LocalDisk), LogSettings::default());
    for number in 0..40 {
        log.append(&frame(TrackKind::Video, number, vec![number as u8; 20_000]), Instant::now()).unwrap();
        if number % 4 == 3 {
            log.send(Instant::now(), false).unwrap();
            outcome(&mut log).await.unwrap();
        }
    }
    log.close().await.unwrap();
    let bytes = fs::read(LogDir::at(dir.path()).segment(1)).unwrap();
    assert_eq!(top_level(&bytes).iter().filter(|(opcode, ..)| *opcode == PADDING).count(), 10);
    let read = mcap::MessageStream::new(&bytes).unwrap().map(|message| message.unwrap().data.into_owned());
    assert!(read.eq((0..40_u8).map(|number| vec![number; 20_000])));
    // Its index leads past it as well.
    let summary = mcap::Summary::read(&bytes).unwrap().unwrap();
    let found: usize =
        summary.chunk_indexes.iter().map(|chunk| summary.stream_chunk(&bytes, chunk).unwrap().count()).sum();
    assert_eq!((summary.chunk_indexes.len(), found), (10, 40));
}

#[tokio::test]
async fn padding_that_is_cut_is_the_end_of_the_log_and_padding_that_holds_something_is_damage() {
    let dir = place();
    let (records, lengths) = written(dir.path()).await;
    let path = LogDir::at(dir.path()).segment(1);
    let whole = fs::read(&path).unwrap();
    let padding: Vec<_> = top_level(&whole).into_iter().filter(|(opcode, ..)| *opcode == PADDING).collect();
    let (_, begins, end) = *padding.last().unwrap();
    assert_eq!(end, *lengths.last().unwrap());
    for cut in (begins..end).step_by(7) {
        fs::write(&path, &whole[..cut]).unwrap();
        assert!(read(dir.path()) == (records.clone(), 0), "{cut} of {end}");
    }
    for (_, begins, end) in padding {
        let mut harmed = whole.clone();
        harmed[(begins + PREFIX_BYTES + end) / 2] = 1;
        fs::write(&path, &harmed).unwrap();
        assert!(read(dir.path()) == (records.clone(), 1), "nothing is lost, and it is told");
    }
}

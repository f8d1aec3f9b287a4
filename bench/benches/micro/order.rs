//! From the records of a log to a timeline: what every render begins with.

use std::hint::black_box;

use divan::Bencher;
use model::{Locator, Record};
use timeline::Builder;

use crate::{
    meeting::{media_of, payload_bytes},
    records::{ending, opening},
    work::Work,
};

#[divan::bench]
fn minute(bencher: Bencher<'_, '_>) {
    timeline().time(bencher);
}

/// A minute of a meeting, read already; its payloads are not touched but for what tells pictures and loudness.
pub(crate) fn timeline() -> Work {
    let media = media_of(60).into_iter().map(|(_, record)| record);
    let records: Vec<(Record, Locator)> =
        opening().chain(media).chain([ending(60_000)]).scan(0, |offset, record| Some(placed(offset, record))).collect();
    let bytes = records.iter().map(|(record, _)| payload_bytes(record)).sum();
    Work::new(records.len(), bytes, move || {
        let mut builder = Builder::new();
        for (record, at) in &records {
            builder.push(record, *at);
        }
        black_box(builder.build());
    })
}

/// A record where it would lie in a log of one segment.
fn placed(offset: &mut u64, record: Record) -> (Record, Locator) {
    let len = payload_bytes(&record) as u32;
    let at = Locator { segment: 1, offset: *offset, len };
    *offset += u64::from(len);
    (record, at)
}

//! Walks the records of MCAP bytes, chunk by chunk, trusting nothing: lengths are bounded, checksums are checked, and the
//! walk ends at the last whole chunk. Opening files is the business of `read`.

use std::{borrow::Cow, collections::HashMap};

use bytes::Bytes;
use mcap::records::{Record as McapRecord, op};
use model::Record;

use crate::decode::Channel;

/// Opcode and length that precede every MCAP record.
pub(crate) const PREFIX_BYTES: usize = 9;
/// The longest record that a log holds: a chunk of one second, or one frame of the largest size.
pub(crate) const RECORD_LIMIT_BYTES: u64 = 256 << 20;

/// Splits a record's prefix into opcode and length.
pub(crate) fn prefix(bytes: &[u8; PREFIX_BYTES]) -> (u8, u64) {
    let [opcode, length @ ..] = *bytes;
    (opcode, u64::from_le_bytes(length))
}

/// Reads the body of a top-level record. For a chunk, calls `each` with every record in it and the offset of its payload
/// from the start of `body`; channels are remembered in `channels`. Answers `None` if the body is damaged.
pub(crate) fn top_level(
    opcode: u8,
    body: &Bytes,
    channels: &mut HashMap<u16, Channel>,
    each: &mut dyn FnMut(Record, usize),
) -> Option<()> {
    match mcap::parse_record(opcode, body).ok()? {
        McapRecord::Chunk { header, data } => {
            let data = within(body, data)?;
            let intact = header.compression.is_empty()
                && header.uncompressed_size == data.len() as u64
                && (header.uncompressed_crc == 0 || crc32fast::hash(&data) == header.uncompressed_crc);
            intact.then_some(())?;
            chunk(body, data, channels, each)
        }
        other => {
            remember(other, channels);
            Some(())
        }
    }
}

fn chunk(
    body: &Bytes,
    mut rest: Bytes,
    channels: &mut HashMap<u16, Channel>,
    each: &mut dyn FnMut(Record, usize),
) -> Option<()> {
    while !rest.is_empty() {
        let (opcode, length) = prefix(rest.get(..PREFIX_BYTES)?.try_into().ok()?);
        let _prefix = rest.split_to(PREFIX_BYTES);
        let length = usize::try_from(length).ok().filter(|length| *length <= rest.len())?;
        let inner = rest.split_to(length);
        match mcap::parse_record(opcode, &inner).ok()? {
            McapRecord::Message { header, data } => {
                let payload = within(&inner, data)?;
                let offset = payload.as_ptr() as usize - body.as_ptr() as usize;
                let channel = channels.get(&header.channel_id);
                let record = channel.and_then(|known| known.record(header.log_time, header.publish_time, payload));
                if let Some(record) = record {
                    each(record, offset);
                }
            }
            other => remember(other, channels),
        }
    }
    Some(())
}

fn remember(record: McapRecord<'_>, channels: &mut HashMap<u16, Channel>) {
    if let McapRecord::Channel(channel) = record
        && let Some(known) = Channel::parse(&channel.topic, channel.metadata.get("epoch").map(String::as_str))
    {
        channels.insert(channel.id, known);
    }
}

/// The part of `whole` that `part` borrows from it, shared instead of copied.
fn within(whole: &Bytes, part: Cow<'_, [u8]>) -> Option<Bytes> {
    match part {
        Cow::Borrowed([]) => Some(whole.slice(whole.len()..)),
        Cow::Borrowed(part) => Some(whole.slice_ref(part)),
        Cow::Owned(_) => None,
    }
}

/// Reads the chunks of a batch that is still in memory.
pub(crate) fn batch(bytes: &Bytes, mut channels: HashMap<u16, Channel>, each: &mut dyn FnMut(Record)) {
    let mut rest = bytes.clone();
    if rest.starts_with(mcap::MAGIC) {
        let _magic = rest.split_to(mcap::MAGIC.len());
    }
    while let Some(head) = rest.get(..PREFIX_BYTES).and_then(|head| head.try_into().ok()) {
        let (opcode, length) = prefix(head);
        let _prefix = rest.split_to(PREFIX_BYTES);
        let Some(length) = usize::try_from(length).ok().filter(|length| *length <= rest.len()) else { return };
        let body = rest.split_to(length);
        if opcode == op::CHUNK {
            top_level(opcode, &body, &mut channels, &mut |record, _| each(record));
        }
    }
}

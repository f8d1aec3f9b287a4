//! Walks the records of MCAP bytes, chunk by chunk, trusting nothing: lengths are bounded, checksums are checked, and the
//! walk ends at the last whole chunk. Opening files is the business of `read`.

use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque},
};

use bytes::Bytes;
use mcap::records::{MessageHeader, Record as McapRecord, op};
use model::Record;

use crate::{block::Block, decode::Channel};

/// The channels of a segment by their numbers.
pub(crate) type Channels = HashMap<u16, Channel>;

/// A message as it was met.
pub(crate) struct Found {
    /// What it is; `None` if this version does not know.
    pub(crate) record: Option<Record>,
    /// Its number among the records of its writer.
    pub(crate) sequence: u32,
    /// The segment with which its writer began; `None` if numbers mean nothing.
    pub(crate) since: Option<u32>,
    /// Where its payload lies, from the start of the chunk's body.
    pub(crate) offset: usize,
}

/// The opcode of the records that fill a page up: one of those that MCAP leaves to applications, which every reader passes over.
pub(crate) const PADDING: u8 = 0x80;
/// Opcode and length that precede every MCAP record.
pub(crate) const PREFIX_BYTES: usize = 9;
/// What precedes the records in a chunk that is not compressed: two times, a length, a checksum, no name, and a length.
pub(crate) const CHUNK_HEAD_BYTES: usize = 8 + 8 + 8 + 4 + 4 + 8;
/// The longest record that a log holds: a chunk of one second, or one frame of the largest size.
pub(crate) const RECORD_LIMIT_BYTES: u64 = 256 << 20;

/// Splits a record's prefix into opcode and length.
pub(crate) fn prefix(bytes: &[u8; PREFIX_BYTES]) -> (u8, u64) {
    let [opcode, length @ ..] = *bytes;
    (opcode, u64::from_le_bytes(length))
}

/// Reads the body of a top-level record. For a chunk, calls `each` with every message in it; channels are remembered in
/// `channels`. Answers `None` if the body is damaged, is nothing that belongs between chunks, or has a message whose channel
/// was never introduced.
pub(crate) fn top_level(opcode: u8, body: &Bytes, channels: &mut Channels, each: &mut dyn FnMut(Found)) -> Option<()> {
    match mcap::parse_record(opcode, body).ok()? {
        McapRecord::Chunk { header, data } => {
            let data = within(body, data)?;
            let intact = header.compression.is_empty()
                && header.uncompressed_size == data.len() as u64
                && crc32fast::hash(&data) == header.uncompressed_crc;
            intact.then_some(())?;
            let mut known = true;
            messages(data, &mut |inner| match inner {
                Inner::Channel(id, channel) => {
                    channels.insert(id, channel);
                }
                Inner::Message(header, payload) => match channels.get(&header.channel_id) {
                    Some(channel) => {
                        let offset = payload.as_ptr() as usize - body.as_ptr() as usize;
                        let record = channel.record(header.log_time, header.publish_time, payload);
                        each(Found { record, sequence: header.sequence, since: channel.since, offset });
                    }
                    None => known = false,
                },
            })?;
            known.then_some(())
        }
        McapRecord::Header(_) | McapRecord::MessageIndex(_) => Some(()),
        McapRecord::Unknown { opcode: PADDING, data } => data.iter().all(|byte| *byte == 0).then_some(()),
        _ => None,
    }
}

/// What a chunk holds.
enum Inner {
    Channel(u16, Channel),
    Message(MessageHeader, Bytes),
}

/// Goes through the bytes of a chunk; `None` as soon as their structure is wrong.
fn messages(mut rest: Bytes, each: &mut dyn FnMut(Inner)) -> Option<()> {
    while !rest.is_empty() {
        let (opcode, length) = prefix(rest.get(..PREFIX_BYTES)?.try_into().ok()?);
        let _prefix = rest.split_to(PREFIX_BYTES);
        let length = usize::try_from(length).ok().filter(|length| *length <= rest.len())?;
        let inner = rest.split_to(length);
        match mcap::parse_record(opcode, &inner).ok()? {
            McapRecord::Message { header, data } => each(Inner::Message(header, within(&inner, data)?)),
            McapRecord::Channel(channel) => {
                each(Inner::Channel(channel.id, Channel::parse(&channel.topic, &channel.metadata)));
            }
            _ => {}
        }
    }
    Some(())
}

/// The part of `whole` that `part` borrows from it, shared instead of copied.
fn within(whole: &Bytes, part: Cow<'_, [u8]>) -> Option<Bytes> {
    match part {
        Cow::Borrowed([]) => Some(whole.slice(whole.len()..)),
        Cow::Borrowed(part) => Some(whole.slice_ref(part)),
        Cow::Owned(_) => None,
    }
}

/// Goes through the messages of a batch that is still in memory, as they were written; what was passed is let go.
pub(crate) fn batch(blocks: Vec<Block>, each: &mut dyn FnMut(MessageHeader, &[u8])) {
    let begins_segment = blocks.first().is_some_and(|first| first.starts_with(mcap::MAGIC));
    let mut rest = Rest { blocks: blocks.into(), at: 0 };
    if begins_segment {
        drop(rest.take(mcap::MAGIC.len()));
    }
    while let Some(head) = rest.take(PREFIX_BYTES).and_then(|head| head.try_into().ok()) {
        let (opcode, length) = prefix(&head);
        // A chunk is gone into: what it holds are records as well.
        let length = if opcode == op::CHUNK { Some(CHUNK_HEAD_BYTES) } else { usize::try_from(length).ok() };
        let Some(body) = length.and_then(|length| rest.take(length)) else { return };
        if opcode == op::MESSAGE
            && let Ok(McapRecord::Message { header, data }) = mcap::parse_record(opcode, &body)
        {
            each(header, &data);
        }
    }
}

/// What is left of a batch.
struct Rest {
    blocks: VecDeque<Block>,
    /// Where in the first block it begins.
    at: usize,
}

impl Rest {
    /// Takes so many bytes; `None` if there are fewer.
    fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        let mut taken = Vec::with_capacity(length);
        while taken.len() < length {
            let here = self.blocks.front()?.get(self.at..)?;
            let here = &here[..here.len().min(length - taken.len())];
            taken.extend_from_slice(here);
            self.at += here.len();
            if self.blocks.front().is_some_and(|front| self.at >= front.len()) {
                self.blocks.pop_front();
                self.at = 0;
            }
        }
        Some(taken)
    }
}

//! The index that ends a closed segment: where its chunks begin and what its channels are. It leads a reader past damage;
//! whole segments are read without it, in `read`.

use std::{fs::File, os::unix::fs::FileExt};

use bytes::Bytes;
use mcap::records::{Record as McapRecord, op};

use crate::{
    decode::Channel,
    walk::{self, Channels},
};

/// Opcode, length and body of the record that precedes the closing magic.
const FOOTER_BYTES: usize = walk::PREFIX_BYTES + 20;

/// What the index of a segment says.
#[derive(Debug)]
pub(crate) struct Index {
    /// Where chunks begin in the file, ascending.
    chunks: Vec<u64>,
    pub(crate) channels: Channels,
}

impl Index {
    /// Reads the index of a file of `len` bytes; `None` if it has none, or one whose checksum is wrong.
    pub(crate) fn of(file: &File, len: u64) -> Option<Self> {
        let end = len.checked_sub((mcap::MAGIC.len() + FOOTER_BYTES) as u64)?;
        let tail = read(file, end, FOOTER_BYTES + mcap::MAGIC.len())?;
        let (footer, magic) = tail.split_at_checked(FOOTER_BYTES)?;
        let (head, body) = footer.split_first_chunk::<{ walk::PREFIX_BYTES }>()?;
        if magic != mcap::MAGIC || walk::prefix(head) != (op::FOOTER, body.len() as u64) {
            return None;
        }
        let Ok(McapRecord::Footer(said)) = mcap::parse_record(op::FOOTER, body) else { return None };
        let length = end.checked_sub(said.summary_start).filter(|length| *length <= walk::RECORD_LIMIT_BYTES)?;
        let summary = read(file, said.summary_start, usize::try_from(length).ok()?)?;
        // The checksum covers the summary and the footer up to the checksum itself.
        let mut crc = crc32fast::Hasher::new();
        crc.update(&summary);
        crc.update(footer.get(..FOOTER_BYTES - 4)?);
        (said.summary_start > 0 && crc.finalize() == said.summary_crc).then(|| Self::parse(summary))?
    }

    fn parse(mut rest: Bytes) -> Option<Self> {
        let mut index = Self { chunks: Vec::new(), channels: Channels::new() };
        while !rest.is_empty() {
            let (opcode, length) = walk::prefix(rest.get(..walk::PREFIX_BYTES)?.try_into().ok()?);
            let _prefix = rest.split_to(walk::PREFIX_BYTES);
            let length = usize::try_from(length).ok().filter(|length| *length <= rest.len())?;
            match mcap::parse_record(opcode, &rest.split_to(length)).ok()? {
                McapRecord::Channel(channel) => {
                    index.channels.insert(channel.id, Channel::parse(&channel.topic, &channel.metadata));
                }
                McapRecord::ChunkIndex(chunk) => index.chunks.push(chunk.chunk_start_offset),
                _ => {}
            }
        }
        index.chunks.sort_unstable();
        Some(index)
    }

    /// Where the first chunk behind `offset` begins.
    pub(crate) fn chunk_after(&self, offset: u64) -> Option<u64> {
        self.chunks.get(self.chunks.partition_point(|begins| *begins <= offset)).copied()
    }
}

fn read(file: &File, offset: u64, len: usize) -> Option<Bytes> {
    let mut bytes = vec![0; len];
    // Whatever the disk refuses here it has refused the reader of the segment already.
    file.read_exact_at(&mut bytes, offset).ok()?;
    Some(Bytes::from(bytes))
}

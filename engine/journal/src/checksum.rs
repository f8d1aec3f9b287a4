//! The checksums of the chunks in a batch, put where the format has them once a chunk is whole. The MCAP writer would take them while it
//! writes, and copy everything twice for that. How chunks are read and checked is in `walk`.

use mcap::records::op;

use crate::walk::{CHUNK_HEAD_BYTES, PREFIX_BYTES, prefix};

/// Where the checksum of a chunk lies, from the start of its body: behind two times and a length.
const CHECKSUM_AT: usize = 8 + 8 + 8;

/// Puts the checksum into every chunk of a batch, whose chunks are not compressed. All blocks but the last are equally long.
pub(crate) fn put(blocks: &mut [Vec<u8>]) {
    let mut batch = Batch { block_bytes: blocks.first().map_or(1, Vec::len).max(1), blocks };
    let begins_segment = batch.read(0).is_some_and(|first: [u8; mcap::MAGIC.len()]| first == *mcap::MAGIC);
    let mut at = if begins_segment { mcap::MAGIC.len() } else { 0 };
    while let Some(head) = batch.read(at) {
        let (opcode, length) = prefix(&head);
        let body = at + PREFIX_BYTES;
        let end = body.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
        if opcode == op::CHUNK {
            let checksum = batch.checksum(body + CHUNK_HEAD_BYTES, end);
            batch.write(body + CHECKSUM_AT, checksum.to_le_bytes());
        }
        at = end;
    }
}

/// Blocks as one stretch of bytes.
struct Batch<'a> {
    blocks: &'a mut [Vec<u8>],
    block_bytes: usize,
}

impl Batch<'_> {
    fn byte(&mut self, at: usize) -> Option<&mut u8> {
        self.blocks.get_mut(at / self.block_bytes)?.get_mut(at % self.block_bytes)
    }

    fn read<const N: usize>(&mut self, at: usize) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        for (offset, byte) in bytes.iter_mut().enumerate() {
            *byte = *self.byte(at.checked_add(offset)?)?;
        }
        Some(bytes)
    }

    fn write<const N: usize>(&mut self, at: usize, bytes: [u8; N]) {
        for (offset, byte) in bytes.into_iter().enumerate() {
            if let Some(place) = self.byte(at + offset) {
                *place = byte;
            }
        }
    }

    fn checksum(&self, begin: usize, end: usize) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        let mut at = begin;
        while at < end
            && let Some(part) =
                self.blocks.get(at / self.block_bytes).and_then(|block| block.get(at % self.block_bytes..))
            && !part.is_empty()
        {
            let part = &part[..part.len().min(end - at)];
            hasher.update(part);
            at += part.len();
        }
        hasher.finalize()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use mcap::{WriteOptions, records::MessageHeader};

    use super::*;

    /// A file as the MCAP writer makes it, with the checksums of its chunks or without.
    fn written(with_checksums: bool) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let options = WriteOptions::new().compression(None).chunk_size(None);
        let options = options.calculate_data_section_crc(false).calculate_chunk_crcs(with_checksums);
        let mut writer = options.create(&mut file).unwrap();
        let channel_id = writer.add_channel(0, "topic", "json", &Default::default()).unwrap();
        for (sequence, length) in [1, 0, 70_000, 3, 200_000].into_iter().enumerate() {
            let header = MessageHeader { channel_id, sequence: sequence as u32, log_time: 1, publish_time: 1 };
            writer.write_to_known_channel(&header, &vec![sequence as u8; length]).unwrap();
            if sequence % 2 == 1 {
                writer.flush().unwrap();
            }
        }
        writer.finish().unwrap();
        drop(writer);
        file.into_inner()
    }

    #[test]
    fn checksums_are_those_that_the_writer_takes_however_the_file_lies_in_blocks() {
        let (with, without) = (written(true), written(false));
        assert!(with != without);
        for block_bytes in [1, 7, 4_096, 64 << 10, 1 << 20] {
            let mut blocks: Vec<Vec<u8>> = without.chunks(block_bytes).map(<[u8]>::to_vec).collect();
            put(&mut blocks);
            assert!(blocks.concat() == with, "blocks of {block_bytes}");
        }
    }

    #[test]
    fn bytes_that_are_cut_anywhere_are_left_as_they_are_behind_the_last_whole_record() {
        let without = written(false);
        for end in (0..without.len()).step_by(1_001) {
            let mut blocks = vec![without[..end].to_vec()];
            put(&mut blocks);
            assert_eq!(blocks[0].len(), end);
        }
        put(&mut []);
    }
}

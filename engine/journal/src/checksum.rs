//! The checksums of the chunks in a batch, put where the format has them right before it is written. The MCAP writer would take them
//! while it writes, and copy everything twice for that; what is read for them here is at hand for the file. How chunks are read and
//! checked is in `walk`.

use std::ops::DerefMut;

use mcap::records::op;

use crate::walk::{CHUNK_HEAD_BYTES, PREFIX_BYTES, prefix};

/// Where the checksum of a chunk lies, from the start of its body: behind two times and a length.
const CHECKSUM_AT: usize = 8 + 8 + 8;

/// Puts the checksum into every chunk of a batch, whose chunks are not compressed.
pub(crate) fn put<B: DerefMut<Target = [u8]>>(blocks: &mut [B]) {
    let mut batch = Batch(blocks);
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
struct Batch<'a, B>(&'a mut [B]);

impl<B: DerefMut<Target = [u8]>> Batch<'_, B> {
    /// The block in which a byte lies, and where in it.
    fn place(&self, mut at: usize) -> Option<(usize, usize)> {
        for (number, block) in self.0.iter().enumerate() {
            if at < block.len() {
                return Some((number, at));
            }
            at -= block.len();
        }
        None
    }

    fn read<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        for (offset, byte) in bytes.iter_mut().enumerate() {
            let (number, at) = self.place(at.checked_add(offset)?)?;
            *byte = self.0[number][at];
        }
        Some(bytes)
    }

    fn write<const N: usize>(&mut self, at: usize, bytes: [u8; N]) {
        for (offset, byte) in bytes.into_iter().enumerate() {
            if let Some((number, at)) = self.place(at + offset) {
                self.0[number][at] = byte;
            }
        }
    }

    fn checksum(&self, begin: usize, end: usize) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        let mut left = end.saturating_sub(begin);
        let Some((first, mut at)) = self.place(begin) else { return hasher.finalize() };
        for block in &self.0[first..] {
            let part = &block[at..block.len().min(at.saturating_add(left))];
            hasher.update(part);
            left -= part.len();
            at = 0;
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
    fn blocks_need_not_be_equally_long() {
        let (with, mut rest) = (written(true), &written(false)[..]);
        let mut blocks = Vec::new();
        for length in [3, 0, 1, 50, 0, 80_000, 2, 7_000].into_iter().cycle() {
            let (block, behind) = rest.split_at(rest.len().min(length));
            blocks.push(block.to_vec());
            rest = behind;
            if rest.is_empty() {
                break;
            }
        }
        put(&mut blocks);
        assert!(blocks.concat() == with);
    }

    #[test]
    fn bytes_that_are_cut_anywhere_are_left_as_they_are_behind_the_last_whole_record() {
        let without = written(false);
        for end in (0..without.len()).step_by(1_001) {
            let mut blocks = vec![without[..end].to_vec()];
            put(&mut blocks);
            assert_eq!(blocks[0].len(), end);
        }
        put::<Vec<u8>>(&mut []);
    }
}

//! The bytes that a segment has produced and nobody has taken yet, in blocks: nothing is moved while they grow, and a batch that
//! failed is given back block by block while it is written down again. What they say is the business of `segment`.

use std::{
    io::{self, Seek, SeekFrom, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::block::{BLOCK_BYTES, Block};

/// How many blocks that came back are kept for what is written next: as much as a meeting writes between two syncs.
const SPARE_BLOCKS: usize = 4;

/// What the MCAP writer takes for a file. What was taken cannot be changed any more. Cloning shares it.
#[derive(Clone, Default)]
pub(crate) struct Sink(Arc<Mutex<Blocks>>);

#[derive(Default)]
struct Blocks {
    blocks: Vec<Block>,
    /// Where in the segment the first block begins.
    base: u64,
    /// Where is written next, from there.
    at: usize,
    /// Blocks for what is written next: taking them from the system anew for each batch costs more than filling them.
    spare: Vec<Block>,
}

impl Sink {
    fn blocks(&self) -> MutexGuard<'_, Blocks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes everything, in order.
    pub(crate) fn take(&self) -> Vec<Block> {
        let mut all = self.blocks();
        all.base += all.len() as u64;
        all.at = 0;
        std::mem::take(&mut all.blocks)
    }

    /// How long the segment is, with what was taken.
    pub(crate) fn length_bytes(&self) -> u64 {
        let all = self.blocks();
        all.base + all.len() as u64
    }

    /// Calls `each` with what lies behind a place in the segment that was not taken yet, piece by piece; how many bytes that are.
    pub(crate) fn each_from(&self, place: u64, mut each: impl FnMut(&[u8])) -> u64 {
        let all = self.blocks();
        let Some(at) = place.checked_sub(all.base).and_then(|at| usize::try_from(at).ok()) else { return 0 };
        let (first, mut begins) = (at / BLOCK_BYTES, at % BLOCK_BYTES);
        for block in all.blocks.iter().skip(first) {
            each(block.get(begins..).unwrap_or_default());
            begins = 0;
        }
        all.len().saturating_sub(at) as u64
    }

    /// Takes back blocks whose bytes nobody needs any more.
    pub(crate) fn reuse(&self, blocks: Vec<Block>) {
        let mut all = self.blocks();
        for mut block in blocks {
            if all.spare.len() < SPARE_BLOCKS {
                block.clear();
                all.spare.push(block);
            }
        }
    }
}

impl Blocks {
    fn len(&self) -> usize {
        self.blocks.last().map_or(0, |last| (self.blocks.len() - 1) * BLOCK_BYTES + last.len())
    }

    /// Writes as much as belongs to the block that is written next, over what is there and behind it; how much.
    fn write(&mut self, bytes: &[u8]) -> usize {
        let (number, at) = (self.at / BLOCK_BYTES, self.at % BLOCK_BYTES);
        if number == self.blocks.len() {
            self.blocks.push(self.spare.pop().unwrap_or_else(Block::new));
        }
        let count = self.blocks[number].put(at, bytes);
        self.at += count;
        count
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.blocks().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Sink {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        let mut all = self.blocks();
        let wanted = match place {
            SeekFrom::Start(place) => place.checked_sub(all.base).and_then(|at| usize::try_from(at).ok()),
            SeekFrom::End(0) => Some(all.len()),
            SeekFrom::Current(0) => Some(all.at),
            SeekFrom::End(_) | SeekFrom::Current(_) => None,
        };
        all.at = wanted.filter(|at| *at <= all.len()).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(all.base + all.at as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(blocks: &[Block]) -> Vec<u8> {
        blocks.iter().flat_map(|block| block.to_vec()).collect()
    }

    #[test]
    fn what_was_not_taken_may_be_changed_and_nothing_before_it() {
        let mut sink = Sink::default();
        sink.write_all(b"first").unwrap();
        assert_eq!(bytes(&sink.take()), b"first");
        sink.write_all(b"second").unwrap();
        assert_eq!(sink.seek(SeekFrom::Start(5)).unwrap(), 5);
        sink.write_all(b"SE").unwrap();
        assert_eq!(sink.stream_position().unwrap(), 7);
        assert_eq!(sink.seek(SeekFrom::End(0)).unwrap(), 11);
        sink.write_all(b"!").unwrap();
        assert!(sink.seek(SeekFrom::Start(4)).is_err() && sink.seek(SeekFrom::Start(13)).is_err());
        assert_eq!(sink.length_bytes(), 12);
        assert_eq!(bytes(&sink.take()), b"SEcond!");
        assert_eq!((sink.take().len(), sink.length_bytes()), (0, 12));
    }

    #[test]
    fn a_change_may_reach_over_the_border_of_two_blocks() {
        let mut sink = Sink::default();
        sink.write_all(&vec![7; BLOCK_BYTES + 10]).unwrap();
        sink.seek(SeekFrom::Start(BLOCK_BYTES as u64 - 2)).unwrap();
        sink.write_all(b"over").unwrap();
        let blocks = sink.take();
        assert_eq!(blocks.iter().map(|block| block.len()).collect::<Vec<_>>(), [BLOCK_BYTES, 10]);
        let border = [&blocks[0][BLOCK_BYTES - 3..], &blocks[1][..3]].concat();
        assert_eq!(border, b"\x07over\x07");
    }

    #[test]
    fn every_block_but_the_last_is_full() {
        let mut sink = Sink::default();
        for length in (0..3_000).chain([5_000_000, 1]) {
            sink.write_all(&vec![7; length]).unwrap();
        }
        assert_eq!(sink.stream_position().unwrap(), 2_999 * 1_500 + 5_000_001);
        let blocks = sink.take();
        let (last, full) = blocks.split_last().unwrap();
        assert!(full.iter().all(|block| block.len() == BLOCK_BYTES));
        assert_eq!(full.len() * BLOCK_BYTES + last.len(), 2_999 * 1_500 + 5_000_001);
    }

    #[test]
    fn blocks_that_came_back_are_used_again_and_say_nothing_of_what_was_in_them() {
        let mut sink = Sink::default();
        sink.write_all(&[7; 2 * BLOCK_BYTES]).unwrap();
        let blocks = sink.take();
        let mut before: Vec<_> = blocks.iter().map(|block| block.as_ptr()).collect();
        sink.reuse(blocks);
        sink.write_all(&[8; BLOCK_BYTES + 1]).unwrap();
        let blocks = sink.take();
        let mut after: Vec<_> = blocks.iter().map(|block| block.as_ptr()).collect();
        before.sort_unstable();
        after.sort_unstable();
        assert_eq!(before, after);
        assert!(bytes(&blocks).iter().all(|byte| *byte == 8) && blocks[1].len() == 1);
    }

    #[test]
    fn after_a_burst_only_a_few_blocks_are_kept() {
        let mut sink = Sink::default();
        sink.write_all(&[7; 40 * BLOCK_BYTES]).unwrap();
        sink.reuse(sink.take());
        assert_eq!(sink.blocks().spare.len(), SPARE_BLOCKS);
    }
}

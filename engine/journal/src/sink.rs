//! The bytes that a segment has produced and nobody has taken yet, in blocks: nothing is moved while they grow, and a batch that
//! failed is given back block by block while it is written down again. What they say is the business of `segment`.
//!
//! The MCAP writer owns the file that it writes to, and writes a record in seven pieces. Blocks that it shared with the segment
//! would be locked for each of them; they are lent to it instead, for as long as a call lasts.

use std::{
    cell::RefCell,
    io::{self, Seek, SeekFrom, Write},
};

use crate::block::{BLOCK_BYTES, Block};

/// How many blocks that came back are kept for what is written next: as much as a meeting writes between two syncs.
const SPARE_BLOCKS: usize = 4;

thread_local! {
    /// What was lent to the MCAP writer that this thread is in.
    static LENT: RefCell<Option<Blocks>> = const { RefCell::new(None) };
}

/// What the MCAP writer takes for a file: the blocks that are lent to it. It has none of its own.
pub(crate) struct Sink;

/// The bytes of a segment. What was taken cannot be changed any more.
#[derive(Default)]
pub(crate) struct Blocks {
    blocks: Vec<Block>,
    /// Where in the segment the first block begins.
    base: u64,
    /// Where is written next, from there.
    at: usize,
    /// Blocks for what is written next: taking them from the system anew for each batch costs more than filling them.
    spare: Vec<Block>,
}

/// Takes back what was lent, whatever became of the borrower.
struct Loan<'a>(&'a mut Blocks);

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        *self.0 = LENT.take().unwrap_or_default();
    }
}

impl Blocks {
    /// Lends everything to the writer that `write` calls; every [`Sink`] that this thread writes to meanwhile is this.
    pub(crate) fn lend<T>(&mut self, write: impl FnOnce() -> T) -> T {
        LENT.set(Some(std::mem::take(self)));
        let _loan = Loan(self);
        write()
    }

    /// Takes everything, in order.
    pub(crate) fn take(&mut self) -> Vec<Block> {
        self.base = self.length_bytes();
        self.at = 0;
        std::mem::take(&mut self.blocks)
    }

    /// How long the segment is, with what was taken.
    pub(crate) fn length_bytes(&self) -> u64 {
        self.base + self.len() as u64
    }

    /// Calls `each` with what lies behind a place in the segment that was not taken yet, piece by piece; how many bytes that are.
    pub(crate) fn each_from(&self, place: u64, mut each: impl FnMut(&[u8])) -> u64 {
        let Some(at) = place.checked_sub(self.base).and_then(|at| usize::try_from(at).ok()) else { return 0 };
        let (first, mut begins) = (at / BLOCK_BYTES, at % BLOCK_BYTES);
        for block in self.blocks.iter().skip(first) {
            each(block.get(begins..).unwrap_or_default());
            begins = 0;
        }
        self.len().saturating_sub(at) as u64
    }

    /// Takes back blocks whose bytes nobody needs any more.
    pub(crate) fn reuse(&mut self, blocks: Vec<Block>) {
        for mut block in blocks {
            if self.spare.len() < SPARE_BLOCKS {
                block.clear();
                self.spare.push(block);
            }
        }
    }

    fn len(&self) -> usize {
        self.blocks.last().map_or(0, |last| (self.blocks.len() - 1) * BLOCK_BYTES + last.len())
    }
}

impl Write for Blocks {
    /// Writes as much as belongs to the block that is written next, over what is there and behind it.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (number, at) = (self.at / BLOCK_BYTES, self.at % BLOCK_BYTES);
        if number == self.blocks.len() {
            self.blocks.push(self.spare.pop().unwrap_or_else(Block::new));
        }
        let count = self.blocks[number].put(at, bytes);
        self.at += count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Blocks {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        let wanted = match place {
            SeekFrom::Start(place) => place.checked_sub(self.base).and_then(|at| usize::try_from(at).ok()),
            SeekFrom::End(0) => Some(self.len()),
            SeekFrom::Current(0) => Some(self.at),
            SeekFrom::End(_) | SeekFrom::Current(_) => None,
        };
        self.at = wanted.filter(|at| *at <= self.len()).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.base + self.at as u64)
    }
}

impl Sink {
    fn lent<T>(write: impl FnOnce(&mut Blocks) -> io::Result<T>) -> io::Result<T> {
        LENT.with_borrow_mut(|lent| match lent {
            Some(blocks) => write(blocks),
            None => Err(io::Error::new(io::ErrorKind::NotConnected, "nothing is lent to the writer of a log")),
        })
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Self::lent(|blocks| blocks.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Sink {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        Self::lent(|blocks| blocks.seek(place))
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
        let mut all = Blocks::default();
        all.write_all(b"first").unwrap();
        assert_eq!(bytes(&all.take()), b"first");
        all.write_all(b"second").unwrap();
        assert_eq!(all.seek(SeekFrom::Start(5)).unwrap(), 5);
        all.write_all(b"SE").unwrap();
        assert_eq!(all.stream_position().unwrap(), 7);
        assert_eq!(all.seek(SeekFrom::End(0)).unwrap(), 11);
        all.write_all(b"!").unwrap();
        assert!(all.seek(SeekFrom::Start(4)).is_err() && all.seek(SeekFrom::Start(13)).is_err());
        assert_eq!(all.length_bytes(), 12);
        assert_eq!(bytes(&all.take()), b"SEcond!");
        assert_eq!((all.take().len(), all.length_bytes()), (0, 12));
    }

    #[test]
    fn a_change_may_reach_over_the_border_of_two_blocks() {
        let mut all = Blocks::default();
        all.write_all(&vec![7; BLOCK_BYTES + 10]).unwrap();
        all.seek(SeekFrom::Start(BLOCK_BYTES as u64 - 2)).unwrap();
        all.write_all(b"over").unwrap();
        let blocks = all.take();
        assert_eq!(blocks.iter().map(|block| block.len()).collect::<Vec<_>>(), [BLOCK_BYTES, 10]);
        let border = [&blocks[0][BLOCK_BYTES - 3..], &blocks[1][..3]].concat();
        assert_eq!(border, b"\x07over\x07");
    }

    #[test]
    fn every_block_but_the_last_is_full() {
        let mut all = Blocks::default();
        for length in (0..3_000).chain([5_000_000, 1]) {
            all.write_all(&vec![7; length]).unwrap();
        }
        assert_eq!(all.stream_position().unwrap(), 2_999 * 1_500 + 5_000_001);
        let blocks = all.take();
        let (last, full) = blocks.split_last().unwrap();
        assert!(full.iter().all(|block| block.len() == BLOCK_BYTES));
        assert_eq!(full.len() * BLOCK_BYTES + last.len(), 2_999 * 1_500 + 5_000_001);
    }

    #[test]
    fn blocks_that_came_back_are_used_again_and_say_nothing_of_what_was_in_them() {
        let mut all = Blocks::default();
        all.write_all(&[7; 2 * BLOCK_BYTES]).unwrap();
        let blocks = all.take();
        let mut before: Vec<_> = blocks.iter().map(|block| block.as_ptr()).collect();
        all.reuse(blocks);
        all.write_all(&[8; BLOCK_BYTES + 1]).unwrap();
        let blocks = all.take();
        let mut after: Vec<_> = blocks.iter().map(|block| block.as_ptr()).collect();
        before.sort_unstable();
        after.sort_unstable();
        assert_eq!(before, after);
        assert!(bytes(&blocks).iter().all(|byte| *byte == 8) && blocks[1].len() == 1);
    }

    #[test]
    fn after_a_burst_only_a_few_blocks_are_kept() {
        let mut all = Blocks::default();
        all.write_all(&[7; 40 * BLOCK_BYTES]).unwrap();
        let burst = all.take();
        all.reuse(burst);
        assert_eq!(all.spare.len(), SPARE_BLOCKS);
    }

    #[test]
    fn a_sink_writes_to_what_is_lent_and_to_nothing_else() {
        let mut first = Blocks::default();
        let mut second = Blocks::default();
        assert!(Sink.write_all(b"lost").is_err() && Sink.stream_position().is_err());
        first.lend(|| Sink.write_all(b"one")).unwrap();
        second.lend(|| Sink.write_all(b"another")).unwrap();
        assert_eq!(first.lend(|| Sink.seek(SeekFrom::Start(1))).unwrap(), 1);
        first.lend(|| Sink.write_all(b"f")).unwrap();
        assert!(Sink.write_all(b"lost").is_err());
        assert_eq!((bytes(&first.take()), bytes(&second.take())), (b"ofe".to_vec(), b"another".to_vec()));
    }

    #[test]
    fn a_writer_that_panics_gives_back_what_was_lent() {
        let mut all = Blocks::default();
        all.write_all(b"kept").unwrap();
        let panics = || {
            all.lend(|| {
                Sink.write_all(b"!").unwrap();
                panic!("a defect");
            });
        };
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
        assert!(Sink.write_all(b"lost").is_err());
        assert_eq!(bytes(&all.take()), b"kept!");
    }
}

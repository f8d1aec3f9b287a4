//! The memory in which a log's bytes wait for the disk. It begins at a page, so that a disk can be given it as it is; what is put
//! into blocks is the business of `sink`.

use std::ops::Deref;

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// What direct writes are aligned to, in memory and in the file: a page of the machines we know, and no less than what any common
/// disk asks for.
pub(crate) const PAGE_BYTES: usize = 4096;
/// How many pages a block has.
const PAGES: usize = 16;
/// How many bytes a block takes.
pub(crate) const BLOCK_BYTES: usize = PAGES * PAGE_BYTES;

#[derive(Clone, Copy, FromBytes, Immutable, IntoBytes)]
#[repr(C, align(4096))]
struct Page([u8; PAGE_BYTES]);

/// Up to [`BLOCK_BYTES`] bytes, from the beginning of a page on. Never moves.
pub(crate) struct Block {
    /// As many as were needed so far: memory that nothing was put into is not touched.
    pages: Vec<Page>,
    len: usize,
}

impl Block {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self { pages: Vec::with_capacity(PAGES), len: 0 }
    }

    /// Forgets what it holds.
    pub(crate) const fn clear(&mut self) {
        self.len = 0;
    }

    /// Puts bytes at a place, over what is there and behind it, as many as find room; how many.
    ///
    /// # Panics
    /// If the place lies behind its end.
    pub(crate) fn put(&mut self, at: usize, bytes: &[u8]) -> usize {
        assert!(at <= self.len, "a block has no holes");
        let count = bytes.len().min(BLOCK_BYTES - at);
        let end = at + count;
        if self.pages.len() * PAGE_BYTES < end {
            self.pages.resize(end.div_ceil(PAGE_BYTES), Page([0; PAGE_BYTES]));
        }
        self.pages.as_mut_bytes()[at..end].copy_from_slice(&bytes[..count]);
        self.len = self.len.max(end);
        count
    }
}

impl Deref for Block {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.pages.as_bytes()[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_begins_at_a_page_and_holds_what_was_put_last() {
        let mut block = Block::new();
        assert!(block.is_empty() && (block.as_ptr() as usize).is_multiple_of(PAGE_BYTES));
        assert_eq!((block.put(0, b"first"), block.put(3, b"place"), block.put(8, b"!")), (5, 5, 1));
        assert_eq!((&*block, block.pages.len()), (&b"firplace!"[..], 1));
        let place = block.as_ptr();
        assert_eq!(block.put(0, b"F"), 1);
        assert_eq!((block.put(9, &[7; 2 * BLOCK_BYTES]), block.len()), (BLOCK_BYTES - 9, BLOCK_BYTES));
        assert!(block.starts_with(b"Firplace!\x07") && block.as_ptr() == place);
        block.clear();
        assert_eq!((block.len(), block.put(0, &[])), (0, 0));
    }
}

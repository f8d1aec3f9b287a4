//! The checksum of the chunk that is being written, taken of each record as soon as it is in its block, which the processor has at
//! hand then: from there the disk takes blocks by itself. The MCAP writer would take it twice. How chunks are read and checked is in
//! `walk`.

use std::io::{self, Seek, SeekFrom, Write};

use crc32fast::Hasher;

use crate::{
    sink::Blocks,
    walk::{CHUNK_HEAD_BYTES, PREFIX_BYTES},
};

/// Where the checksum of a chunk lies, from the start of its body: behind two times and a length.
const CHECKSUM_AT: u64 = 8 + 8 + 8;

/// Of the chunk that begins at a place of the segment, with the next thing that is written.
pub(crate) struct Checksum {
    chunk_begins: u64,
    /// Up to where it was taken.
    taken_to: u64,
    hasher: Hasher,
}

impl Checksum {
    /// Of a chunk that begins where the segment ends now.
    pub(crate) fn behind(blocks: &Blocks) -> Self {
        let chunk_begins = blocks.length_bytes();
        let records_begin = chunk_begins + (PREFIX_BYTES + CHUNK_HEAD_BYTES) as u64;
        Self { chunk_begins, taken_to: records_begin, hasher: Hasher::new() }
    }

    /// Takes in what was written since, up to the end of the last record.
    pub(crate) fn take_in(&mut self, blocks: &Blocks) {
        self.taken_to += blocks.each_from(self.taken_to, |bytes| self.hasher.update(bytes));
    }

    /// Puts it into the chunk, which the writer has closed since; without effect if there is none.
    ///
    /// # Errors
    /// None, as long as what the chunk consists of was not taken.
    pub(crate) fn put(&self, blocks: &mut Blocks) -> io::Result<()> {
        if blocks.length_bytes() == self.chunk_begins {
            return Ok(());
        }
        blocks.seek(SeekFrom::Start(self.chunk_begins + PREFIX_BYTES as u64 + CHECKSUM_AT))?;
        blocks.write_all(&self.hasher.clone().finalize().to_le_bytes())?;
        blocks.seek(SeekFrom::End(0)).map(drop)
    }
}

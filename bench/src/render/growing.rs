//! The fragmented file while it grows, and the plain one that is made of it.

use std::{
    fs::File,
    io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use bytes::Bytes;
use render::{Finish, FinishStep};

/// How much is written at once.
const BUFFER_BYTES: usize = 1 << 20;

/// A file that grows.
pub(super) struct Growing(BufWriter<File>);

impl Growing {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).open(path)?;
        Ok(Self(BufWriter::with_capacity(BUFFER_BYTES, file)))
    }

    pub(super) fn append(&mut self, pieces: &[Bytes]) -> io::Result<()> {
        pieces.iter().try_for_each(|piece| self.0.write_all(piece))
    }

    /// Writes the plain file, and answers it.
    pub(super) fn finish(mut self, finish: Finish, target: &Path) -> io::Result<File> {
        self.0.flush()?;
        let source = self.0.get_mut();
        let mut plain = BufWriter::with_capacity(BUFFER_BYTES, File::create_new(target)?);
        for step in finish {
            match step {
                FinishStep::Bytes(bytes) => plain.write_all(&bytes)?,
                FinishStep::Copy { offset, len } => {
                    source.seek(SeekFrom::Start(offset))?;
                    io::copy(&mut source.take(len), &mut plain)?;
                }
            }
        }
        plain.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

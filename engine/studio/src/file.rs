//! The two files of an MP4 in the making: the one that grows in fragments, and the plain one that is made of it.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use render::{Finish, FinishStep};

use crate::StudioError;

/// The fragmented file, playable up to its last whole fragment; removed when it is dropped.
pub(crate) struct Growing {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Growing {
    pub(crate) fn create(path: PathBuf) -> Result<Self, StudioError> {
        let file = File::options().read(true).write(true).create_new(true).open(&path);
        Ok(Self { file: BufWriter::with_capacity(1 << 20, file.map_err(StudioError::file("create", &path))?), path })
    }

    pub(crate) fn append(&mut self, pieces: &[Bytes]) -> Result<(), StudioError> {
        pieces
            .iter()
            .try_for_each(|piece| self.file.write_all(piece))
            .map_err(StudioError::file("append to", &self.path))
    }

    /// Writes the plain file to `target`, in one pass.
    pub(crate) fn finish(mut self, finish: Finish, target: &Path) -> Result<(), StudioError> {
        self.file.flush().map_err(StudioError::file("append to", &self.path))?;
        let source = self.file.get_mut();
        let plain = File::create_new(target).map_err(StudioError::file("create", target))?;
        let mut plain = BufWriter::with_capacity(1 << 20, plain);
        for step in finish {
            match step {
                FinishStep::Bytes(bytes) => plain.write_all(&bytes),
                FinishStep::Copy { offset, len } => copy(source, offset, len, &mut plain),
            }
            .map_err(StudioError::file("write", target))?;
        }
        plain.flush().map_err(StudioError::file("write", target))
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        discard(&self.path);
    }
}

/// The plain file, which whoever publishes it moves away; removed when it is dropped before, by a panic too.
pub(crate) struct Plain {
    path: PathBuf,
}

impl Plain {
    /// One that is about to be written there.
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        discard(&self.path);
    }
}

/// Removes a file that nobody will publish, unless it is gone.
fn discard(path: &Path) {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), %error, "a temporary file stays behind");
        }
        _ => {}
    }
}

fn copy(source: &mut File, offset: u64, len: u64, target: &mut impl Write) -> io::Result<()> {
    source.seek(SeekFrom::Start(offset))?;
    let copied = io::copy(&mut source.take(len), target)?;
    if copied == len { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

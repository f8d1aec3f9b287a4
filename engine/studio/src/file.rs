//! The files of an artifact in the making: the one that grows, and the plain one that is published. An MP4 grows in fragments, of
//! which the plain one is made; other files are the same.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use render::{Finish, FinishStep};

use crate::StudioError;

/// The file that grows, of a video playable up to its last whole fragment; removed when it is dropped.
pub(crate) struct Growing {
    place: Plain,
    file: BufWriter<File>,
}

impl Growing {
    pub(crate) fn create(path: PathBuf) -> Result<Self, StudioError> {
        let file = File::options().read(true).write(true).create_new(true).open(&path);
        let file = BufWriter::with_capacity(1 << 20, file.map_err(StudioError::file("create", &path))?);
        Ok(Self { place: Plain::new(path), file })
    }

    pub(crate) fn append(&mut self, pieces: &[Bytes]) -> Result<(), StudioError> {
        pieces
            .iter()
            .try_for_each(|piece| self.file.write_all(piece))
            .map_err(StudioError::file("append to", self.place.path()))
    }

    /// It is whole as it is.
    pub(crate) fn into_plain(mut self) -> Result<Plain, StudioError> {
        self.file.flush().map_err(StudioError::file("append to", self.place.path()))?;
        Ok(self.place)
    }

    /// Writes the plain file to `target`, in one pass.
    pub(crate) fn finish(mut self, finish: Finish, target: &Path) -> Result<(), StudioError> {
        self.file.flush().map_err(StudioError::file("append to", self.place.path()))?;
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

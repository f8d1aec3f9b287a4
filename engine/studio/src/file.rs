//! The file of an artifact that grows, and the plain one that is made of it: an MP4 grows in fragments, other files are the same.
//! Where they lie is named in `staging`.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use render::{Finish, FinishStep};

use crate::{StudioError, staging::Plain};

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

fn copy(source: &mut File, offset: u64, len: u64, target: &mut impl Write) -> io::Result<()> {
    source.seek(SeekFrom::Start(offset))?;
    let copied = io::copy(&mut source.take(len), target)?;
    if copied == len { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

//! The data volume: how much is free on it, and the file that holds the reserve. What is made of that is decided in `space`
//! and `reserve`.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FallocateFlags, fallocate, statvfs},
    io::Errno,
};

use crate::{CapacityError, space::Seen};

/// The name of the reserve in the data directory.
const RESERVE: &str = "reserve";
/// How much is written at once where space cannot be taken otherwise, in bytes.
const PIECE_BYTES: usize = 1 << 20;

/// A data directory and the volume that it lies on. Every call may wait for the disk.
#[derive(Clone, Debug)]
pub struct Volume {
    dir: PathBuf,
}

impl Volume {
    /// The volume of a data directory, which must be there: whoever owns it makes it durable.
    ///
    /// # Errors
    /// [`CapacityError::Volume`] if it cannot be looked at.
    pub fn open(dir: &Path) -> Result<Self, CapacityError> {
        fs::metadata(dir).map_err(CapacityError::volume("look at", dir))?;
        Ok(Self { dir: dir.to_owned() })
    }

    /// How much is free.
    pub(crate) fn look(&self) -> Result<Seen, CapacityError> {
        let told = statvfs(&self.dir).map_err(|error| CapacityError::volume("look at", &self.dir)(error.into()))?;
        Ok(Seen {
            free_bytes: told.f_bavail.saturating_mul(told.f_frsize),
            total_bytes: told.f_blocks.saturating_mul(told.f_frsize),
            free_inodes: told.f_favail,
            total_inodes: told.f_files,
        })
    }

    fn reserve(&self) -> PathBuf {
        self.dir.join(RESERVE)
    }

    /// How much the reserve takes, in bytes; 0 if it was let go.
    pub(crate) fn held_bytes(&self) -> u64 {
        fs::metadata(self.reserve()).map_or(0, |reserve| reserve.len())
    }

    /// Lets go of the reserve.
    pub(crate) fn release(&self) -> Result<(), CapacityError> {
        match fs::remove_file(self.reserve()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(CapacityError::volume("remove", self.reserve())(error))
            }
            _ => Ok(()),
        }
    }

    /// Takes `bytes` for the reserve; all of it or nothing.
    pub(crate) fn hold(&self, bytes: u64) -> Result<(), CapacityError> {
        let path = self.reserve();
        let made = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
        let taken = made.and_then(|file| take(&file, bytes).and_then(|()| file.sync_all()));
        taken.map_err(|error| {
            // What was taken so far is worth nothing, and the error that counts is the first.
            drop(fs::remove_file(&path));
            CapacityError::volume("reserve space in", path)(error)
        })
    }
}

fn take(file: &File, bytes: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => fill(file, bytes),
        other => Ok(other?),
    }
}

/// Takes space where the file system knows no other way.
fn fill(mut file: &File, bytes: u64) -> io::Result<()> {
    let piece = vec![0; PIECE_BYTES];
    let mut left = bytes;
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE_BYTES);
        file.write_all(&piece[..now])?;
        left -= now as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_volume_tells_how_much_is_free() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Volume::open(&dir.path().join("missing")).is_err());
        let seen = Volume::open(dir.path()).unwrap().look().unwrap();
        assert!(seen.free_bytes > 0 && seen.free_bytes <= seen.total_bytes, "{seen:?}");
        assert!(seen.free_inodes <= seen.total_inodes, "{seen:?}");
    }

    #[test]
    fn the_reserve_takes_real_space_and_gives_it_back() {
        let dir = tempfile::tempdir().unwrap();
        let volume = Volume::open(dir.path()).unwrap();
        assert_eq!(volume.held_bytes(), 0);
        volume.hold(3 << 20).unwrap();
        assert_eq!(volume.held_bytes(), 3 << 20);
        let blocks = fs::metadata(dir.path().join(RESERVE)).unwrap().blocks();
        assert!(blocks * 512 >= 3 << 20, "{blocks} blocks are no reserve");
        volume.release().unwrap();
        volume.release().unwrap();
        assert_eq!(volume.held_bytes(), 0);
    }

    #[test]
    fn a_file_system_that_cannot_take_space_in_advance_is_written_to() {
        let file = tempfile::tempfile().unwrap();
        fill(&file, (2 << 20) + 5).unwrap();
        let made = file.metadata().unwrap();
        assert_eq!(made.len(), (2 << 20) + 5);
        assert!(made.blocks() * 512 >= made.len());
    }

    #[test]
    fn a_reserve_that_finds_no_room_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let volume = Volume::open(dir.path()).unwrap();
        volume.hold(1 << 60).unwrap_err();
        assert!(!dir.path().join(RESERVE).exists());
    }
}

//! Deletes a log for good. When that is right is the catalogue's business.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{JournalError, LocalDisk, LogDir};

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many files.
    pub files: u64,
    /// How many bytes they had.
    pub bytes: u64,
}

/// What a deletion needs of a disk; a test puts one in its place that loses power.
pub(crate) trait Removal {
    /// The files of a directory, with their lengths in bytes.
    fn list(&self, dir: &Path) -> io::Result<Vec<(PathBuf, u64)>>;
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty directory.
    fn remove_dir(&self, dir: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable, and that names are gone from it.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
}

impl Removal for LocalDisk {
    fn list(&self, dir: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
        let files = fs::read_dir(dir)?.map(|entry| {
            let path = entry?.path();
            let bytes = fs::symlink_metadata(&path).map_or(0, |metadata| metadata.len());
            Ok((path, bytes))
        });
        files.collect()
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        fs::remove_dir(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        fs::File::open(dir)?.sync_all()
    }
}

impl LogDir {
    /// Removes the log with its directory, durably; a log that is not there is removed already, and it is made sure that it
    /// stays away. Nobody may write it any more. What could not be removed stays for the next attempt. This is procedure D
    /// of `docs/design/durability.md`.
    ///
    /// # Errors
    /// [`JournalError::Io`] if the disk refuses.
    pub fn remove(&self) -> Result<Removed, JournalError> {
        self.remove_on(&LocalDisk)
    }

    pub(crate) fn remove_on(&self, disk: &impl Removal) -> Result<Removed, JournalError> {
        let mut removed = Removed::default();
        let files = present(disk.list(self.path())).map_err(JournalError::io("list", self.path()))?;
        for (path, bytes) in files.into_iter().flatten() {
            disk.remove_file(&path).map_err(JournalError::io("delete", &path))?;
            removed.files += 1;
            removed.bytes += bytes;
        }
        for dir in self.owned() {
            match present(disk.remove_dir(dir)) {
                // Somebody else keeps something beside the log.
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty && dir != self.path() => break,
                outcome => outcome.map_err(JournalError::io("delete", dir))?,
            };
            // An attempt before this one may have died between the two.
            if let Some(above) = dir.parent() {
                present(disk.sync_dir(above)).map_err(JournalError::io("sync", above))?;
            }
        }
        Ok(removed)
    }
}

/// What the disk answered, or nothing about something that is not there.
fn present<T>(answer: io::Result<T>) -> io::Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::CaptureId;

    #[test]
    fn a_log_is_removed_with_its_directory_and_twice_is_once() {
        let data = tempfile::tempdir().expect("a directory");
        let (gone, other) = (CaptureId::new(1, [1; 10]), CaptureId::new(2, [2; 10]));
        for (capture, text) in [(gone, "secret"), (other, "kept")] {
            let dir = LogDir::of(data.path(), capture);
            fs::create_dir_all(dir.path()).expect("made");
            fs::write(dir.segment(1), text).expect("written");
        }
        let dir = LogDir::of(data.path(), gone);
        assert_eq!(dir.remove().expect("removed"), Removed { files: 1, bytes: 6 });
        assert_eq!(dir.remove().expect("again"), Removed::default());
        let capture = dir.path().parent().expect("a capture's directory");
        assert!(!capture.exists());
        // A process died between the two directories.
        fs::create_dir(capture).expect("made");
        assert_eq!(dir.remove().expect("again"), Removed::default());
        assert!(!capture.exists());
        assert!(LogDir::of(data.path(), other).segment(1).exists());
    }

    #[test]
    fn the_last_log_leaves_the_directory_of_all_logs() {
        let data = tempfile::tempdir().expect("a directory");
        let dir = LogDir::of(data.path(), CaptureId::new(1, [1; 10]));
        assert_eq!(dir.remove().expect("nothing"), Removed::default());
        fs::create_dir_all(dir.path()).expect("made");
        dir.remove().expect("removed");
        let left: Vec<_> =
            fs::read_dir(data.path()).expect("listed").flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(left, ["captures"]);
    }
}

//! Deletes a log for good. When that is right is the catalogue's business.

use std::{fs, io, path::Path};

use rustix::fs::fsync;

use crate::{JournalError, LogDir};

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many files.
    pub files: u64,
    /// How many bytes they had.
    pub bytes: u64,
}

impl LogDir {
    /// Removes the log with its directory, durably; a log that is not there is removed already. Nobody may write it any
    /// more. What could not be removed stays for the next attempt.
    ///
    /// # Errors
    /// [`JournalError::Io`] if the disk refuses.
    pub fn remove(&self) -> Result<Removed, JournalError> {
        let mut removed = Removed::default();
        let entries = match fs::read_dir(self.path()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(removed),
            Err(error) => return Err(JournalError::io("list", self.path())(error)),
        };
        for entry in entries {
            let path = entry.map_err(JournalError::io("list", self.path()))?.path();
            let bytes = fs::symlink_metadata(&path).map_or(0, |metadata| metadata.len());
            fs::remove_file(&path).map_err(JournalError::io("delete", &path))?;
            removed.files += 1;
            removed.bytes += bytes;
        }
        fs::remove_dir(self.path()).map_err(JournalError::io("delete", self.path()))?;
        // The capture's own directory held nothing else.
        for dir in self.path().ancestors().skip(1).take(2) {
            sync(dir)?;
            if fs::remove_dir(dir).is_err() {
                break;
            }
        }
        Ok(removed)
    }
}

fn sync(dir: &Path) -> Result<(), JournalError> {
    let opened = fs::File::open(dir).map_err(JournalError::io("open", dir))?;
    fsync(&opened).map_err(|error| JournalError::io("sync", dir)(error.into()))
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
        assert!(!dir.path().parent().expect("a capture's directory").exists());
        assert!(LogDir::of(data.path(), other).segment(1).exists());
    }
}

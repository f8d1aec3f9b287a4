//! Names of directories and segments. Only ids that we made become names: no text from a platform does.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use model::CaptureId;

use crate::JournalError;

/// The directory of one capture's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogDir(PathBuf);

impl LogDir {
    /// The log of `capture` below the data directory; nothing is created.
    pub fn of(data_dir: &Path, capture: CaptureId) -> Self {
        Self(data_dir.join("captures").join(capture.to_string()).join("log"))
    }

    /// A log in any directory, for reading one that was handed over.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The file of a segment; `number` counts from 1.
    pub fn segment(&self, number: u32) -> PathBuf {
        self.0.join(format!("{number:06}.mcap"))
    }

    /// The numbers of the segments that exist, ascending; none if the directory does not exist.
    ///
    /// # Errors
    /// [`JournalError::Io`] if the directory cannot be listed.
    pub fn segments(&self) -> Result<Vec<u32>, JournalError> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(JournalError::io("list", &self.0)(error)),
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let name = entry.map_err(JournalError::io("list", &self.0))?.file_name();
            let number: Option<u32> =
                name.to_str().and_then(|name| name.strip_suffix(".mcap")).and_then(|stem| stem.parse().ok());
            numbers.extend(number);
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}

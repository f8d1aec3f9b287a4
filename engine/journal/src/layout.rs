//! Names of directories and segments. Only ids that we made become names: no text from a platform does.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use model::CaptureId;

use crate::JournalError;

/// The logs of captures that make one recording, in the order of their start. Their segments count on from one log to the
/// next, so that a locator means one place.
#[derive(Clone, Debug)]
pub(crate) struct Chain(Vec<Link>);

#[derive(Clone, Debug)]
struct Link {
    dir: LogDir,
    /// The number of the last segment of the logs before.
    before: u32,
    /// The numbers of its segments within its own log, ascending.
    segments: Vec<u32>,
}

impl Chain {
    /// Lists the segments of each log.
    pub(crate) fn of(dirs: impl IntoIterator<Item = LogDir>) -> Result<Self, JournalError> {
        let mut before = 0_u32;
        let mut links = Vec::new();
        for dir in dirs {
            let segments = dir.segments()?;
            let last = segments.last().copied().unwrap_or(0);
            links.push(Link { dir, before, segments });
            before = before.saturating_add(last);
        }
        Ok(Self(links))
    }

    /// Every segment: the place of its log, its number and its file.
    pub(crate) fn segments(&self) -> impl Iterator<Item = (usize, u32, PathBuf)> {
        self.0.iter().enumerate().flat_map(|(place, link)| {
            let file = move |number: &u32| (place, link.before.saturating_add(*number), link.dir.segment(*number));
            link.segments.iter().map(file)
        })
    }

    /// The file of a segment.
    pub(crate) fn segment(&self, number: u32) -> Option<PathBuf> {
        let link = self.0.iter().rev().find(|link| link.before < number)?;
        Some(link.dir.segment(number - link.before))
    }
}

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

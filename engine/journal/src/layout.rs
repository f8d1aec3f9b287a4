//! Names of directories and segments. Only ids that we made become names: no text from a platform does.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use model::CaptureId;

use crate::JournalError;

/// The highest number that a segment may have: a disk that refuses every second for months does not come to it.
const LAST_SEGMENT: u32 = 9_999_999;

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

impl Link {
    fn segment(&self, log: usize, own: u32) -> SegmentFile {
        SegmentFile {
            log,
            own,
            number: self.before.saturating_add(own),
            path: self.dir.segment(own),
            capture: self.dir.capture(),
        }
    }
}

/// One segment of a chain.
#[derive(Clone, Debug)]
pub(crate) struct SegmentFile {
    /// The place of its log in the chain.
    pub(crate) log: usize,
    /// Its number within its own log, 0 if it is read without the others.
    pub(crate) own: u32,
    /// Its number within the chain, of which locators speak.
    pub(crate) number: u32,
    pub(crate) path: PathBuf,
    /// Whose log it is, where that is known.
    pub(crate) capture: Option<CaptureId>,
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

    /// Every segment, in order.
    pub(crate) fn segments(&self) -> impl Iterator<Item = SegmentFile> {
        self.0.iter().enumerate().flat_map(|(log, link)| link.segments.iter().map(move |own| link.segment(log, *own)))
    }

    /// Lists the last log again, the only one that may still grow; answers the segments that are new.
    pub(crate) fn look_again(&mut self) -> Result<Vec<SegmentFile>, JournalError> {
        let log = self.0.len().saturating_sub(1);
        let Some(link) = self.0.last_mut() else { return Ok(Vec::new()) };
        let last = link.segments.last().copied().unwrap_or(0);
        link.segments = link.dir.segments()?;
        Ok(link.segments.iter().filter(|own| **own > last).map(|own| link.segment(log, *own)).collect())
    }

    /// The file of a segment.
    pub(crate) fn segment(&self, number: u32) -> Option<PathBuf> {
        let link = self.0.iter().rev().find(|link| link.before < number)?;
        Some(link.dir.segment(number - link.before))
    }
}

/// The directory of one capture's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogDir {
    path: PathBuf,
    /// The data directory that it lies in, and whose log it is, where that is known.
    home: Option<(PathBuf, CaptureId)>,
}

impl LogDir {
    /// The log of `capture` below the data directory; nothing is created.
    pub fn of(data_dir: &Path, capture: CaptureId) -> Self {
        let path = data_dir.join("captures").join(capture.to_string()).join("log");
        Self { path, home: Some((data_dir.to_owned(), capture)) }
    }

    /// A log in any directory, whose parent exists, for reading one that was handed over.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), home: None }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whose log it is, where that is known.
    pub(crate) fn capture(&self) -> Option<CaptureId> {
        self.home.as_ref().map(|(_, capture)| *capture)
    }

    /// The directories that must be there for the log, outermost first: what lies above is there already.
    pub(crate) fn made(&self) -> Vec<PathBuf> {
        let above = self.home.as_ref().map(|(data_dir, _)| data_dir.as_path());
        let mut dirs: Vec<PathBuf> =
            self.path.ancestors().take_while(|dir| Some(*dir) != above).map(Path::to_owned).collect();
        if above.is_none() {
            dirs.truncate(1);
        }
        dirs.reverse();
        dirs
    }

    /// The directories that hold nothing but the log, innermost first.
    pub(crate) fn owned(&self) -> Vec<&Path> {
        self.path.ancestors().take(if self.home.is_some() { 2 } else { 1 }).collect()
    }

    /// The file of a segment; `number` counts from 1.
    pub fn segment(&self, number: u32) -> PathBuf {
        self.path.join(format!("{number:06}.mcap"))
    }

    /// The numbers of the segments that exist, ascending; none if the directory does not exist.
    ///
    /// # Errors
    /// [`JournalError::Io`] if the directory cannot be listed.
    pub fn segments(&self) -> Result<Vec<u32>, JournalError> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(JournalError::io("list", &self.path)(error)),
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let name = entry.map_err(JournalError::io("list", &self.path))?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".mcap")).and_then(|stem| stem.parse().ok());
            // What is called otherwise is not ours, nor is a number that no writer comes to.
            let is_ours = |number: &u32| *number <= LAST_SEGMENT && self.segment(*number).file_name() == Some(&name);
            numbers.extend(number.filter(is_ours));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}

//! Fetches payloads by their place in a log. Renders read nearly in order, so a few read-ahead windows serve most calls.

use std::{collections::HashMap, fs::File, os::unix::fs::FileExt};

use bytes::Bytes;
use model::Locator;

use crate::{JournalError, LogDir, layout::Chain};

/// How much is read ahead at once.
const WINDOW_BYTES: usize = 1 << 20;
/// How many windows are kept: sound and picture of one moment can lie in different ones.
const WINDOWS: usize = 4;
/// How many segment files are kept open.
const OPEN_FILES: usize = 8;

/// Reads payloads of one log, or of several that make one recording; its memory is bounded by its windows and the largest payload.
#[derive(Debug)]
pub struct PayloadReader {
    chain: Chain,
    files: HashMap<u32, File>,
    windows: Vec<Window>,
}

#[derive(Debug)]
struct Window {
    segment: u32,
    start: u64,
    bytes: Bytes,
}

impl Window {
    fn slice(&self, at: Locator) -> Option<Bytes> {
        let start = usize::try_from(at.offset.checked_sub(self.start)?).ok()?;
        let end = start.checked_add(at.len as usize)?;
        (self.segment == at.segment && end <= self.bytes.len()).then(|| self.bytes.slice(start..end))
    }
}

impl PayloadReader {
    /// A reader of the logs in `dirs`; opens no segment yet.
    ///
    /// # Errors
    /// [`JournalError::Io`] if a directory cannot be listed.
    pub fn chained(dirs: impl IntoIterator<Item = LogDir>) -> Result<Self, JournalError> {
        Ok(Self { chain: Chain::of(dirs)?, files: HashMap::new(), windows: Vec::new() })
    }

    /// The payload at `at`, which must come from a [`crate::LogReader`] of the same logs.
    ///
    /// # Errors
    /// [`JournalError::Io`] if the segment cannot be read, [`JournalError::Missing`] if it is shorter than that.
    pub fn read(&mut self, at: Locator) -> Result<Bytes, JournalError> {
        if let Some(hit) = self.windows.iter().find_map(|window| window.slice(at)) {
            return Ok(hit);
        }
        let window = self.load(at)?;
        let payload =
            window.slice(at).ok_or(JournalError::Missing { segment: at.segment, offset: at.offset, len: at.len })?;
        if self.windows.len() == WINDOWS {
            self.windows.remove(0);
        }
        self.windows.push(window);
        Ok(payload)
    }

    fn load(&mut self, at: Locator) -> Result<Window, JournalError> {
        let missing = JournalError::Missing { segment: at.segment, offset: at.offset, len: at.len };
        let path = self.chain.segment(at.segment).ok_or(missing)?;
        if !self.files.contains_key(&at.segment) {
            if self.files.len() == OPEN_FILES {
                self.files.clear();
            }
            self.files.insert(at.segment, File::open(&path).map_err(JournalError::io("open", &path))?);
        }
        let file = self.files.get(&at.segment).expect("the file was opened above");
        let rest =
            file.metadata().map_err(JournalError::io("read the length of", &path))?.len().saturating_sub(at.offset);
        let wanted = WINDOW_BYTES.max(at.len as usize);
        let mut bytes = vec![0; usize::try_from(rest).map_or(wanted, |rest| rest.min(wanted))];
        let mut filled = 0;
        while filled < bytes.len() {
            match file.read_at(&mut bytes[filled..], at.offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(JournalError::io("read", &path)(error)),
            }
        }
        bytes.truncate(filled);
        Ok(Window { segment: at.segment, start: at.offset, bytes: Bytes::from(bytes) })
    }
}

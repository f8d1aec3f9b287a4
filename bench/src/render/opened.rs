//! A capture log as renders take it: its timeline, and the payloads behind it.

use bytes::Bytes;
use journal::{LogDir, LogReader, PayloadReader};
use model::Locator;
use render::{PayloadError, Payloads};
use timeline::{Builder, Timeline};

use crate::failure::Failure;

/// Reads a whole log and orders it.
///
/// # Errors
/// If it cannot be read.
pub(super) fn read(log: &LogDir) -> Result<Timeline, Failure> {
    let mut reader = LogReader::open(log.clone())?;
    let mut builder = Builder::new();
    while let Some(stored) = reader.next_record()? {
        builder.push(&stored.record, stored.locator);
    }
    Ok(builder.build())
}

/// The payloads of a log.
pub(super) struct LogPayloads(PayloadReader);

impl LogPayloads {
    /// Of one log.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn of(log: &LogDir) -> Result<Self, Failure> {
        Ok(Self(PayloadReader::chained([log.clone()])?))
    }
}

impl Payloads for LogPayloads {
    fn read(&mut self, at: Locator) -> Result<Bytes, PayloadError> {
        self.0.read(at).map_err(|error| PayloadError { at, reason: error.to_string() })
    }
}

//! Reads capture logs into a timeline. What is made of it is decided in `render`.

use journal::{LogDir, LogReader};
use media::SourceTime;
use model::Fault;
use timeline::{Builder, Timeline};

use crate::StudioError;

/// How many attempts a segment that cannot be read has, before the rest is rendered without it.
pub(crate) const PATIENT_READS: u32 = 4;

/// Reads everything that was captured. A segment that the disk does not give is waited for in further attempts, then left out and counted:
/// the rest of a meeting is better than nothing.
///
/// Second 0 as the catalogue knows it is for a log that lost its beginning. `unreadable` hears how many pieces could not be read.
pub(crate) fn read(
    logs: Vec<LogDir>,
    attempts: u32,
    origin: Option<SourceTime>,
    unreadable: &mut dyn FnMut(u64),
) -> Result<Timeline, StudioError> {
    let mut reader = LogReader::chained(logs)?;
    let mut builder = Builder::new();
    if let Some(origin) = origin {
        builder.tell_origin(origin);
    }
    loop {
        let known = reader.damaged_chunks();
        let next = match reader.next_record() {
            Err(error) if attempts < PATIENT_READS => return Err(error.into()),
            next => next,
        };
        let pieces = reader.damaged_chunks() - known + u64::from(next.is_err());
        if pieces > 0 {
            unreadable(pieces);
            builder.note_unreadable(pieces);
        }
        match next {
            Ok(Some(stored)) => builder.push(&stored.record, stored.locator),
            Ok(None) => break,
            Err(error) => tracing::error!(code = error.code(), %error, "a part of a capture log is left out"),
        }
    }
    Ok(builder.build())
}

#[cfg(test)]
mod tests;

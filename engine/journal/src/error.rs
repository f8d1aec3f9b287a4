//! What can go wrong with a capture log.

use std::{io, path::PathBuf};

use model::{Blame, Fault};

/// A capture log could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system refused.
    #[error("{action} {path}: {source}; check space, permissions and health of that volume")]
    Io {
        /// What was tried, such as `create`.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A record could not be encoded.
    #[error("record for {topic} could not be encoded: {reason}; this is a defect of Hansard, please report it")]
    Encode {
        /// Its channel.
        topic: String,
        /// Why.
        reason: String,
    },
    /// A locator names bytes that are not in the log.
    #[error("segment {segment} has no {len} bytes at offset {offset}; the log was changed or removed underneath us")]
    Missing {
        /// The segment's number.
        segment: u32,
        /// The offset asked for.
        offset: u64,
        /// The length asked for.
        len: u32,
    },
}

impl JournalError {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}

impl Fault for JournalError {
    fn blame(&self) -> Blame {
        Blame::Ourselves
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => "storage_full",
            Self::Io { .. } => "storage_error",
            Self::Encode { .. } => "log_encode",
            Self::Missing { .. } => "log_missing",
        }
    }
}

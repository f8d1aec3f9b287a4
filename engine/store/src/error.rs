//! What can go wrong with stored objects and with links to them.

use std::{io, path::PathBuf};

use model::{Blame, Fault};
use thiserror::Error;

/// Why an object could not be stored or read.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A name that no object has.
    #[error("{name:?} cannot name an object: 1 to 100 of [a-z0-9_.-], not beginning with a dot")]
    BadName {
        /// The name.
        name: String,
    },
    /// There is no such object.
    #[error("there is no object {key}")]
    Missing {
        /// Its key.
        key: String,
    },
    /// A file that was not written where the store told.
    #[error("{} is not a staged file of this store; write to the path that `staging` answers", path.display())]
    NotStaged {
        /// The file.
        path: PathBuf,
    },
    /// The key file of the links has the wrong length.
    #[error("{} holds {found} bytes instead of 32; restore it from a backup, or remove it and lose all links", path.display())]
    BadKeyFile {
        /// The key file.
        path: PathBuf,
        /// Its length in bytes.
        found: usize,
    },
    /// The system has no randomness to give.
    #[error("the system gave no random bytes")]
    Randomness,
    /// A file could not be used.
    #[error("cannot {doing} {}: {source}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A thread for disk work ended without an answer.
    #[error("the disk work on {} was abandoned", path.display())]
    Abandoned {
        /// The file.
        path: PathBuf,
    },
}

impl Fault for StoreError {
    fn blame(&self) -> Blame {
        match self {
            Self::BadName { .. } | Self::Missing { .. } => Blame::Caller,
            _ => Blame::Ourselves,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::BadName { .. } => "object_name_bad",
            Self::Missing { .. } => "object_missing",
            Self::NotStaged { .. } => "object_not_staged",
            Self::BadKeyFile { .. } => "link_key_damaged",
            Self::Randomness => "randomness_missing",
            Self::File { .. } => "store_file_failed",
            Self::Abandoned { .. } => "store_abandoned",
        }
    }
}

/// Why a link is not followed. A client learns only that it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LinkError {
    /// Its time is over.
    #[error("the link has expired; fetch the object again for a fresh one")]
    Expired,
    /// It was not made here, or was changed since.
    #[error("the link is not genuine; fetch the object again for a fresh one")]
    Forged,
}

impl Fault for LinkError {
    fn blame(&self) -> Blame {
        Blame::Caller
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Expired => "link_expired",
            Self::Forged => "link_forged",
        }
    }
}

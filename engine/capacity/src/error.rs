//! What can go wrong while the host is looked at.

use std::{io, path::PathBuf};

use model::{Blame, Fault};

/// The data volume could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum CapacityError {
    /// The system did not answer, or refused.
    #[error("cannot {action} {}: {source}; check permissions and health of that volume", path.display())]
    Volume {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl CapacityError {
    pub(crate) fn volume(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Volume { action, path, source }
    }
}

impl Fault for CapacityError {
    fn blame(&self) -> Blame {
        Blame::Ourselves
    }

    fn code(&self) -> &'static str {
        "volume_unreadable"
    }
}

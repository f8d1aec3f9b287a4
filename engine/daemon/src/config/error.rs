//! What can be wrong with a configuration.

use std::{io, path::PathBuf};

/// A configuration cannot be used; each says where and what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {source}; name another file with --config, or create it (the README has an example)", path = path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{place}: not valid TOML: {reason}")]
    Syntax {
        /// File and line.
        place: String,
        /// What the parser says.
        reason: String,
    },
    /// A value is missing, unknown, or of the wrong kind.
    #[error("{place}: {key}: {reason}")]
    Value {
        /// File and line, or the environment variable.
        place: String,
        /// The key, such as `zoom.apps[0].client_id`.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
}

//! What ends a command early.

use std::error::Error;

/// A sentence for whoever ran the command.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

//! What ends a measurement early: a sentence for whoever ran it. Nothing here is handled by kind, so there are no kinds.

use std::error::Error;

/// A sentence on what could not be measured, and why.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

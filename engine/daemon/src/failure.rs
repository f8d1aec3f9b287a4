//! What ends a command early, and what a supervisor can tell from the status that it exits with.

use std::{
    error::Error,
    fmt::{self, Display, Formatter},
};

/// A sentence for whoever ran the command.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Why the daemon does not start (fault-matrix I12). Each reason has its own exit status, one of `sysexits.h`, which a
/// supervisor prints by name; `docs/reference/codes.md` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The configuration, or what the supervisor hands over, cannot be used.
    Configuration,
    /// Another process holds the data directory.
    Locked,
    /// What is kept cannot be opened.
    Storage,
    /// Nobody can be let in at the address.
    Address,
}

impl Reason {
    /// The exit status.
    pub(crate) const fn status(self) -> u8 {
        match self {
            Self::Address => 69,
            Self::Storage => 74,
            Self::Locked => 75,
            Self::Configuration => 78,
        }
    }
}

/// A failure with its reason.
#[derive(Debug)]
pub(crate) struct Fatal {
    pub(crate) reason: Reason,
    sentence: String,
}

impl Fatal {
    /// The sentence that `error` is, for a reason.
    pub(crate) fn new(reason: Reason, error: impl Display) -> Self {
        Self { reason, sentence: error.to_string() }
    }
}

impl Display for Fatal {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence)
    }
}

impl Error for Fatal {}

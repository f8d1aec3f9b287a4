//! What every error knows about itself: whose fault it is, and a stable code. The errors themselves are in each crate's
//! `error.rs`.

use serde::{Deserialize, Serialize};

/// Whose fault an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blame {
    /// The platform we receive from.
    Peer,
    /// Whoever called our API or wrote our configuration.
    Caller,
    /// A place that the customer asked us to deliver to.
    Destination,
    /// This program or the machine it runs on.
    Ourselves,
}

impl Blame {
    /// The stable lower-case name, used as a metric label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::Caller => "caller",
            Self::Destination => "destination",
            Self::Ourselves => "ourselves",
        }
    }
}

/// An error that says whose fault it is and has a code that outlives its wording.
pub trait Fault: std::error::Error {
    /// Whose fault it is.
    fn blame(&self) -> Blame;

    /// A stable snake_case code, for metrics, logs and API sub-codes.
    fn code(&self) -> &'static str;
}

//! How long things may take that depend on others, so that tests can make it shorter. Limits of one module only are in that
//! module.

use std::time::Duration;

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How long a body may take to arrive.
    pub(crate) body: Duration,
    /// How long a webhook waits until it is durable: Zoom gives up after 3 s and delivers again minutes later.
    pub(crate) patience: Duration,
    /// How long something of a recording is given out without another look whether it was deleted.
    pub(crate) look_every: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body: Duration::from_secs(5), patience: Duration::from_secs(2), look_every: Duration::from_secs(1) }
    }
}

//! The task that delivers until it is told to stop.

use dial::Outward;
use tokio_util::sync::CancellationToken;

/// Delivers.
#[derive(Debug)]
pub struct Deliver {
    outward: Outward,
}

impl Deliver {
    /// Delivers along this way out.
    pub const fn new(outward: Outward) -> Self {
        Self { outward }
    }

    /// Delivers until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        tracing::debug!(outward = ?self.outward, "receivers can be reached");
        stop.cancelled().await;
    }
}

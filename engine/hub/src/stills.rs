//! Still pictures of a capture, from whoever makes them to whoever taps them; made only while somebody does. Lossy by contract: a tap
//! that is not drained loses the oldest. What they are made of passes in `outlet`, who makes them is `studio`.

use std::sync::Arc;

use bytes::Bytes;
use media::{SourceTime, Track};
use tokio::sync::broadcast::{self, error::RecvError};

/// How many still pictures a tap may be behind.
const STILLS: usize = 32;

/// One still picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Still {
    /// Whose camera or shared screen it shows.
    pub track: Track,
    /// When, on the platform's clock.
    pub at: SourceTime,
    /// A PNG file.
    pub png: Bytes,
}

/// Drains the still pictures of one capture from the moment of tapping on; dropping it lets go.
#[derive(Debug)]
pub struct StillTap(broadcast::Receiver<Arc<Still>>);

/// What a tap of still pictures gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The next still picture.
    Still(Arc<Still>),
    /// The tap was too slow and lost this many.
    Lagged(u64),
    /// The owner is gone.
    Closed,
}

impl StillTap {
    /// The next thing. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Shown {
        match self.0.recv().await {
            Ok(still) => Shown::Still(still),
            Err(RecvError::Lagged(lost)) => Shown::Lagged(lost),
            Err(RecvError::Closed) => Shown::Closed,
        }
    }

    /// The next still picture that is there already.
    pub fn next_now(&mut self) -> Option<Arc<Still>> {
        self.0.try_recv().ok()
    }
}

/// The still pictures of one capture.
#[derive(Debug)]
pub(crate) struct Stills(broadcast::Sender<Arc<Still>>);

impl Default for Stills {
    fn default() -> Self {
        Self(broadcast::Sender::new(STILLS))
    }
}

impl Stills {
    pub(crate) fn tap(&self) -> StillTap {
        StillTap(self.0.subscribe())
    }

    pub(crate) fn are_wanted(&self) -> bool {
        self.0.receiver_count() > 0
    }

    pub(crate) fn show(&self, still: Still) {
        // An error means that the last tap has just let go.
        let _ = self.0.send(Arc::new(still));
    }
}

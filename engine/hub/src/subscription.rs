//! The reading end of a capture's live events. What was published before, or lost by lagging, is read from the catalogue,
//! or from `memory` where nothing is stored.

use std::sync::Arc;

use model::SequencedEvent;
use tokio::sync::broadcast::{self, error::RecvError};

/// What a subscriber hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// An event, committed before it was published unless nothing of its capture is stored.
    Event(Arc<SequencedEvent>),
    /// The subscriber was too slow and lost this many events: they are to be read where they are kept.
    Lagged(u64),
    /// The capture is closed; nothing follows.
    Closed,
}

/// Hears the events of one capture from the moment of subscribing on; dropping it unsubscribes.
#[derive(Debug)]
pub struct Subscription {
    events: broadcast::Receiver<Arc<SequencedEvent>>,
}

impl Subscription {
    /// Wraps the receiving end.
    pub(crate) const fn new(events: broadcast::Receiver<Arc<SequencedEvent>>) -> Self {
        Self { events }
    }

    /// The next thing to hear. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Heard {
        match self.events.recv().await {
            Ok(event) => Heard::Event(event),
            Err(RecvError::Lagged(lost)) => Heard::Lagged(lost),
            Err(RecvError::Closed) => Heard::Closed,
        }
    }
}

//! The writing end of a capture's live events. What is kept for whoever is a little behind is the business of `ring`, the reading end is
//! in `subscription`.

use std::sync::Arc;

use model::SequencedEvent;
use tokio::sync::watch;

use crate::{Subscription, ring::Ring};

/// The writing end, the hub's.
#[derive(Debug)]
pub(crate) struct Publisher {
    ring: Arc<Ring>,
    news: watch::Sender<()>,
}

impl Publisher {
    pub(crate) fn new() -> Self {
        Self { ring: Arc::default(), news: watch::Sender::new(()) }
    }

    /// How many subscribe.
    pub(crate) fn subscribers(&self) -> usize {
        self.ring.subscribers()
    }

    /// A subscriber from now on.
    pub(crate) fn subscribe(&self) -> Subscription {
        Subscription::new(Arc::clone(&self.ring), self.news.subscribe())
    }

    /// Hands an event to the subscribers, and keeps it until all of them have taken it or it is too much.
    pub(crate) fn publish(&self, event: Arc<SequencedEvent>) {
        self.ring.keep(event);
        self.news.send_replace(());
    }
}

#[cfg(test)]
mod tests;

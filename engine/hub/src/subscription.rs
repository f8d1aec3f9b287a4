//! The reading end of a capture's live events. What was published before, or lost by lagging, is read from the catalogue,
//! or from `memory` where nothing is stored.

use std::sync::Arc;

use model::SequencedEvent;
use tokio::sync::watch;

use crate::ring::{Place, Ring};

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
    ring: Arc<Ring>,
    news: watch::Receiver<()>,
    /// The number of the event that is heard next.
    next: u64,
}

impl Subscription {
    /// The reading end, from the next event on.
    pub(crate) fn new(ring: Arc<Ring>, news: watch::Receiver<()>) -> Self {
        let next = ring.enter();
        Self { ring, news, next }
    }

    /// The next thing to hear. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Heard {
        // Whoever is behind hears many in a row without waiting for anything.
        tokio::task::coop::consume_budget().await;
        loop {
            // Both before the look: what is published after it wakes, and what was published before an end is heard first.
            self.news.mark_unchanged();
            let is_closed = self.news.is_closed();
            match self.ring.take(self.next) {
                Place::Event(event) => {
                    self.next += 1;
                    return Heard::Event(event);
                }
                Place::Lost { first } => {
                    let lost = first - self.next;
                    self.next = first;
                    return Heard::Lagged(lost);
                }
                Place::Ahead if is_closed => return Heard::Closed,
                // That the other end is gone shows in the next turn, after what it left.
                Place::Ahead => drop(self.news.changed().await),
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.ring.leave(self.next);
    }
}

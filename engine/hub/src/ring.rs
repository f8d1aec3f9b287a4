//! The newest events of a capture, for whoever subscribes and is a little behind. Who is further behind reads what it lost where
//! events are stored, so that what is kept here is bounded by what it takes, however long somebody takes nothing.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::SequencedEvent;
use tokio::sync::watch;

use crate::Subscription;

/// How many events a subscriber may be behind before it loses the oldest.
pub(crate) const RING_EVENTS: usize = 1024;
/// How many bytes of events; the newest is kept whatever its size.
pub(crate) const RING_BYTES: usize = 256 << 10;

/// The writing end: the hub's.
#[derive(Debug)]
pub(crate) struct Ring {
    kept: Arc<Kept>,
    /// How many events were published so far.
    published: watch::Sender<u64>,
}

impl Ring {
    pub(crate) fn new() -> Self {
        Self { kept: Arc::default(), published: watch::Sender::new(0) }
    }

    /// How many subscribe.
    pub(crate) fn subscribers(&self) -> usize {
        self.published.receiver_count()
    }

    /// A subscriber from now on: not while an event is published.
    pub(crate) fn subscribe(&self) -> Subscription {
        Subscription::new(Arc::clone(&self.kept), self.published.subscribe())
    }

    /// Hands an event to the subscribers, and keeps it for them while there are any.
    pub(crate) fn publish(&self, event: Arc<SequencedEvent>) {
        let published = self.kept.keep(event, self.subscribers() > 0);
        self.published.send_replace(published);
    }
}

/// What both ends share.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Newest>);

#[derive(Debug, Default)]
struct Newest {
    /// The number of the first of `events`; the first that was ever published has 0.
    first: u64,
    events: VecDeque<Arc<SequencedEvent>>,
    bytes: usize,
}

/// What is kept under a number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// This event.
    Event(Arc<SequencedEvent>),
    /// Nothing any more; the first that is kept has this number.
    Lost { first: u64 },
    /// Nothing yet.
    Ahead,
}

impl Kept {
    /// What is kept under a number.
    pub(crate) fn at(&self, number: u64) -> Place {
        let newest = self.newest();
        match number.checked_sub(newest.first).map(usize::try_from) {
            None => Place::Lost { first: newest.first },
            Some(place) => match place.ok().and_then(|place| newest.events.get(place)) {
                Some(event) => Place::Event(Arc::clone(event)),
                None => Place::Ahead,
            },
        }
    }

    /// Keeps one more event, unless nobody wants any, and answers how many there were so far.
    fn keep(&self, event: Arc<SequencedEvent>, is_wanted: bool) -> u64 {
        let mut newest = self.newest();
        newest.bytes += event.event.memory_bytes();
        newest.events.push_back(event);
        while (!is_wanted && !newest.events.is_empty()) || newest.is_full() {
            newest.forget_oldest();
        }
        newest.first + newest.events.len() as u64
    }

    // What is kept is whole whenever the lock is free, so a panic elsewhere does not matter.
    fn newest(&self) -> MutexGuard<'_, Newest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Newest {
    fn is_full(&self) -> bool {
        self.events.len() > RING_EVENTS || (self.bytes > RING_BYTES && self.events.len() > 1)
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.events.pop_front() {
            self.bytes -= oldest.event.memory_bytes();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests;

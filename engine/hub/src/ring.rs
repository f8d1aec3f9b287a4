//! The newest events of a capture, for whoever subscribes and is a little behind. Who is further behind reads what it lost where
//! events are stored, so that what is kept here is bounded by what it takes, however long somebody takes nothing.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::SequencedEvent;

/// How many events a subscriber may be behind before it loses the oldest.
pub(crate) const RING_EVENTS: usize = 1024;
/// How many bytes of events; the newest is kept whatever its size.
pub(crate) const RING_BYTES: usize = 256 << 10;

/// The events of one capture that some subscriber has yet to take.
#[derive(Debug, Default)]
pub(crate) struct Ring(Mutex<Newest>);

#[derive(Debug, Default)]
struct Newest {
    subscribers: usize,
    /// The number of the first of `waiting`; the first that was ever published has 0.
    first: u64,
    waiting: VecDeque<Waiting>,
    bytes: usize,
}

/// An event that somebody has yet to take.
#[derive(Debug)]
struct Waiting {
    event: Arc<SequencedEvent>,
    /// How many have.
    takers: usize,
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

impl Ring {
    /// One more subscriber; the number of the first event that it takes.
    pub(crate) fn enter(&self) -> u64 {
        let mut newest = self.newest();
        newest.subscribers += 1;
        newest.first + newest.waiting.len() as u64
    }

    /// One subscriber less, which would have taken the event of this number next.
    pub(crate) fn leave(&self, next: u64) {
        let mut newest = self.newest();
        newest.subscribers -= 1;
        let taken = usize::try_from(next.saturating_sub(newest.first)).unwrap_or(usize::MAX);
        newest.waiting.iter_mut().skip(taken).for_each(|waiting| waiting.takers -= 1);
        newest.forget_taken();
    }

    /// Takes what is kept under a number: each subscriber each number once, in order.
    pub(crate) fn take(&self, number: u64) -> Place {
        let mut newest = self.newest();
        let Some(place) = number.checked_sub(newest.first) else { return Place::Lost { first: newest.first } };
        let waiting = usize::try_from(place).ok().and_then(|place| newest.waiting.get_mut(place));
        let Some(waiting) = waiting else { return Place::Ahead };
        waiting.takers -= 1;
        let event = Arc::clone(&waiting.event);
        newest.forget_taken();
        Place::Event(event)
    }

    /// How many subscribe.
    pub(crate) fn subscribers(&self) -> usize {
        self.newest().subscribers
    }

    /// Keeps an event until all subscribers have taken it or it is too much.
    pub(crate) fn keep(&self, event: Arc<SequencedEvent>) {
        let mut newest = self.newest();
        newest.bytes += event.event.memory_bytes();
        let takers = newest.subscribers;
        newest.waiting.push_back(Waiting { event, takers });
        newest.forget_taken();
        while newest.is_full() {
            newest.forget_oldest();
        }
    }

    // What is kept is whole whenever the lock is free, so a panic elsewhere does not matter.
    fn newest(&self) -> MutexGuard<'_, Newest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Newest {
    fn is_full(&self) -> bool {
        self.waiting.len() > RING_EVENTS || (self.bytes > RING_BYTES && self.waiting.len() > 1)
    }

    /// Forgets the oldest as far as nobody has yet to take them.
    fn forget_taken(&mut self) {
        while self.waiting.front().is_some_and(|oldest| oldest.takers == 0) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.waiting.pop_front() {
            self.bytes -= oldest.event.event.memory_bytes();
            self.first += 1;
        }
    }
}

#[cfg(test)]
impl Ring {
    pub(crate) fn len(&self) -> usize {
        self.newest().waiting.len()
    }

    /// How many bytes are kept, as it is counted; panics if what is kept takes more or less.
    pub(crate) fn bytes(&self) -> usize {
        let newest = self.newest();
        assert_eq!(
            newest.bytes,
            newest.waiting.iter().map(|waiting| waiting.event.event.memory_bytes()).sum::<usize>()
        );
        newest.bytes
    }
}

//! The newest events of a capture of which nothing is stored (streaming only), for whoever subscribes late or falls behind.
//! Events of all other captures are in the catalogue, and are never kept here.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::{Cursor, Epoch, EventBody, ParticipantId, SequencedEvent};

/// How many bytes of events are kept for one capture; the newest event is kept whatever its size.
const MEMORY_BYTES: usize = 1 << 20;
/// How many of those who are there are known by name although their coming was forgotten: as many as a meeting lists.
const KNOWN_PEOPLE: usize = 10_000;
/// How much memory their comings take, in bytes: room for as many, whose names have 1 MiB together.
const KNOWN_PEOPLE_BYTES: usize = 3 << 20;

/// The newest events of the owner of a capture. What an owner before told is gone: nobody knows what it had still to tell.
#[derive(Debug, Default)]
pub struct Memory {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Of the owner; `None` until there is one.
    epoch: Option<Epoch>,
    events: VecDeque<Arc<SequencedEvent>>,
    events_bytes: usize,
    /// The number of the last event that was forgotten, 0 if none was.
    forgotten: u64,
    /// Who came in an event that was forgotten and has not left, by the newest event that names them.
    people: BTreeMap<ParticipantId, Arc<SequencedEvent>>,
    people_bytes: usize,
}

impl Memory {
    /// Forgets everything, and keeps what the owner of an epoch tells from now on.
    pub(crate) fn begin(&self, epoch: Epoch) {
        *self.kept() = Kept { epoch: Some(epoch), ..Kept::default() };
    }

    /// Keeps an event, and forgets the oldest beyond the bound. False, and without effect, for one that does not come next:
    /// of an owner before, or known already.
    pub(crate) fn keep(&self, event: &Arc<SequencedEvent>) -> bool {
        let mut kept = self.kept();
        if Some(event.cursor.epoch) != kept.epoch || event.cursor.seq != kept.last().saturating_add(1) {
            return false;
        }
        kept.events_bytes += event.event.memory_bytes();
        kept.events.push_back(Arc::clone(event));
        while kept.events_bytes > MEMORY_BYTES && kept.events.len() > 1 {
            kept.forget_oldest();
        }
        true
    }

    /// Whether there is or was an owner.
    pub fn has_begun(&self) -> bool {
        self.kept().epoch.is_some()
    }

    /// Whether everything that came after a place is still here, or to come.
    pub fn reaches(&self, place: Cursor) -> bool {
        let kept = self.kept();
        match kept.epoch {
            None | Some(Epoch(1)) if place == Cursor::START => kept.forgotten == 0,
            epoch => epoch == Some(place.epoch) && (kept.forgotten..=kept.last()).contains(&place.seq),
        }
    }

    /// At most `limit` events that come after a place, in order; from the oldest on for [`Cursor::START`]. `None` if what came
    /// next is not here any more.
    pub fn after(&self, place: Cursor, limit: usize) -> Option<Vec<Arc<SequencedEvent>>> {
        if place != Cursor::START && !self.reaches(place) {
            return None;
        }
        Some(self.kept().events.iter().filter(|event| event.cursor > place).take(limit).cloned().collect())
    }

    /// The comings of people who are there, as far as they were forgotten otherwise: who reads from the oldest event on shall
    /// know them by name.
    pub fn people(&self) -> Vec<Arc<SequencedEvent>> {
        self.kept().people.values().cloned().collect()
    }

    /// How many bytes of events there are, with the comings of people.
    pub(crate) fn bytes(&self) -> usize {
        let kept = self.kept();
        kept.events_bytes + kept.people_bytes
    }

    // What is kept is whole whenever the lock is free, so a panic elsewhere does not matter.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The number of the newest event; 0 if there was none.
    fn last(&self) -> u64 {
        self.events.back().map_or(self.forgotten, |event| event.cursor.seq)
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.events.pop_front() else { return };
        self.events_bytes -= oldest.event.memory_bytes();
        self.forgotten = oldest.cursor.seq;
        match &oldest.event.body {
            EventBody::Joined { participant } | EventBody::Renamed { participant } => {
                self.know(participant.id, Arc::clone(&oldest));
            }
            EventBody::Left { id } => self.unknow(*id),
            _ => {}
        }
    }

    /// Keeps the newest event that names somebody, if there is room for it.
    fn know(&mut self, id: ParticipantId, coming: Arc<SequencedEvent>) {
        // A name that is not theirs any more would be worse than none.
        self.unknow(id);
        let bytes = coming.event.memory_bytes();
        if self.people.len() < KNOWN_PEOPLE && self.people_bytes + bytes <= KNOWN_PEOPLE_BYTES {
            self.people_bytes += bytes;
            self.people.insert(id, coming);
        }
    }

    fn unknow(&mut self, id: ParticipantId) {
        if let Some(coming) = self.people.remove(&id) {
            self.people_bytes -= coming.event.memory_bytes();
        }
    }
}

#[cfg(test)]
mod tests;

//! The newest events of a capture of which nothing is stored (streaming only), for whoever subscribes late or falls behind.
//! Events of all other captures are in the catalogue, and are never kept here.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::{Cursor, Epoch, EventBody, Participant, ParticipantId, SequencedEvent};

/// How many bytes of events are kept for one capture; the newest event is kept whatever its size.
const MEMORY_BYTES: usize = 1 << 20;
/// How many of those who are there are known by name although their coming was forgotten: as many as a meeting lists.
const KNOWN_PEOPLE: usize = 10_000;

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
    bytes: usize,
    /// The number of the last event that was forgotten, 0 if none was.
    forgotten: u64,
    /// Who came in an event that was forgotten and has not left, by the newest event that names them.
    people: BTreeMap<ParticipantId, Arc<SequencedEvent>>,
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
        kept.bytes += bytes_of(event);
        kept.events.push_back(Arc::clone(event));
        while kept.bytes > MEMORY_BYTES && kept.events.len() > 1 {
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

    /// How many bytes of events there are.
    pub(crate) fn bytes(&self) -> usize {
        self.kept().bytes
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
        self.bytes -= bytes_of(&oldest);
        self.forgotten = oldest.cursor.seq;
        match &oldest.event.body {
            EventBody::Joined { participant } | EventBody::Renamed { participant }
                if self.people.len() < KNOWN_PEOPLE || self.people.contains_key(&participant.id) =>
            {
                self.people.insert(participant.id, oldest);
            }
            EventBody::Left { id } => drop(self.people.remove(id)),
            _ => {}
        }
    }
}

/// What an event takes in memory, in bytes, as far as it depends on what somebody sent.
fn bytes_of(event: &SequencedEvent) -> usize {
    let name = |who: &Participant| who.name.as_ref().map_or(0, |name| name.expose().len());
    let words = match &event.event.body {
        EventBody::Joined { participant } | EventBody::Renamed { participant } => name(participant),
        EventBody::Transcript(said) => said.text.expose().len() + said.speaker.as_ref().map_or(0, name),
        EventBody::Chat(message) => {
            let people = message.sender.iter().chain(&message.receiver).map(name).sum::<usize>();
            let ids = message.message_id.iter().chain(&message.parent_id).map(String::len).sum::<usize>();
            message.text.expose().len() + people + ids
        }
        _ => 0,
    };
    size_of::<SequencedEvent>() + words
}

#[cfg(test)]
mod tests;

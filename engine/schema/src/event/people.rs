//! Everybody who is in a meeting, by the platform's number, as it becomes known. Who is who once it is over is in
//! [`crate::document`].

use std::collections::BTreeMap;

use model::{Event, EventBody, Participant, ParticipantId};

use crate::person::Person;

/// Everybody who was in a meeting, with the last name each was known by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct People(BTreeMap<ParticipantId, Participant>);

impl People {
    /// Nobody yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Takes in whoever an event names.
    pub(super) fn learn(&mut self, event: &Event) {
        match &event.body {
            EventBody::Joined { participant } | EventBody::Renamed { participant } => self.insert(participant.clone()),
            EventBody::Transcript(utterance) => self.insert_all(&utterance.speaker),
            EventBody::Chat(message) => self.insert_all(message.sender.iter().chain(&message.receiver)),
            EventBody::Left { id }
            | EventBody::ActiveSpeaker { id }
            | EventBody::VideoOn { id }
            | EventBody::VideoOff { id }
            | EventBody::ShareOn { id }
            | EventBody::ShareOff { id: Some(id) } => self.insert(Participant { id: *id, name: None }),
            EventBody::Status { .. } | EventBody::ShareOff { id: None } | EventBody::Paused | EventBody::Resumed => {}
        }
    }

    /// Adds somebody, or gives somebody a new name; an absent name never replaces a known one.
    fn insert(&mut self, participant: Participant) {
        let known = self.0.entry(participant.id).or_insert_with(|| Participant { id: participant.id, name: None });
        if participant.name.is_some() {
            known.name = participant.name;
        }
    }

    fn insert_all<'a>(&mut self, participants: impl IntoIterator<Item = &'a Participant>) {
        participants.into_iter().for_each(|participant| self.insert(participant.clone()));
    }

    /// Somebody as customers see them.
    pub(super) fn person(&self, id: ParticipantId) -> Person {
        self.0.get(&id).map_or_else(|| Person::numbered(id), Person::from)
    }

    /// Somebody as an event named them, with the name that is known from elsewhere if the event had none.
    pub(super) fn person_as_told(&self, told: &Participant) -> Person {
        if told.name.is_some() { Person::from(told) } else { self.person(told.id) }
    }
}

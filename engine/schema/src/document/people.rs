//! Everybody who was in a meeting, by the platform's number.

use std::collections::BTreeMap;

use model::{Event, EventBody, Participant, ParticipantId};

use crate::person::Person;

/// Everybody who was in a meeting, with the last name each was known by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People(BTreeMap<ParticipantId, Participant>);

impl People {
    /// Nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everybody whom these events name.
    pub fn of_events<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut people = Self::new();
        for event in events {
            people.learn(event);
        }
        people
    }

    /// Takes in whoever an event names.
    pub fn learn(&mut self, event: &Event) {
        match &event.body {
            EventBody::Joined { participant } | EventBody::Renamed { participant } => self.insert(participant.clone()),
            EventBody::Transcript(utterance) => self.extend(utterance.speaker.iter().cloned()),
            EventBody::Chat(message) => self.extend(message.sender.iter().chain(&message.receiver).cloned()),
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
    pub fn insert(&mut self, participant: Participant) {
        let known = self.0.entry(participant.id).or_insert_with(|| Participant { id: participant.id, name: None });
        if participant.name.is_some() {
            known.name = participant.name;
        }
    }

    /// What is known of somebody.
    pub fn of(&self, id: ParticipantId) -> Option<&Participant> {
        self.0.get(&id)
    }

    /// Everybody, by number.
    pub fn iter(&self) -> impl Iterator<Item = &Participant> {
        self.0.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Somebody as customers see them.
    pub fn person(&self, id: ParticipantId) -> Person {
        self.of(id).map_or_else(|| Person::numbered(id), Person::from)
    }

    /// Somebody as an event named them, with the name that is known from elsewhere if the event had none.
    pub fn person_as_told(&self, told: &Participant) -> Person {
        if told.name.is_some() { Person::from(told) } else { self.person(told.id) }
    }
}

impl Extend<Participant> for People {
    fn extend<I: IntoIterator<Item = Participant>>(&mut self, participants: I) {
        for participant in participants {
            self.insert(participant);
        }
    }
}

impl FromIterator<Participant> for People {
    fn from_iter<I: IntoIterator<Item = Participant>>(participants: I) -> Self {
        let mut people = Self::new();
        people.extend(participants);
        people
    }
}

impl From<BTreeMap<ParticipantId, Participant>> for People {
    fn from(people: BTreeMap<ParticipantId, Participant>) -> Self {
        Self(people)
    }
}

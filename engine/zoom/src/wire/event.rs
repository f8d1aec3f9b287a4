//! Event updates, type 6 (protocol §5.5, §15.3). What an event does to the roster is in `session`.

use std::borrow::Cow;

use serde::Deserialize;

use super::field::{Listed, Text, Whole};

/// One event of a meeting, or one that we do not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventUpdate<'a> {
    /// The event's number (protocol §14.2); another meaning in the Contact Center from 8 on.
    pub event_type: i64,
    /// When it happened, in whatever unit it came.
    pub timestamp: Option<i64>,
    /// Whom it is about: the one named in the event itself, or the list of participants.
    pub people: Vec<Person<'a>>,
}

/// One person of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person<'a> {
    /// Zoom's number for this stay in this meeting.
    pub user_id: i64,
    /// The display name, where it is said and not empty.
    pub user_name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    event: Form<'a>,
}

#[derive(Deserialize)]
struct Form<'a> {
    event_type: Option<Whole>,
    event_code: Option<Whole>,
    timestamp: Option<Whole>,
    event_ts: Option<Whole>,
    #[serde(borrow, flatten)]
    own: PersonForm<'a>,
    #[serde(borrow, default)]
    participants: Listed<PersonForm<'a>>,
}

/// A person as messages spell one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct PersonForm<'a> {
    #[serde(alias = "userId")]
    user_id: Option<Whole>,
    #[serde(borrow, alias = "userName")]
    user_name: Option<Text<'a>>,
}

impl<'a> PersonForm<'a> {
    pub(super) fn person(self) -> Option<Person<'a>> {
        let user_name = self.user_name.map(|name| name.0).filter(|name| !name.is_empty());
        Some(Person { user_id: self.user_id?.0, user_name })
    }
}

/// Reads an event; its number is -1 if it has none.
pub(super) fn read(message: &[u8]) -> serde_json::Result<EventUpdate<'_>> {
    let event = serde_json::from_slice::<Envelope<'_>>(message)?.event;
    let number = |field: Option<Whole>| field.map(|number| number.0);
    let listed = event.participants.0.into_iter();
    Ok(EventUpdate {
        event_type: number(event.event_type.or(event.event_code)).unwrap_or(-1),
        timestamp: number(event.timestamp.or(event.event_ts)),
        people: event.own.person().into_iter().chain(listed.filter_map(PersonForm::person)).collect(),
    })
}

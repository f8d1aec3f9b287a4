//! Event updates, type 6 (protocol §5.5, §15.3). What an event does to the roster is in `session`.

use std::borrow::Cow;

use serde::Deserialize;

use super::{
    field::{Loose, Source, Text, Whole},
    listed::Listed,
};

/// One event of a meeting, or one that we do not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventUpdate<'a> {
    /// The event's number (protocol §14.2); another meaning in the Contact Center from 8 on (protocol §15.3). -1 if missing.
    pub event_type: i64,
    /// When it happened, in whatever unit it came.
    pub timestamp: Option<i64>,
    /// Of an interruption, which media is concerned as flags of protocol §14.7, where that is said.
    pub media_type: Option<i64>,
    /// Whom it is about: the one named in the event itself, the list of participants, or the parties of a call.
    pub people: Vec<Person<'a>>,
}

/// One person of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person<'a> {
    /// Zoom's number for this stay in this meeting, or the number that stands for the channel of a party to a call.
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
    #[serde(default, alias = "eventType")]
    event_type: Loose<Whole>,
    // Of version 2, and read only where the other is missing (protocol §17).
    #[serde(default, alias = "eventCode")]
    event_code: Loose<Whole>,
    #[serde(default)]
    timestamp: Loose<Whole>,
    // The Contact Center's name for it.
    #[serde(default, alias = "eventTs")]
    event_ts: Loose<Whole>,
    #[serde(default, alias = "mediaType")]
    media_type: Loose<Whole>,
    #[serde(default, alias = "userId")]
    user_id: Loose<Source>,
    #[serde(borrow, default, alias = "userName")]
    user_name: Loose<Text<'a>>,
    #[serde(borrow, default)]
    participants: Listed<PersonForm<'a>>,
    #[serde(borrow, default, alias = "participantInfo")]
    participant_info: Listed<PartyForm<'a>>,
    // So it is spelled on the wire (protocol §15.3).
    #[serde(borrow, default)]
    paticipant_info: Listed<PartyForm<'a>>,
}

/// A party of a call, which is told by its channel, or else by its user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct PartyForm<'a> {
    #[serde(default, alias = "channelId")]
    channel_id: Loose<Source>,
    #[serde(default, alias = "userId")]
    user_id: Loose<Source>,
    #[serde(borrow, default, alias = "displayName")]
    display_name: Loose<Text<'a>>,
    #[serde(borrow, default, alias = "userName")]
    user_name: Loose<Text<'a>>,
}

impl<'a> PartyForm<'a> {
    fn person(self) -> Option<Person<'a>> {
        let user_id = self.channel_id.source().or(self.user_id.source())?;
        Some(Person { user_id, user_name: self.display_name.some_text().or(self.user_name.some_text()) })
    }
}

/// A person as messages spell one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct PersonForm<'a> {
    #[serde(default, alias = "userId")]
    user_id: Loose<Source>,
    #[serde(borrow, default, alias = "userName")]
    user_name: Loose<Text<'a>>,
}

impl<'a> PersonForm<'a> {
    pub(super) const fn new(user_id: Loose<Source>, user_name: Loose<Text<'a>>) -> Self {
        Self { user_id, user_name }
    }

    pub(super) fn person(self) -> Option<Person<'a>> {
        Some(Person { user_id: self.user_id.source()?, user_name: self.user_name.some_text() })
    }
}

/// Reads an event; its number is -1 if it has none.
pub(super) fn read(message: &[u8]) -> serde_json::Result<EventUpdate<'_>> {
    let event = serde_json::from_slice::<Envelope<'_>>(message)?.event;
    let own = PersonForm::new(event.user_id, event.user_name).person();
    let listed = event.participants.0.into_iter().filter_map(PersonForm::person);
    let parties = event.participant_info.0.into_iter().chain(event.paticipant_info.0);
    Ok(EventUpdate {
        event_type: event.event_type.number().or(event.event_code.number()).unwrap_or(-1),
        timestamp: event.timestamp.number().or(event.event_ts.number()),
        media_type: event.media_type.number(),
        people: own.into_iter().chain(listed).chain(parties.filter_map(PartyForm::person)).collect(),
    })
}

//! Who wrote what: `chat.json`.

use media::SourceTime;
use model::{Audience, ChatMessage, ChatOperation, Event, EventBody};
use serde::Serialize;

use super::people::People;
use crate::{json::text_of, person::Person, time::Stamp};

/// What a `chat_message` event says (recording-api §4.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChatBody {
    text: String,
    to: &'static str,
}

impl ChatBody {
    /// The text of a message, and whether everyone could read it.
    pub fn of(message: &ChatMessage) -> Self {
        Self {
            text: message.text.expose().clone(),
            to: if message.is_for_everyone() { "everyone" } else { "only_bot" },
        }
    }
}

#[derive(Serialize)]
struct Entry<'a> {
    message_id: Option<&'a str>,
    parent_id: Option<&'a str>,
    operation: ChatOperation,
    sender: Person,
    receiver: Option<Person>,
    audience: Option<Audience>,
    text: &'a str,
    timestamp: Stamp,
}

/// Makes `chat.json`: every message and every later change to one, ordered by time; where `audience` is null, `receiver` null
/// means everyone.
pub fn chat_json(origin: SourceTime, people: &People, events: &[Event]) -> String {
    let mut entries: Vec<(SourceTime, Entry<'_>)> = events
        .iter()
        .filter_map(|event| match &event.body {
            EventBody::Chat(message) => Some((
                event.at,
                Entry {
                    message_id: message.message_id.as_deref(),
                    parent_id: message.parent_id.as_deref(),
                    operation: message.operation,
                    sender: message.sender.as_ref().map_or_else(Person::nobody, |who| people.person_as_told(who)),
                    receiver: message.receiver.as_ref().map(|who| people.person_as_told(who)),
                    audience: message.audience,
                    text: message.text.expose(),
                    timestamp: Stamp::of_moment(origin, event.at),
                },
            )),
            _ => None,
        })
        .collect();
    entries.sort_by_key(|(at, _)| *at);
    let entries: Vec<Entry<'_>> = entries.into_iter().map(|(_, entry)| entry).collect();
    text_of(&entries)
}

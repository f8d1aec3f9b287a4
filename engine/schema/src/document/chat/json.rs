//! The chat for programs: `chat.json`.

use model::{Audience, ParticipantId};
use serde::Serialize;

use super::log::{Message, messages};
use crate::{document::proceedings::Proceedings, json::text_of, person::Person, time::Stamp};

#[derive(Serialize)]
struct Entry<'a> {
    message_id: Option<&'a str>,
    parent_id: Option<&'a str>,
    sender: Person,
    receiver: Option<Person>,
    audience: Option<Audience>,
    text: Option<&'a str>,
    timestamp: Stamp,
    edited_at: Option<Stamp>,
    deleted_at: Option<Stamp>,
    original_missing: bool,
    reactions: Vec<ReactionEntry<'a>>,
}

#[derive(Serialize)]
struct ReactionEntry<'a> {
    emoji: &'a str,
    participant: Person,
    timestamp: Stamp,
}

/// Makes `chat.json`: every message once as it was at the end, ordered by when it was written; where `audience` is null,
/// `receiver` null means everyone. A deleted message has no text.
pub fn chat_json(proceedings: &Proceedings<'_>) -> String {
    let entries: Vec<Entry<'_>> =
        messages(proceedings.events).into_iter().map(|message| entry(proceedings, message)).collect();
    text_of(&entries)
}

fn entry<'a>(proceedings: &Proceedings<'_>, message: Message<'a>) -> Entry<'a> {
    let (attendance, origin) = (&proceedings.attendance, proceedings.origin);
    let stamp = |at| Stamp::of_moment(origin, at);
    let mut reactions: Vec<_> = message.reactions.into_iter().collect();
    reactions.sort_by_key(|(_, at)| *at);
    let reaction = |((emoji, who), at): ((&'a str, Option<ParticipantId>), _)| ReactionEntry {
        emoji,
        participant: who.map_or_else(Person::nobody, |who| attendance.person(who, at)),
        timestamp: stamp(at),
    };
    let receiver = message.written.receiver.as_ref();
    Entry {
        message_id: message.written.message_id.as_deref(),
        parent_id: message.written.parent_id.as_deref(),
        sender: attendance.person_of(message.written.sender.as_ref(), message.at),
        receiver: receiver.map(|who| attendance.person(who.id, message.at)),
        audience: message.written.audience,
        text: message.text,
        timestamp: stamp(message.at),
        edited_at: message.edited_at.map(stamp),
        deleted_at: message.deleted_at.map(stamp),
        original_missing: message.is_original_missing,
        reactions: reactions.into_iter().map(reaction).collect(),
    }
}

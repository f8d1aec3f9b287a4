//! The chat with every change applied. How it reads is in `json` and `text`.

use std::collections::{BTreeMap, HashMap};

use media::SourceTime;
use model::{ChatMessage, ChatOperation, Event, EventBody, ParticipantId};

/// One message as it is at the end.
#[derive(Clone)]
pub(in crate::document) struct Message<'a> {
    /// As it was written; a change to it, if what was written is not in the log.
    pub(in crate::document) written: &'a ChatMessage,
    /// When it was written; when it was first changed, if what was written is not in the log.
    pub(in crate::document) at: SourceTime,
    /// Its last text; `None` once it is deleted.
    pub(in crate::document) text: Option<&'a str>,
    /// When it was last changed.
    pub(in crate::document) edited_at: Option<SourceTime>,
    /// When it was deleted.
    pub(in crate::document) deleted_at: Option<SourceTime>,
    /// Whether it was written before anything was received, or in a gap.
    pub(in crate::document) is_original_missing: bool,
    /// Which emoji are on it, of whom and since when.
    pub(in crate::document) reactions: BTreeMap<Reaction<'a>, SourceTime>,
}

/// An emoji on a message, and whose it is.
pub(in crate::document) type Reaction<'a> = (&'a str, Option<ParticipantId>);

/// How many messages were written, as `chat.json` lists them: one that was changed counts once, and one that was deleted too.
pub fn chat_message_count(events: &[Event]) -> usize {
    messages(events).len()
}

/// Every message once, ordered by time.
///
/// Changes are applied in the order of the platform's time, whatever the order in which they arrived; of one moment, what
/// was written comes before what was changed, and that before what was deleted. Nothing brings a deleted message back. A
/// message that is written twice under one id was changed if the text is another one. A change to a message that is not
/// in the log is listed as one: what is known is its text and who changed it. Without an id, what was written stands
/// alone. An emoji on a message that is not in the log is nothing.
pub(in crate::document) fn messages(events: &[Event]) -> Vec<Message<'_>> {
    let mut operations: Vec<(SourceTime, &ChatMessage)> = events
        .iter()
        .filter_map(|event| match &event.body {
            EventBody::Chat(message) => Some((event.at, message)),
            _ => None,
        })
        .collect();
    operations.sort_by_key(|(at, operation)| (*at, rank(operation.operation)));
    let mut messages: Vec<Message<'_>> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (at, operation) in operations {
        let index = operation.message_id.as_deref().and_then(|id| known.get(id)).copied();
        if let Some(message) = index.and_then(|index| messages.get_mut(index)) {
            message.change(operation, at);
        } else if let Some(message) = Message::first(operation, at) {
            if let Some(id) = operation.message_id.as_deref() {
                known.insert(id, messages.len());
            }
            messages.push(message);
        }
    }
    messages.sort_by_key(|message| message.at);
    messages
}

impl<'a> Message<'a> {
    /// A message by the first that is heard of it.
    fn first(operation: &'a ChatMessage, at: SourceTime) -> Option<Self> {
        let message = Self {
            written: operation,
            at,
            text: Some(operation.text.expose()),
            edited_at: None,
            deleted_at: None,
            is_original_missing: true,
            reactions: BTreeMap::new(),
        };
        match operation.operation {
            ChatOperation::New => Some(Self { is_original_missing: false, ..message }),
            ChatOperation::Update => Some(Self { edited_at: Some(at), ..message }),
            ChatOperation::Delete => Some(Self { text: None, deleted_at: Some(at), ..message }),
            ChatOperation::AddEmoji | ChatOperation::RemoveEmoji => None,
        }
    }

    fn change(&mut self, operation: &'a ChatMessage, at: SourceTime) {
        let text = operation.text.expose().as_str();
        match operation.operation {
            // The clock of whoever changed it was behind: who wrote it and when is known after all.
            ChatOperation::New if self.is_original_missing => {
                (self.written, self.at, self.is_original_missing) = (operation, at, false);
            }
            ChatOperation::New if self.text == Some(text) => {}
            ChatOperation::New | ChatOperation::Update => {
                if self.deleted_at.is_none() {
                    (self.text, self.edited_at) = (Some(text), Some(at));
                }
            }
            ChatOperation::Delete => {
                self.text = None;
                self.deleted_at.get_or_insert(at);
                self.reactions.clear();
            }
            ChatOperation::AddEmoji => {
                if self.deleted_at.is_none() {
                    self.reactions.entry((text, sender(operation))).or_insert(at);
                }
            }
            ChatOperation::RemoveEmoji => {
                self.reactions.remove(&(text, sender(operation)));
            }
        }
    }
}

fn sender(operation: &ChatMessage) -> Option<ParticipantId> {
    operation.sender.as_ref().map(|who| who.id)
}

const fn rank(operation: ChatOperation) -> u8 {
    match operation {
        ChatOperation::New => 0,
        ChatOperation::Update => 1,
        ChatOperation::AddEmoji | ChatOperation::RemoveEmoji => 2,
        ChatOperation::Delete => 3,
    }
}

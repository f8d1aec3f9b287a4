//! What an event says of a chat message.

use model::ChatMessage;
use serde::Serialize;

/// What a `chat_message` event says (recording-api §4.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChatBody {
    text: String,
    to: &'static str,
}

impl ChatBody {
    /// The text of a message, and whether everyone could read it.
    pub fn of(message: &ChatMessage) -> Self {
        Self::reading(message, message.text.expose())
    }

    /// The same with another text.
    pub(in crate::document) fn reading(message: &ChatMessage, text: &str) -> Self {
        Self { text: text.to_owned(), to: if message.is_for_everyone() { "everyone" } else { "only_bot" } }
    }
}

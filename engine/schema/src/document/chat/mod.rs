//! Who wrote what: `log` applies every change to its message, the other files say it.

mod body;
mod json;
mod log;
mod text;

pub use body::ChatBody;
pub use json::chat_json;
pub use log::chat_message_count;
pub(super) use log::messages;
pub use text::chat_text;

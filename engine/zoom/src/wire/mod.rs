//! The messages of RTMS protocol 1, read and written, with the tolerances of protocol §4, §8 and §18.
//!
//! [`scan()`] is the hot path: one pass over a media message. Whatever it does not take goes to [`read`], which knows
//! every message and every odd form of it. What does not belong here: what a message means for the capture (`session`),
//! what its numbers mean (`codes`).

mod base64;
mod content;
mod event;
mod field;
mod incoming;
mod language;
mod listed;
pub mod media;
pub mod outgoing;
mod reply;
mod scan;
pub(crate) mod shape;
mod slow;

#[cfg(test)]
mod limits;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tolerances;

pub use content::{ChatContent, TranscriptContent};
pub use event::{EventUpdate, Person};
pub use incoming::{Incoming, KeepAlive, StateUpdate, read};
pub use language::{bcp47, language_number};
pub use reply::{AudioEcho, MediaReply, MediaUrls, PictureEcho, SignalingReply, VideoReply};
pub use scan::scan;

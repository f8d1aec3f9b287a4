//! Who spoke when: one rule for a meeting that goes on and for a log that is read.
//!
//! [`Speaking`] is the rule, `replay` plays the packets of a log to it. What does not belong here: decoding (`audio`), how
//! customers read it (`schema`).

mod level;
mod replay;
mod speaking;

pub use level::Loudness;
pub(crate) use replay::turns;
pub use speaking::{Speaking, SpeechChange};

//! Raw records to ordered, de-duplicated, gap-declared tracks on one clock.
//!
//! [`Builder`] takes the records of a capture log in any order and [`Builder::build`] gives the [`Timeline`]: where on the
//! file's clock every frame, event and word lies, who spoke when, and what is missing. Only this crate turns the
//! platform's time into positions of a file. What does not belong here: reading the log (`journal`), decoding sound or
//! pictures and deciding what is made of them (`render`), how customers read it (`schema`).

mod arrivals;
mod assemble;
mod audio;
mod builder;
mod clock;
mod connection;
mod disagreement;
mod excerpt;
mod flow;
mod jumps;
mod kind;
mod marks;
mod missing;
mod outage;
mod pause;
mod place;
mod skew;
mod span;
mod speech;
mod strays;
mod tail;
#[cfg(test)]
mod tests;
mod timeline;
mod unread;
mod video;

pub use audio::{AudioFrame, AudioTrack, JITTER_MS, Spurt};
pub use builder::Builder;
pub use disagreement::{Contradiction, Refusal, Substitution};
pub use excerpt::ExcerptError;
pub use flow::Flow;
pub use skew::Skew;
pub use span::Gap;
pub use speech::{Loudness, Speaking, SpeechChange};
pub use timeline::{Counts, Ending, Jump, Timeline};
pub use video::{PictureFormat, TAKES_TURNS_MICROS, VideoFrame, VideoTrack};

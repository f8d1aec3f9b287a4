//! Live events (recording-api §4.2, §4.3, §7.2): what happens in a meeting, told while it happens.
//!
//! What does not belong here: the order and the replay of events (`catalog`, `hub`), how they travel (`api`, `deliver`).

mod body;
mod chorus;
mod correspondent;
mod envelope;
mod filter;
mod narrator;
mod people;
#[cfg(test)]
mod tests;

pub use chorus::Chorus;
pub use correspondent::{Correspondent, Letter, Sample};
pub use filter::EventFilter;
pub use narrator::{Narrator, Told};

//! The machine that captures one stream (protocol §1.2, §5, §6, §10, §11).
//!
//! [`Session`] drives one signaling connection and one connection for each kind of media through handshakes, keep-alives,
//! losses and the end, and turns what arrives into entries of the capture log. What does not belong here: how a message is
//! spelled (`wire`), sockets and the clock (`ingest`, `dial`), what media means (`timeline`).
//!
//! `machine` owns the state; `connect`, `repair`, `signaling`, `handshake`, `streams`, `viewing` and `conclude` are its parts,
//! one for each kind of thing that can happen; the other modules hold one small thing each and know nothing of the machine.

mod clock;
mod conclude;
mod config;
mod connect;
mod ending;
mod failure;
mod handshake;
mod kinds;
mod late;
mod legs;
mod machine;
mod meeting;
mod offers;
mod outbox;
mod recent;
mod repair;
mod retry;
mod roster;
mod signaling;
mod skips;
mod streams;
mod substitutes;
mod timer;
mod viewing;
mod watch;

#[cfg(test)]
mod tests;

pub use config::{SIGNALING_WINDOW, SessionConfig, ShareWant, VideoWant, Wants, split_urls};
pub use machine::Session;

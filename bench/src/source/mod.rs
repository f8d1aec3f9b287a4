//! Where load comes from: many meetings that cost almost nothing to send, so that what is measured is who receives them.
//!
//! It speaks as much of the protocol as joining takes, and sends the same messages to every meeting of a group at the same
//! moment, each written once. A conscientious Zoom, with a ledger of every byte and hostile moods, is the simulator of
//! `fixtures`; this one is for figures.
//!
//! * `run` is its process, `args` its command line; `invite` announces the meetings; `desk` takes connections and shakes hands; `meeting` is what is known
//!   of one
//! * `reel` is what is sent, as WebSocket frames ready but for their time; `mould` what each of them is made from
//! * `press` sends it from a thread of its own, on `pipe`s: TLS over a socket that never waits
//! * `books` is what was sent, in the form of the simulator's ledger

mod args;
mod books;
mod desk;
mod invite;
mod meeting;
mod mould;
mod pipe;
mod press;
mod reel;
mod run;

pub(crate) use args::{SourceArgs, packet_ms};
pub(crate) use mould::{Material, Pictures, Sound};
pub(crate) use run::run;

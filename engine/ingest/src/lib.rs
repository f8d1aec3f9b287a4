//! One task per capture: drives the platform's machine and the log, publishes events, obeys commands.
//!
//! The task owns its sockets, its machine and its log; nothing on its frame path waits for a lock, the disk or the
//! catalogue. What does not belong here: the protocol (`zoom`), how a connection is made (`dial`), what becomes of the
//! log (`studio`).

mod apps;
mod capture;
mod counters;
mod dating;
mod ending;
mod farewell;
mod leaving;
mod ledger;
mod legs;
mod messenger;
mod opening;
mod quarantine;
mod recall;
mod recovery;
mod rejoins;
mod relay;
mod rest;
mod restart;
mod rounds;
mod scribe;
mod settle;
mod supervisor;
mod turns;
mod withholding;
mod witness;

pub use apps::{App, Apps};
pub use rejoins::{CRASH_WINDOW_MS, Rejoin, Rejoins, is_quarantined};
pub use rest::{Rest, RestFailure, RestKey, RestSettings};
pub use supervisor::{Ingest, Settings};

//! The catalogue: what outlives a process. Captures, recordings, artifacts, jobs, commands, events, the memory of
//! webhooks, receivers and what they are to hear, sealed secrets, in SQLite (WAL, `synchronous=FULL`).
//!
//! [`Catalog`] is the seam. Every change is an operation that one writer commits in groups; when a method returns, what
//! it did is on disk. Reads see everything that was committed before they began. Clients poll what they need; the hub, and [`News`]
//! of what no shell has to remember to tell, only say earlier when to look.
//!
//! What does not belong here: media and the capture log (`journal`), the bytes of artifacts (`store`), what a customer
//! sees (`schema`), any decision beyond keeping the rows true to each other.

mod artifacts;
mod captures;
mod catalog;
mod column;
mod commands;
mod deliveries;
mod discard;
mod editions;
mod endpoints;
mod error;
mod events;
mod filter;
mod generation;
mod growing;
mod inbox;
mod intake;
mod jobs;
mod labels;
mod late;
mod left;
mod linked;
mod list;
mod migrate;
mod news;
mod order;
mod outbox;
mod page;
mod paused;
mod purge;
mod reason;
mod receipts;
mod retention;
mod revoke;
mod seal;
mod secrets;
mod snapshot;
mod told;
mod transcripts;
mod webhooks;
mod withheld;
mod work;
mod writer;

#[cfg(test)]
mod fixture;

pub use catalog::{Catalog, HeldDir};
pub use deliveries::{Backlog, DeliveryPage};
pub use editions::{MOST_EDITIONS, Ordered};
pub use error::CatalogError;
pub use filter::Filter;
pub use growing::Growing;
pub use inbox::Delivery;
pub use intake::Admission;
pub use left::LeftBehind;
pub use news::News;
pub use page::{Page, PageKey, Toward};
pub use secrets::Vault;
pub use snapshot::{KeyFit, Snapshot, Survey, SurveyedCapture, SurveyedRecording};
pub use told::{Interruption, Stopped};
pub use transcripts::MOST_TRANSCRIPTS;
pub use webhooks::{MOST_WEBHOOKS, Registered};
pub use work::Outcome;

//! The capture log: append, sync, roll, recover, read back.
//!
//! One directory per capture, numbered MCAP segments; `docs/reference/capture-log.md` has the encoding. [`LogWriter`]
//! never waits for the disk: a few named threads write and sync, and the writer's owner polls for the outcome.
//! [`LogReader`] reads every segment up to its last whole, checksummed chunk, finished or not, and never writes.
//!
//! What does not belong here: what the records mean (`timeline`), which captures exist (`catalog`), finished artifacts
//! (`store`).

mod block;
mod cadence;
mod checksum;
mod decode;
mod disk;
mod encode;
mod ending;
mod error;
mod glance;
mod index;
mod layout;
mod local;
mod open;
mod payload;
#[cfg(test)]
mod power;
mod purge;
mod read;
mod segment;
mod shed;
mod sink;
mod survey;
mod walk;
mod write;

pub use disk::{Disk, DiskFile, DiskPool};
pub use error::JournalError;
pub use glance::Glance;
pub use layout::LogDir;
pub use local::LocalDisk;
pub use open::Stored;
pub use payload::PayloadReader;
pub use purge::Removed;
pub use read::LogReader;
pub use survey::LogSurvey;
pub use write::{LogSettings, LogWriter, Synced};

//! `hansard recover`: what the next start will do with a data directory, and with `--check` whether everything in it is as it
//! should be. Changes nothing.
//!
//! `gather` reads, `facts` is what was read, `compare` holds catalogue and files against each other and is pure, `finding` has
//! the words. What the start itself does is in `ingest`, `studio` and `catalog`.

mod compare;
mod facts;
mod finding;
mod gather;
mod plan;
mod report;

pub(super) use report::recover;

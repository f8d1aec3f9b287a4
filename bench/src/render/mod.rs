//! How fast a finished meeting is copied into its MP4, on one core.
//!
//! `meeting` makes the records of a meeting out of the media pack, `log` writes them as a capture log, `copy` renders that
//! log as a render job does; `measure` does all of it.

mod copy;
mod log;
mod measure;
mod meeting;

pub(crate) use measure::measure;

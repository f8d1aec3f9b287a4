//! What a finished meeting takes to be made into its files, on one core.
//!
//! * `records`, `voices` and `meeting` make the records of a meeting out of the media pack, `log` writes them as a capture log;
//! * `opened` reads a log, `growing` writes a file; `copy` renders the video as a render job does where the picture can be copied;
//! * `measure` writes a meeting and copies it several times.

mod copy;
mod growing;
mod log;
mod measure;
mod meeting;
mod opened;
mod records;
mod voices;

pub(crate) use measure::measure;

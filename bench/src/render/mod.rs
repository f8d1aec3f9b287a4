//! What a finished meeting takes to be made into its files, on one core.
//!
//! * `records`, `voices` and `meeting` make the records of a meeting out of the media pack, `log` writes them as a capture log;
//! * `opened` reads a log, `growing` writes a file; `copy` renders the video as a render job does where the picture can be copied,
//!   `sound` the mix;
//! * `measure` writes a meeting and copies it several times.
//!
//! What does not belong here: comparing with another program; that is in `beside`.

mod copy;
mod growing;
mod log;
mod measure;
mod meeting;
mod opened;
mod records;
mod sound;
mod voices;

pub(crate) use log::write;
pub(crate) use measure::measure;
pub(crate) use records::{FIRST_USER, PICTURE_MS, SLOT_MS, ending, event, media, opening};
pub(crate) use sound::sound;
pub(crate) use voices::voices;

//! Makes artifacts of captures that ended: claims jobs, renders on threads of low priority, checks, publishes. Deletes
//! recordings whose consent was withdrawn or whose time is over, and logs that are no longer needed.
//!
//! What is rendered and how is decided in `render`; this crate reads the log for it, writes its files, has every finished
//! file of media read back by a reader that is not ours, and tells the catalogue. What does not belong here: formats, layout,
//! the API.

mod calendar;
mod clock;
mod desk;
mod error;
#[cfg(feature = "ffmpeg")]
mod export;
#[cfg(feature = "ffmpeg")]
mod file;
#[cfg(test)]
mod fixture;
mod job;
mod leash;
mod log;
#[cfg(feature = "ffmpeg")]
mod mixed;
#[cfg(feature = "ffmpeg")]
mod payloads;
mod purge;
mod retention;
mod settings;
#[cfg(feature = "ffmpeg")]
mod sound;
mod studio;
mod verify;
mod verify_sound;

pub use error::StudioError;
#[cfg(feature = "ffmpeg")]
pub use export::{Exported, export};
pub use settings::Settings;
pub use studio::Studio;
pub use verify::{Mp4Facts, read_mp4, verify_mp4};
pub use verify_sound::verify_sound;

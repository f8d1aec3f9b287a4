//! Makes artifacts of captures that ended: claims jobs, has workers of low priority render, checks, publishes. Deletes
//! recordings whose consent was withdrawn or whose time is over, and logs that are no longer needed.
//!
//! What is rendered and how is decided in `render`; this crate reads the log for it, writes its files, has every finished
//! file of media read back by a reader that is not ours, and tells the catalogue. It has two sides, which meet in `message`: one sees
//! jobs through (`studio`, `desk`, `job`, `worker`) and never decodes anything, the other makes files (`work`, `serve`, `make`) and
//! knows neither catalogue nor store. Pictures of meetings that go on are made in the same two halves (`laboratory`). What does not belong here: formats, layout, the API.

mod asked;
mod calendar;
mod clock;
mod desk;
mod error;
#[cfg(feature = "ffmpeg")]
mod export;
#[cfg(feature = "ffmpeg")]
mod file;
#[cfg(test)]
mod finished;
#[cfg(test)]
mod fixture;
mod job;
#[cfg(feature = "ffmpeg")]
mod laboratory;
mod launch;
mod leash;
mod log;
mod make;
mod message;
#[cfg(feature = "ffmpeg")]
mod mixed;
mod niceness;
#[cfg(feature = "ffmpeg")]
mod payloads;
#[cfg(feature = "fault-points")]
mod probe;
mod purge;
mod retention;
mod roll;
mod rolling;
mod sandbox;
mod serve;
mod settings;
#[cfg(feature = "ffmpeg")]
mod sound;
mod staging;
#[cfg(feature = "ffmpeg")]
mod stills;
#[cfg(feature = "ffmpeg")]
mod stream;
mod studio;
mod verify;
mod verify_sound;
mod work;
mod worker;

pub use error::StudioError;
#[cfg(feature = "ffmpeg")]
pub use export::{Exported, export};
#[cfg(feature = "ffmpeg")]
pub use laboratory::develop;
pub use launch::Launch;
pub use leash::Leash;
pub use settings::Settings;
pub use studio::Studio;
pub use verify::{Mp4Facts, read_mp4, verify_mp4};
pub use verify_sound::verify_sound;
pub use work::work;
pub use worker::Workers;

//! What a render takes beside the `ffmpeg` command line that does the same job, each as a process of its own on the same core.
//!
//! * `case` says what is rendered and where it lies; `sources` makes the media, `council` puts them into a capture log;
//! * `rival` says what the other program is asked to do, `ffmpeg` runs it where nothing is measured;
//! * `likeness` compares pictures; `measure` does all of it, in rounds.
//!
//! What does not belong here: how the engine renders; that is `hansard render`, and `render` for the mix alone.

mod args;
mod case;
mod council;
mod ffmpeg;
mod likeness;
mod measure;
mod rival;
mod sources;

pub(crate) use args::BesideArgs;
pub(crate) use measure::measure;

//! What each command does. Reading the command line is in `cli`.

mod check;
#[cfg(feature = "simulator")]
mod demo;
mod execute;
mod inspect;
mod key;
mod live;
mod project;
mod recover;
#[cfg(feature = "ffmpeg")]
mod render;
mod run;
#[cfg(feature = "simulator")]
mod simulate;
mod work;
mod zoom;

pub(crate) use execute::execute;

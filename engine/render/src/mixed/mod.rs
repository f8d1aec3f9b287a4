//! The mixed video: one MP4 with everybody's sound and the speaker's picture.
//!
//! `sound` and the two ways of making pictures, `copy` and `compose`, each put their samples into a `growing` file;
//! `video` drives them second by second.

mod compose;
mod copy;
mod growing;
mod joined;
mod lane;
mod settings;
mod sound;
mod stage;
mod video;

pub use settings::Settings;
pub use video::{MixedVideo, Step};

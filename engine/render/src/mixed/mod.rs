//! The mixed video: one MP4 with everybody's sound and the picture of the view that was asked for.
//!
//! `sound` and the three ways of making pictures, `copy`, `compose` and `blank`, each put their samples into a `growing` file;
//! `video` drives them second by second. `trial` looks at what is to be copied before it is.

mod blank;
mod card;
mod compose;
mod copy;
mod feed;
mod growing;
mod joined;
mod lane;
mod settings;
mod shown;
mod sound;
mod stage;
mod trial;
mod video;
mod work;

pub(crate) use blank::Blank;
pub(crate) use feed::with_sets;
pub(crate) use growing::SAMPLE_LIMIT_BYTES;
pub(crate) use joined::joined;
pub use settings::Settings;
pub use trial::tried;
pub use video::{MixedVideo, Step};
pub use work::Work;

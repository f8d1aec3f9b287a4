//! Who is on at a moment, reckoned ahead from the timeline alone.
//!
//! `strand` tells the pictures of one source apart from those of the others, `camera` when somebody is seen in them, `floor` who has the
//! word, `screen` which shared screen is on, `grid` who has a tile; `scene` puts that together. What does not belong here: where
//! tiles lie (`layout`), and pixels (`mixed`).

#[cfg(feature = "ffmpeg")]
mod attendance;
mod camera;
#[cfg(feature = "ffmpeg")]
mod floor;
#[cfg(feature = "ffmpeg")]
mod grid;
#[cfg(feature = "ffmpeg")]
mod scene;
mod screen;
mod strand;
#[cfg(all(test, feature = "ffmpeg"))]
mod tests;

#[cfg(feature = "ffmpeg")]
pub(crate) use scene::{Scene, Scenes, Shows, Tile, scenes};
pub(crate) use screen::screens;
#[cfg(feature = "ffmpeg")]
pub(crate) use strand::{Strand, Strip, begin_alike, frame_of, strands, track};

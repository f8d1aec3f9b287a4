//! A meeting as an HLS stream (RFC 8216, and the low-latency parts of its second edition): where it is cut, how its playlist reads, and
//! the pieces themselves.
//!
//! `cutter` cuts, `keys` knows whether key pictures come often enough to be copied, `look` tells looks apart, `piece` packs what lies between
//! two cuts, `playlist` tells about all of them. What is heard in a piece is made by `render`, pictures that are not copied by `darkroom`;
//! who asks for pieces and when is known to `studio` and `api`.

mod clock;
mod cutter;
mod keys;
mod look;
mod piece;
mod playlist;

pub use cutter::{Cutter, PART_MS, Passage, Segment, Shot};
pub use look::Look;
pub use piece::{AAC_FRAME_SAMPLES, header, pack, sound_frames};
pub use playlist::{Awaited, Names, playlist};

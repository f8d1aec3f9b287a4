//! MP4 boxes, fragments, finishing, recovery: bytes in, bytes out.
//!
//! A [`Fragmenter`] turns samples into a fragmented file that plays at every moment of its growth (ISO/IEC 14496-12 §8.8).
//! At the end it says, as a [`Finish`], how a plain file with its index first is made of the same payload. [`scan`] finds
//! how much of a cut fragmented file is whole. [`stream_header`] and [`stream_fragment`] make the pieces of a stream.
//!
//! What does not belong here: files and their syncing (`studio`), bitstreams inside the samples (`video`, `audio`),
//! deciding what is shown when (`render`).

mod boxes;
mod config;
mod error;
mod finish;
mod fragmenter;
mod sample;
mod scan;
mod stream;
mod table;
mod track;

pub use config::{AudioConfig, TrackConfig, VIDEO_TIMESCALE_HZ, VideoConfig};
pub use error::Mp4Error;
pub use finish::{Finish, Step};
pub use fragmenter::Fragmenter;
pub use sample::Sample;
pub use scan::scan;
pub use stream::{StreamRun, stream_fragment, stream_header};

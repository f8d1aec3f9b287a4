//! Media vocabulary: time, rates, codec names, tracks, frames, PCM blocks, buffer pools.
//!
//! Everything here is plain data that every other crate may name. What does not belong here: anything that decodes,
//! parses or writes (see `audio`, `video`, `picture`, `mp4`), and anything that knows what a meeting is (see `model`).

mod codec;
mod frame;
mod pcm;
mod pool;
mod rate;
mod time;

pub use codec::{AudioCodec, AudioFormat, Format, VideoCodec};
pub use frame::{Frame, Track, TrackKind};
pub use pcm::{BLOCK_MS, Block, samples_per_block};
pub use pool::Pool;
pub use rate::{Channels, SampleRate};
pub use time::{Position, SourceTime};

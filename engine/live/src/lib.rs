//! Media as it comes to what is streamed: sound in pieces of PCM, of each participant and of all together; pictures as access
//! units that a receiver can begin with; a whole meeting cut into an HLS stream.
//!
//! Pure: frames and time in, pieces out. What does not belong here: where frames come from (`hub`), how pieces are told
//! (`schema`) and travel (`deliver`), anything that is made of a whole recording (`render`).

mod chunker;
mod hls;
mod mix;
mod pictures;
mod sound;
mod voice;

pub use hls::{
    AAC_FRAME_SAMPLES, Awaited, Cutter, Look, Names, PART_MS, Passage, Segment, Shot, header, pack, playlist,
    sound_frames,
};
pub use mp4::{AudioConfig, Mp4Error, VideoConfig};
pub use pictures::Pictures;
pub use sound::{Chunk, Sound, SoundWant};

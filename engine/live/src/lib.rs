//! Media as it comes to what is streamed: sound in pieces of PCM, of each participant and of all together; pictures as access
//! units that a receiver can begin with, or as still pictures; a whole meeting cut into an HLS stream.
//!
//! Pure: frames and time in, pieces out. What does not belong here: where frames come from (`hub`), how pieces are told
//! (`schema`) and travel (`deliver`), anything that is made of a whole recording (`render`).

mod chunker;
#[cfg(feature = "ffmpeg")]
mod darkroom;
mod exposure;
#[cfg(feature = "ffmpeg")]
mod film;
mod hls;
mod mix;
mod pictures;
mod sound;
mod stills;
mod voice;

#[cfg(feature = "ffmpeg")]
pub use darkroom::Darkroom;
pub use exposure::{Exposure, MOST_SLOTS, Print, STILL_LIMIT_BYTES};
#[cfg(feature = "ffmpeg")]
pub use film::{sample, unexposed};
pub use hls::{
    AAC_FRAME_SAMPLES, Awaited, Cutter, Look, Names, PART_MS, Passage, Segment, Shot, header, pack, playlist,
    sound_frames,
};
pub use mp4::{AudioConfig, Mp4Error, VideoConfig};
#[cfg(feature = "ffmpeg")]
pub use picture::PictureError;
pub use pictures::{AccessUnit, Pictures, begins};
pub use sound::{Chunk, Sound, SoundWant};
pub use stills::Stills;

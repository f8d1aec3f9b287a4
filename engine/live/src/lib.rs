//! Media as it comes to what is streamed: sound in pieces of PCM, of each participant and of all together; pictures as access
//! units that a receiver can begin with.
//!
//! Pure: frames and time in, pieces out. What does not belong here: where frames come from (`hub`), how pieces are told
//! (`schema`) and travel (`deliver`), anything that is made of a whole recording (`render`).

mod chunker;
mod mix;
mod pictures;
mod sound;
mod voice;

pub use pictures::Pictures;
pub use sound::{Chunk, Sound, SoundWant};

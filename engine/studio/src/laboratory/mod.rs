//! Where pictures of meetings that go on are decoded: in a process of its own, which has nothing but its pipes; one that dies costs pictures
//! and nothing else. What is wanted of it is known to `stills` and `stream`, what it does with a frame is in `live`.
//!
//! `process` is it as the daemon sees it, `develop` what runs in it, `words` what they say to each other, `rests` how long is waited for the
//! next after one died.

mod develop;
mod process;
mod rests;
mod words;

pub use develop::develop;
pub(crate) use process::Laboratory;
pub(crate) use rests::Rests;
pub(crate) use words::FRAME_LIMIT_BYTES;

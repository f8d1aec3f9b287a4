//! H.264, JPEG and PNG bitstreams: split, inspect, repackage. No pixels.
//!
//! Everything takes bytes from the wire and treats them as hostile. What does not belong here: decoding and encoding of
//! pictures (`picture`), boxes of a container (`mp4`), anything that knows when a picture is shown (`timeline`).

mod error;
pub mod h264;
pub mod still;

pub use error::VideoError;

//! How much more this host can take: room on the data volume, memory, files and sockets.
//!
//! Once a second it looks, decides, and tells everybody through `hub` and the catalogue. What is decided is in pure modules
//! that take what was seen, and time, as arguments: `space` and `pace` for the disk, `reserve` for the file that is kept for
//! the last moment, `admission` for the number of captures, `load` for how busy the
//! processor is, `descriptors` for who may open how many files. `volume`, `memory`,
//! `processor` and `files` look; `watch` does it over and over.
//!
//! What does not belong here: what a shortage stops. That is each shell's own business.

mod admission;
mod descriptors;
mod error;
mod files;
mod load;
mod memory;
mod pace;
mod processor;
mod reserve;
mod space;
mod volume;
mod watch;

pub use admission::Bounds;
pub use descriptors::Descriptors;
pub use error::CapacityError;
pub use files::open_file_limit;
pub use space::{Threshold, Thresholds};
pub use volume::Volume;
pub use watch::{Settings, Watch};

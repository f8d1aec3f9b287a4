//! H.264 (ITU-T H.264, clauses as of 08/2021) in Annex B form: units, parameter sets, access units, and their
//! repackaging for MP4.
//!
//! What does not belong here: the boxes around a sample (`mp4`), and whatever needs a decoder (`picture`).

mod access_unit;
mod avcc;
mod bits;
mod length_prefix;
mod nal;
mod sps;
mod vui;

#[cfg(test)]
mod tests;

pub use access_unit::{AccessUnit, ParameterSets, inspect};
pub use length_prefix::to_length_prefixed;
pub use nal::{Nal, NalKind, nals};
pub use sps::Sps;

//! From what was collected to ordered tracks: one file a kind. Gaps are in `outage`.

mod assembly;
mod pictures;
mod sets;
mod sound;
mod words;

pub(crate) use assembly::Assembly;
pub(crate) use pictures::Pictures;
pub(crate) use sound::{Heard, sound};
pub(crate) use words::Words;

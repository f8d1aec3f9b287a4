//! Sound: the mix of everybody for every file that holds it, files of sound alone, and files of one participant.
//!
//! `mix` turns tracks into blocks, `voice` decodes for it; `file` encodes blocks. `mixed` drives both for a file of everybody,
//! `part` for a file of one participant, of which `parts` says where they begin and end and `list` tells customers; `copied` makes one of Opus packets as
//! they came. The sound of a video is put into it in `crate::mixed`.

#[cfg(feature = "ffmpeg")]
mod copied;
#[cfg(feature = "ffmpeg")]
mod file;
mod list;
#[cfg(feature = "ffmpeg")]
mod mix;
#[cfg(feature = "ffmpeg")]
mod mixed;
#[cfg(feature = "ffmpeg")]
mod part;
mod parts;
#[cfg(feature = "ffmpeg")]
mod settings;
#[cfg(feature = "ffmpeg")]
mod step;
#[cfg(feature = "ffmpeg")]
mod voice;

#[cfg(feature = "ffmpeg")]
pub(crate) use list::listed;
pub use list::parts_list;
#[cfg(feature = "ffmpeg")]
pub(crate) use mix::Mix;
#[cfg(feature = "ffmpeg")]
pub use mixed::MixedSound;
#[cfg(feature = "ffmpeg")]
pub use part::PartSound;
#[cfg(feature = "ffmpeg")]
pub(crate) use parts::MOST_PARTS;
pub use parts::{Part, Parts, parts};
#[cfg(feature = "ffmpeg")]
pub use settings::SoundSettings;
#[cfg(feature = "ffmpeg")]
pub use step::SoundStep;

//! Timeline to artifacts: plan, mix, stage, documents, quality report.
//!
//! [`plan`] decides whether the mixed video copies the platform's pictures or composes its own for the [`View`] that was asked
//! for, [`tried`] whether anything is to be seen of what is copied, [`MixedVideo`] makes it step by step, [`MixedSound`] and [`PartSound`] files of sound alone, [`documents`] writes everything
//! that is text. Payloads come through [`Payloads`]. What does not belong
//! here: where things lie in time and what is missing (`timeline`), codecs and boxes (`audio`, `picture`, `mp4`), the
//! shape of the documents (`schema`), files, threads and the check of a finished file (`studio`).
//!
//! The feature `ffmpeg` (on by default) brings everything that decodes or encodes; the plan and the documents need none.

mod cast;
mod choice;
mod documents;
mod error;
#[cfg(feature = "ffmpeg")]
mod layout;
mod ledger;
#[cfg(feature = "ffmpeg")]
mod mixed;
mod muted;
#[cfg(feature = "ffmpeg")]
mod passage;
mod payloads;
mod presence;
mod quality;
#[cfg(feature = "ffmpeg")]
mod separate;
mod sound;
mod stretch;
#[cfg(test)]
mod tests;
mod view;

pub use choice::{Choice, VideoChoice, plan};
pub use documents::{Document, Meeting, documents};
pub use error::RenderError;
#[cfg(feature = "ffmpeg")]
pub use mixed::{MixedVideo, Settings, Step, Work, tried};
pub use mp4::{Finish, Step as FinishStep};
#[cfg(feature = "ffmpeg")]
pub use passage::{Black, passage_sound, picture_as_it_came, picture_to_decode, sound_between};
pub use payloads::{PayloadError, Payloads};
#[cfg(feature = "ffmpeg")]
pub use picture::Preset;
pub use quality::{Damage, Outcome, SoundOutcome, quality, summary};
pub use schema::file;
#[cfg(feature = "ffmpeg")]
pub use separate::{VideoPart, VideoParts, video_parts, video_parts_list, without_mix};
#[cfg(feature = "ffmpeg")]
pub use sound::{MixedSound, PartSound, SoundSettings, SoundStep};
pub use sound::{Part, Parts, parts, parts_list};
pub use view::View;

//! Why a render cannot begin or go on. Damaged media does not end a render; it is counted in [`crate::Damage`].

use model::{Blame, Fault};

/// A render that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// The timeline has no length.
    #[error("the capture holds nothing that lasts; there is nothing to make a video of")]
    Nothing,
    /// A step was asked for after the last one.
    #[error("the video is already finished; take no further step")]
    Finished,
    /// The choice to copy does not fit the timeline.
    #[error("the pictures cannot be copied: {reason}; compose them, or use the choice that plan() makes")]
    CannotCopy {
        /// Why.
        reason: String,
    },
    /// A file of sound was asked for in a format of pictures.
    #[error("a file of sound cannot be {format}; ask for m4a, mp3, raw or ogg")]
    NotSound {
        /// The format that was asked for.
        format: &'static str,
    },
    /// Sound could not be encoded.
    #[error("sound: {0}")]
    Audio(#[from] audio::AudioError),
    /// A picture could not be drawn or encoded.
    #[error("pictures: {0}")]
    Picture(#[from] picture::PictureError),
    /// The file could not be begun.
    #[error("file: {0}")]
    Mp4(#[from] mp4::Mp4Error),
}

impl Fault for RenderError {
    fn blame(&self) -> Blame {
        match self {
            Self::Nothing => Blame::Peer,
            Self::Finished
            | Self::CannotCopy { .. }
            | Self::NotSound { .. }
            | Self::Audio(_)
            | Self::Picture(_)
            | Self::Mp4(_) => Blame::Ourselves,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing_to_render",
            Self::Finished => "render_finished",
            Self::NotSound { .. } => "not_sound",
            Self::CannotCopy { .. } => "cannot_copy",
            Self::Audio(error) => error.code(),
            Self::Picture(error) => error.code(),
            Self::Mp4(_) => "mp4_invalid",
        }
    }
}

//! What can go wrong while an artifact is made.

use std::{io, path::PathBuf};

use catalog::CatalogError;
use journal::JournalError;
use model::{Blame, Fault};
use render::RenderError;
use store::StoreError;

/// An artifact could not be made.
#[derive(Debug, thiserror::Error)]
pub enum StudioError {
    /// The capture log could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The render itself failed.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The artifact could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The catalogue did not answer.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A file of ours could not be written or read.
    #[error("{action} {path}: {source}; check space, permissions and health of that volume")]
    File {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The disk is nearly full, and what is left of it is for captures.
    #[error("the disk is nearly full, so nothing is rendered; it is rendered once there is room again")]
    HeldBack,
    /// The recording was deleted while it was rendered.
    #[error("the recording was deleted while it was rendered")]
    CalledOff,
    /// Whoever waited for it interrupted it.
    #[error("it was interrupted, and nothing of it is left")]
    Interrupted,
    /// What makes the artifact panicked: a renderer or a decoder.
    #[error("a defect of Hansard stopped it; the capture log is kept, please report it with that log")]
    Panicked,
    /// The process that makes it died, or did not keep to what a worker says.
    #[error("the process that makes it ended ({how}); the capture log is kept, please report it with that log")]
    Crashed {
        /// How it ended.
        how: String,
    },
    /// No process or thread could be started for it.
    #[error("nothing could be started to make it: {source}; raise the limits of processes, memory and open files")]
    Start {
        /// The system's answer.
        source: io::Error,
    },
    /// The part of a recording that is wanted cannot be cut out.
    #[error("the excerpt: {0}")]
    Excerpt(#[from] timeline::ExcerptError),
    /// This build has no codecs.
    #[error("this build of Hansard has no codecs; build it with the feature `ffmpeg` to make videos of its logs")]
    WithoutCodecs,
    /// The finished file is not what it should be; it is not announced.
    #[error("the finished file was read back and {reason}; this is a defect of Hansard, please report it")]
    Unsound {
        /// What was found.
        reason: String,
    },
}

impl StudioError {
    /// Whether it lies in the disk or the catalogue and not in what is rendered, so that another attempt may succeed.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Journal(error) => matches!(error, JournalError::Io { .. }),
            Self::Store(error) => matches!(error, StoreError::File { .. } | StoreError::Abandoned { .. }),
            Self::Catalog(_) | Self::File { .. } | Self::HeldBack | Self::Start { .. } => true,
            Self::Render(_) | Self::Unsound { .. } | Self::CalledOff | Self::Interrupted | Self::Excerpt(_) => false,
            Self::Panicked | Self::Crashed { .. } | Self::WithoutCodecs => false,
        }
    }

    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}

impl Fault for StudioError {
    fn blame(&self) -> Blame {
        match self {
            Self::Journal(error) => error.blame(),
            Self::Render(error) => error.blame(),
            Self::Store(error) => error.blame(),
            Self::Catalog(error) => error.blame(),
            Self::Excerpt(error) => error.blame(),
            Self::File { .. } | Self::HeldBack | Self::Unsound { .. } | Self::Panicked => Blame::Ourselves,
            Self::Crashed { .. } | Self::Start { .. } => Blame::Ourselves,
            Self::CalledOff | Self::Interrupted => Blame::Caller,
            Self::WithoutCodecs => Blame::Caller,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Journal(error) => error.code(),
            Self::Render(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Catalog(error) => error.code(),
            Self::Excerpt(error) => error.code(),
            Self::File { .. } => "storage_error",
            Self::Unsound { .. } => "artifact_unsound",
            Self::Panicked => "render_panicked",
            Self::Crashed { .. } => "render_crashed",
            Self::Start { .. } => "render_not_started",
            Self::HeldBack => "render_held_back",
            Self::CalledOff => "recording_deleted",
            Self::Interrupted => "render_interrupted",
            Self::WithoutCodecs => "built_without_codecs",
        }
    }
}

//! What the operator decides about renders. Reading it from a file is in `daemon`.

use std::{num::NonZeroUsize, path::PathBuf};

/// What renders have in common.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where logs are kept, below `captures/<id>/log`.
    pub data_dir: PathBuf,
    /// How many renders run at once.
    pub renders: NonZeroUsize,
    /// How a mixed video is made.
    #[cfg(feature = "ffmpeg")]
    pub video: render::Settings,
}

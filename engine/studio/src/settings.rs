//! What the operator decides about renders. Reading it from a file is in `daemon`.

use std::{num::NonZeroUsize, path::PathBuf};

use crate::Workers;

/// What renders have in common.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where logs are kept, below `captures/<id>/log`.
    pub data_dir: PathBuf,
    /// For how many hours capture logs are kept once everything was made of them; `None` for as long as their recordings are.
    pub keep_log_hours: Option<u32>,
    /// How many renders run at once.
    pub renders: NonZeroUsize,
    /// Of how many meetings that go on the video is made already, at most.
    pub rolling: u32,
    /// How they are run.
    pub workers: Workers,
    /// How a mixed video is made.
    #[cfg(feature = "ffmpeg")]
    pub video: render::Settings,
    /// How files of sound are made.
    #[cfg(feature = "ffmpeg")]
    pub sound: render::SoundSettings,
}

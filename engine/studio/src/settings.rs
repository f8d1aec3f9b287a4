//! What the operator decides about renders. Reading it from a file is in `daemon`.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use model::{Capture, CaptureId};

use crate::{
    Workers,
    message::{Assignment, Findings},
};

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
    pub rolling: usize,
    /// Of how many meetings that go on still pictures are made at once, at most.
    pub pictures: usize,
    /// How they are run.
    pub workers: Workers,
    /// How a mixed video is made.
    #[cfg(feature = "ffmpeg")]
    pub video: render::Settings,
    /// How files of sound are made.
    #[cfg(feature = "ffmpeg")]
    pub sound: render::SoundSettings,
}

impl Settings {
    /// What there is to do for a recording, in a directory of the worker's own, for one who knows nothing of it yet; `None` if there is
    /// no recording.
    pub(crate) fn assignment(&self, capture: &Capture, captures: Vec<CaptureId>, staging: &Path) -> Option<Assignment> {
        Some(Assignment {
            data_dir: self.data_dir.clone(),
            captures,
            is_growing: false,
            meeting_uuid: capture.stream.meeting_uuid.clone(),
            origin: capture.recording.as_ref()?.started_at,
            attempts: 0,
            look: capture.config.edition(),
            staging: staging.to_owned(),
            findings: Findings::default(),
            #[cfg(feature = "ffmpeg")]
            video: self.video,
            #[cfg(feature = "ffmpeg")]
            sound: self.sound,
        })
    }
}

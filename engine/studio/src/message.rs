//! What is said between whoever sees a render job through and the worker that makes its files: a line of JSON each where that is
//! another process. Neither the catalogue nor the store is known here; how the lines travel is in `worker` and `serve`.

use std::path::PathBuf;

use journal::LogDir;
use media::SourceTime;
use model::{ArtifactFormat, ArtifactKind, Blame, CaptureId, Edition, Fault, RecordingQuality};
use render::{Outcome, SoundOutcome};
use serde::{Deserialize, Serialize};

use crate::StudioError;

/// What a worker works on for as long as it lives: the first line that it reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Assignment {
    /// Where logs are kept, below `captures/<id>/log`.
    pub(crate) data_dir: PathBuf,
    /// The captures of the recording, in the order in which they began.
    pub(crate) captures: Vec<CaptureId>,
    /// Whether the last of them still runs: then it is followed, until the worker is told that it is over.
    pub(crate) is_growing: bool,
    /// The platform's opaque meeting id.
    pub(crate) meeting_uuid: String,
    /// Second 0 as the catalogue knows it.
    pub(crate) origin: Option<SourceTime>,
    /// How often the job was tried before.
    pub(crate) attempts: u32,
    /// How the recording itself is to look.
    pub(crate) look: Edition,
    /// The directory in which its files are made, which is its own.
    pub(crate) staging: PathBuf,
    /// What earlier workers of the same job found.
    pub(crate) findings: Findings,
    /// How a mixed video is made.
    #[cfg(feature = "ffmpeg")]
    pub(crate) video: render::Settings,
    /// How files of sound are made.
    #[cfg(feature = "ffmpeg")]
    #[serde(with = "SoundSettings")]
    pub(crate) sound: render::SoundSettings,
}

impl Assignment {
    /// The logs that it reads.
    pub(crate) fn logs(&self) -> Vec<LogDir> {
        self.captures.iter().map(|capture| LogDir::of(&self.data_dir, *capture)).collect()
    }
}

/// The shape of [`render::SoundSettings`].
#[cfg(feature = "ffmpeg")]
#[derive(Serialize, Deserialize)]
#[serde(remote = "render::SoundSettings")]
struct SoundSettings {
    bitrate_bps: u32,
    opus_bitrate_bps: u32,
}

/// What was found while files were made and belongs into the report of the whole. Only who makes the report looks into it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Findings {
    /// How the mixed video came out.
    pub(crate) mixed: Option<Outcome>,
    /// How everything that sounds came out.
    pub(crate) sound: SoundOutcome,
}

/// What a worker is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// The files of one artifact.
    Make {
        /// Which one.
        wanted: Wanted,
        /// What could not be made so far.
        unmade: Vec<ArtifactKind>,
    },
    /// A meeting that was followed is over, and what is worked on from now on is this.
    Settle(Box<Assignment>),
    /// How the whole is judged.
    Judge {
        /// What could not be made.
        unmade: Vec<ArtifactKind>,
    },
    /// What the worker can reach that it should not.
    #[cfg(feature = "fault-points")]
    Probe {
        /// A file that it has no business with.
        foreign: PathBuf,
    },
}

/// What distinguishes an artifact for who makes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) kind: ArtifactKind,
    /// How its media is packed; `None` for documents.
    pub(crate) format: Option<ArtifactFormat>,
    /// How it differs from the recording's own look.
    pub(crate) edition: Option<Edition>,
}

/// What a worker says. To each request, and to its assignment, it gives one answer, after any number of notes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Something on the way.
    Note(Note),
    /// The logs are read.
    Ready(Ready),
    /// An artifact is made.
    Made(Made),
    /// It could not be made, or the logs not be read.
    Unmade(Unmade),
    /// How the whole is judged; nothing if that panicked.
    Judged(Option<RecordingQuality>),
    /// What could be reached, by name.
    #[cfg(feature = "fault-points")]
    Reached(Vec<String>),
}

/// Something that happens while a worker works.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Note {
    /// How much of what was asked for is made, from 0 to 1.
    Share(f64),
    /// A part of several could not be made, and is left out.
    LeftOut,
    /// So many pieces of a log could not be read.
    Unreadable(u64),
}

/// A worker whose logs are read.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Ready {
    /// Second 0 and the end, on the platform's clock.
    pub(crate) bounds: (SourceTime, SourceTime),
    /// How long reading took, of a meeting that was followed only what was left to read.
    pub(crate) seconds: f64,
    /// How much of the mixed video was made while the meeting went on and holds, in milliseconds.
    pub(crate) rolled_ms: u64,
}

/// The files of an artifact.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) files: Vec<Staged>,
    /// All that was found so far.
    pub(crate) findings: Findings,
}

/// A file that waits in the worker's directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Staged {
    /// What it is called there.
    pub(crate) file: String,
    /// What it is called within its artifact.
    pub(crate) name: String,
    pub(crate) media_type: String,
}

/// Why an artifact was not made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Unmade {
    /// The stable snake_case code.
    pub(crate) code: String,
    /// A sentence.
    pub(crate) reason: String,
    pub(crate) blame: Blame,
    pub(crate) chance: Chance,
}

/// What another attempt promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Chance {
    /// It would end in the same way.
    None,
    /// Something broke, and may do so again.
    Slight,
    /// It lay in the disk or the catalogue, and passes.
    Good,
}

impl From<&StudioError> for Unmade {
    fn from(error: &StudioError) -> Self {
        let chance = match error {
            StudioError::Panicked | StudioError::Crashed { .. } => Chance::Slight,
            passing if passing.may_pass() => Chance::Good,
            _ => Chance::None,
        };
        Self { code: error.code().to_owned(), reason: error.to_string(), blame: error.blame(), chance }
    }
}

impl From<StudioError> for Unmade {
    fn from(error: StudioError) -> Self {
        Self::from(&error)
    }
}

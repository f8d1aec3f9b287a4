//! What a data directory holds, as far as the catalogue and the files tell. Reading it is in `gather`, what it means in
//! `compare`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use catalog::{Survey, SurveyedCapture};
use journal::LogSurvey;
use model::{ArtifactId, CaptureId, CaptureStatus, Cursor, RecordingId};

/// Everything that is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) survey: Survey,
    /// The events of each capture in the catalogue, in order.
    pub(super) events: BTreeMap<CaptureId, Vec<Told>>,
    /// What lies in the directory of each capture.
    pub(super) logs: BTreeMap<CaptureId, Log>,
    /// What lies in the store.
    pub(super) objects: Vec<Object>,
    /// Files that were being written when a process died.
    pub(super) temporary: Vec<PathBuf>,
    /// Files that nobody of us put there.
    pub(super) strays: Vec<PathBuf>,
}

/// An event in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) cursor: Cursor,
    /// What tells its content from that of others.
    pub(super) digest: u64,
    /// Whether it is about the capture itself, and so not in the log.
    pub(super) is_status: bool,
}

/// A capture log.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    pub(super) survey: LogSurvey,
    /// What tells the contents of its events apart.
    pub(super) events: BTreeSet<u64>,
}

/// A file of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) recording: RecordingId,
    pub(super) artifact: ArtifactId,
    pub(super) name: String,
    pub(super) bytes: u64,
    /// Its checksum, or why it cannot be read.
    pub(super) sha256: Result<String, String>,
}

/// Whether the stream of a capture is over.
pub(super) fn is_over(capture: &SurveyedCapture) -> bool {
    capture.status >= CaptureStatus::CallEnded
}

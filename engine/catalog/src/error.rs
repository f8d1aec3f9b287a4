//! What can go wrong with the catalogue. Refusals that are part of normal life (a status that may not follow, a stream
//! that is known) are answers of the methods, not errors.

use std::{io, path::PathBuf, sync::Arc};

use model::{ArtifactId, Blame, CaptureId, Cursor, EndpointId, Epoch, Fault, JobId, RecordingId};
use thiserror::Error;

/// Why the catalogue could not do what it was asked to.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// Another process owns the directory.
    #[error("{} is held by another process; stop the other Hansard or give this one a data directory of its own", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// A file beside the database could not be used.
    #[error("cannot {doing} {}: {source}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database was written by a newer Hansard.
    #[error(
        "the catalogue has schema version {found}, this Hansard knows up to {known}; start the newer version again"
    )]
    NewerSchema {
        /// The version of the database.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The database was written by an older Hansard, and nobody may bring it up to date now.
    #[error("the catalogue has schema version {found}, this Hansard needs {known}; start its daemon once")]
    OlderSchema {
        /// The version of the database.
        found: i64,
        /// The version that is needed.
        known: i64,
    },
    /// The key file has the wrong length.
    #[error("{} holds {found} bytes instead of {expected}; restore it from a backup", path.display())]
    BadKeyFile {
        /// The key file.
        path: PathBuf,
        /// Its length in bytes.
        found: usize,
        /// The right length in bytes.
        expected: usize,
    },
    /// The key file is not the one that sealed the secrets of this database.
    #[error("{} did not seal the secrets of this catalogue; restore the key file that belongs to it", path.display())]
    WrongKey {
        /// The key file.
        path: PathBuf,
    },
    /// The cryptographic library refused to work.
    #[error("secrets cannot be sealed: the cryptographic library refused")]
    Seal,
    /// SQLite refused a statement.
    #[error("the catalogue's database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// SQLite did not commit the group that the operation was in; nothing of it happened.
    #[error("the catalogue could not commit, nothing was changed: {0}")]
    Commit(Arc<sqlx::Error>),
    /// SQLite's own log could not be emptied because somebody, such as a backup, reads a state that is in it.
    #[error("the catalogue's log cannot be emptied while somebody reads it; trying again")]
    LogInUse,
    /// A stored value does not mean anything to this program.
    #[error("the catalogue holds an unreadable {column}: {why}")]
    Unreadable {
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A value cannot be written down.
    #[error("a value for {column} cannot be stored: {why}")]
    Unwritable {
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// There is no such capture.
    #[error("there is no capture {0}")]
    UnknownCapture(CaptureId),
    /// There is no such recording.
    #[error("there is no recording {0}")]
    UnknownRecording(RecordingId),
    /// There is no such artifact.
    #[error("there is no artifact {0}")]
    UnknownArtifact(ArtifactId),
    /// There is no such real-time endpoint.
    #[error("there is no real-time endpoint {0}")]
    UnknownEndpoint(EndpointId),
    /// There is no such job.
    #[error("there is no job {0}")]
    UnknownJob(JobId),
    /// As many captures are open as there is room for; nothing was changed.
    #[error("{open} captures are open and there is room for {room}; try again when one of them has ended")]
    Full {
        /// How many are open.
        open: u32,
        /// How many may be.
        room: u32,
    },
    /// Nothing can be recorded for a capture that is over.
    #[error("capture {0} is over; nothing can be recorded for it")]
    CaptureOver(CaptureId),
    /// Of this capture nothing is stored.
    #[error("nothing of capture {0} may be stored, so its events are in memory only; this is a defect of Hansard")]
    NothingStored(CaptureId),
    /// A cursor names another event already.
    #[error("event {cursor} of capture {capture} exists with other content; each cursor names one event for ever")]
    EventConflict {
        /// Whose event.
        capture: CaptureId,
        /// Its place.
        cursor: Cursor,
    },
    /// An event would leave a hole before it.
    #[error("event {found} of capture {capture} leaves a hole: number {expected} comes next in its epoch")]
    EventGap {
        /// Whose event.
        capture: CaptureId,
        /// The place that was offered.
        found: Cursor,
        /// The number that comes next.
        expected: u64,
    },
    /// A later owner took the capture over.
    #[error("capture {capture} was taken over in epoch {current:?}; its owner of epoch {found:?} must let go")]
    StaleEpoch {
        /// Whose events.
        capture: CaptureId,
        /// The epoch of the writer.
        found: Epoch,
        /// The epoch of the owner.
        current: Epoch,
    },
    /// The catalogue was closed.
    #[error("the catalogue is closed")]
    Closed,
}

impl Fault for CatalogError {
    fn blame(&self) -> Blame {
        match self {
            Self::UnknownCapture(_)
            | Self::UnknownRecording(_)
            | Self::UnknownArtifact(_)
            | Self::UnknownEndpoint(_)
            | Self::UnknownJob(_) => Blame::Caller,
            _ => Blame::Ourselves,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "catalog_locked",
            Self::File { .. } => "catalog_file_failed",
            Self::NewerSchema { .. } => "catalog_schema_newer",
            Self::OlderSchema { .. } => "catalog_schema_older",
            Self::BadKeyFile { .. } => "catalog_key_damaged",
            Self::WrongKey { .. } => "catalog_key_wrong",
            Self::Seal => "catalog_seal_failed",
            Self::Database(_) => "catalog_database_failed",
            Self::Commit(_) => "catalog_commit_failed",
            Self::LogInUse => "catalog_log_in_use",
            Self::Unreadable { .. } => "catalog_value_unreadable",
            Self::Unwritable { .. } => "catalog_value_unwritable",
            Self::UnknownCapture(_) => "unknown_capture",
            Self::UnknownRecording(_) => "unknown_recording",
            Self::UnknownArtifact(_) => "unknown_artifact",
            Self::UnknownEndpoint(_) => "unknown_endpoint",
            Self::UnknownJob(_) => "unknown_job",
            Self::Full { .. } => "no_capacity",
            Self::CaptureOver(_) => "capture_over",
            Self::NothingStored(_) => "nothing_stored",
            Self::EventConflict { .. } => "event_conflict",
            Self::EventGap { .. } => "event_gap",
            Self::StaleEpoch { .. } => "stale_epoch",
            Self::Closed => "catalog_closed",
        }
    }
}

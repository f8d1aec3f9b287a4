//! Work that outlives a process: what the catalogue hands from one shell to another.

use serde::{Deserialize, Serialize};

use crate::{
    Artifact, ArtifactId, ArtifactKind, Capture, CaptureId, Epoch, JobId, Labels, ParticipantId, Project,
    RecordingConfig, RecordingId, Secret, StreamRef,
};

/// A capture that was asked for, not yet known to the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCapture {
    /// The id it shall have.
    pub id: CaptureId,
    /// The id its recording shall have.
    pub recording_id: RecordingId,
    /// Whose it shall be.
    pub project: Project,
    /// The platform's stream.
    pub stream: StreamRef,
    /// The platform's address, as it was announced.
    pub server_urls: String,
    /// The signature for the handshakes, where the customer made it; kept sealed.
    pub signature: Option<Secret<String>>,
    /// The platform's start notice without its signature, as JSON text.
    pub notice: String,
    /// When the platform sent the notice, in milliseconds of the platform's clock; 0 if unknown.
    pub notice_unix_ms: i64,
    /// The platform's user on whose behalf the stream runs, where it says so.
    pub operator: Option<String>,
    /// What shall be made of it.
    pub config: RecordingConfig,
    /// The customer's own labels.
    pub metadata: Labels,
    /// Now, in milliseconds of this machine's wall clock since the Unix epoch.
    pub now_unix_ms: i64,
}

/// A capture that `ingest` shall run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartJob {
    /// The capture as the catalogue knows it.
    pub capture: Capture,
    /// The recording that its media will belong to.
    pub recording_id: RecordingId,
    /// The signature for the handshakes, where the customer made it.
    pub signature: Option<Secret<String>>,
    /// The platform's start notice, as JSON text.
    pub notice: String,
    /// The epoch in which this owner writes.
    pub epoch: Epoch,
    /// Whether the customer wants nothing of it recorded for now.
    pub is_withheld: bool,
}

/// What of a recording is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RenderScope {
    /// Everything that is to be made; recording and captures end with it.
    Recording,
    /// One edition of a recording that is over.
    Edition,
}

/// A recording that `studio` shall render.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderJob {
    /// The job itself.
    pub id: JobId,
    /// What of it.
    pub scope: RenderScope,
    /// The capture that ended last, with its recording.
    pub capture: Capture,
    /// Every capture whose log belongs to the recording, in the order of their start.
    pub captures: Vec<CaptureId>,
    /// What is to be made, or made once more.
    pub artifacts: Vec<Artifact>,
    /// How often it was tried before.
    pub attempts: u32,
    /// How often a process died while it was tried.
    pub deaths: u32,
}

/// What of a recording is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PurgeScope {
    /// Everything that was received and made.
    Recording,
    /// The capture logs alone.
    Logs,
    /// The files of one artifact.
    Artifact(ArtifactId),
}

impl PurgeScope {
    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Logs => "logs",
            Self::Artifact(_) => "artifact",
        }
    }
}

/// A recording whose content `studio` shall delete for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgeJob {
    /// The job itself.
    pub id: JobId,
    /// What of it.
    pub scope: PurgeScope,
    /// Every capture whose log belongs to the recording.
    pub captures: Vec<CaptureId>,
    /// The recording.
    pub recording: RecordingId,
}

/// What a purge removed, for the audit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// How many files.
    pub files: u64,
    /// How many bytes they had.
    pub bytes: u64,
}

/// What remains known of content that was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// The recording that it belonged to.
    pub recording: RecordingId,
    /// Why, as a stable code.
    pub reason: String,
    /// When that was asked for, in milliseconds of this machine's wall clock since the Unix epoch.
    pub asked_at_unix_ms: i64,
    /// When no file was left, in milliseconds of this machine's wall clock since the Unix epoch.
    pub finished_at_unix_ms: Option<i64>,
    /// How many events were removed.
    pub events: u64,
    /// Which files were removed; those of a recording are counted with its first capture.
    pub purged: Purged,
}

/// A file that was deleted, as far as it is remembered: nothing of what was in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedFile {
    /// The artifact that it belonged to.
    pub artifact: ArtifactId,
    /// What that was.
    pub kind: ArtifactKind,
    /// Its name within the artifact.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub sha256: String,
    /// When it was deleted, in milliseconds of this machine's wall clock since the Unix epoch.
    pub at_unix_ms: i64,
}

/// Something that a capture's owner shall do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// The customer wants it stopped.
    Stop,
    /// The platform announced its end.
    Stopped {
        /// The platform's reason number.
        reason: Option<i64>,
    },
    /// The platform announced that it lost our connection, or that the running stream can be joined.
    Interrupted,
    /// The customer wants this participant's camera, where only one can be received; `None` leaves the choice to us.
    Watch {
        /// Whose camera.
        participant: Option<ParticipantId>,
    },
    /// The customer wants nothing of it recorded until [`Command::Resume`].
    Pause,
    /// The customer wants it recorded.
    Resume,
    /// The platform announced a new address.
    Moved {
        /// The new address.
        server_urls: String,
    },
}

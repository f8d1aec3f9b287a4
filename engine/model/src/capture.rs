//! A capture and the recording that it feeds, as the catalogue keeps them. The customer's view is in `schema`.

use media::SourceTime;
use serde::{Deserialize, Serialize};

use crate::{Artifact, CaptureId, Labels, Project, RecordingConfig, RecordingId, RecordingQuality};

/// The public status of a capture. It only moves forward, except between the two `InCall` states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureStatus {
    /// Accepted; the signaling handshake is running or queued.
    JoiningCall,
    /// Connected; no media yet, or paused.
    InCallNotRecording,
    /// Media is being captured.
    InCallRecording,
    /// The stream is over; artifacts are being made.
    CallEnded,
    /// All requested artifacts are terminal.
    Done,
    /// Nothing could be captured.
    Fatal,
}

impl CaptureStatus {
    /// The stable snake_case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::JoiningCall => "joining_call",
            Self::InCallNotRecording => "in_call_not_recording",
            Self::InCallRecording => "in_call_recording",
            Self::CallEnded => "call_ended",
            Self::Done => "done",
            Self::Fatal => "fatal",
        }
    }

    /// Whether nothing can follow.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Done | Self::Fatal)
    }

    /// Whether a capture in this status may go to `next`.
    pub fn may_become(self, next: Self) -> bool {
        !self.is_terminal() && (next > self || (self == Self::InCallRecording && next == Self::InCallNotRecording))
    }
}

/// One change of a capture's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusChange {
    /// The new status.
    pub status: CaptureStatus,
    /// Why, as a stable code.
    pub sub_code: Option<String>,
    /// Why, as a sentence.
    pub message: Option<String>,
    /// When, in milliseconds of this machine's wall clock since the Unix epoch.
    pub at_unix_ms: i64,
}

/// The app of a stream whose credentials only the customer has.
pub const FOREIGN_APP: &str = "customer";

/// Names a platform's stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StreamRef {
    /// The configured app that it belongs to.
    pub app: String,
    /// The platform's opaque meeting id.
    pub meeting_uuid: String,
    /// The platform's opaque stream id.
    pub stream_id: String,
}

/// One capture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// Its id.
    pub id: CaptureId,
    /// Whose it is.
    pub project: Project,
    /// The stream it captures.
    pub stream: StreamRef,
    /// The platform's address, as it was announced.
    pub server_urls: String,
    /// When it was accepted, in milliseconds of this machine's wall clock since the Unix epoch.
    pub created_at_unix_ms: i64,
    /// What was asked for.
    pub config: RecordingConfig,
    /// The customer's own labels.
    pub metadata: Labels,
    /// Every status so far, oldest first; never empty.
    pub changes: Vec<StatusChange>,
    /// The recording, once media was received.
    pub recording: Option<Recording>,
}

impl Capture {
    /// The latest change of status.
    pub fn latest(&self) -> &StatusChange {
        self.changes.last().expect("a capture is born with its first status")
    }
}

/// Where a recording stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// Being captured or rendered.
    Processing,
    /// Withheld for now.
    Paused,
    /// Every artifact is terminal and none failed.
    Done,
    /// An artifact failed.
    Failed,
    /// Removed.
    Deleted,
}

impl RecordingState {
    /// The stable snake_case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
        }
    }
}

/// One recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// Its id.
    pub id: RecordingId,
    /// When it was made, in milliseconds of this machine's wall clock since the Unix epoch.
    pub created_at_unix_ms: i64,
    /// Second 0, on the platform's clock.
    pub started_at: Option<SourceTime>,
    /// The end of the meeting, on the platform's clock.
    pub completed_at: Option<SourceTime>,
    /// Where it stands.
    pub state: RecordingState,
    /// When it entered that state, in milliseconds of this machine's wall clock since the Unix epoch.
    pub updated_at_unix_ms: i64,
    /// Until when it is kept, in milliseconds of this machine's wall clock since the Unix epoch; `None` while it grows, and if
    /// it is kept for ever.
    pub expires_at_unix_ms: Option<i64>,
    /// When its capture logs were given up, in milliseconds of this machine's wall clock since the Unix epoch; `None` as long as
    /// it can be rendered again.
    pub log_removed_at_unix_ms: Option<i64>,
    /// How whole it is; `None` until something was made of it.
    pub quality: Option<RecordingQuality>,
    /// The customer's labels where they were changed; `None` for those of the request.
    pub metadata: Option<Labels>,
    /// Its artifacts, in the order in which they were asked for.
    pub artifacts: Vec<Artifact>,
}

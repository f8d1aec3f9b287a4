//! Work that outlives a process: what the catalogue hands from one shell to another.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Capture, CaptureId, Epoch, JobId, RecordingConfig, RecordingId, Secret, StreamRef};

/// A capture that was asked for, not yet known to the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCapture {
    /// The id it shall have.
    pub id: CaptureId,
    /// The id its recording shall have.
    pub recording_id: RecordingId,
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
    /// What shall be made of it.
    pub config: RecordingConfig,
    /// The customer's own labels.
    pub metadata: BTreeMap<String, Option<String>>,
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
}

/// A recording that `studio` shall render.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderJob {
    /// The job itself.
    pub id: JobId,
    /// Whose log to read.
    pub capture: Capture,
    /// How often it was tried before.
    pub attempts: u32,
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
    /// The platform announced a new address.
    Moved {
        /// The new address.
        server_urls: String,
    },
}

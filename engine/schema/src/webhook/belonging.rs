//! An object that an event belongs to, as every event names it: its id and its customer's labels (recording-api §7.2).

use model::{Artifact, Capture, Endpoint};
use serde::Serialize;
use serde_json::Value;

use crate::object;

/// An object that an event belongs to.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Belonging {
    id: String,
    metadata: Value,
}

impl Belonging {
    /// The capture.
    pub(super) fn capture(capture: &Capture) -> Self {
        Self { id: capture.id.to_string(), metadata: serde_json::to_value(&capture.metadata).unwrap_or_default() }
    }

    /// Its recording, if there is one.
    pub(super) fn recording(capture: &Capture) -> Option<Self> {
        let recording = capture.recording.as_ref()?;
        Some(Self { id: recording.id.to_string(), metadata: object::recording_metadata(&capture.config, recording) })
    }

    /// A real-time endpoint of the capture.
    pub(super) fn endpoint(endpoint: &Endpoint) -> Self {
        Self {
            id: endpoint.id.to_string(),
            metadata: serde_json::to_value(&endpoint.wish.metadata).unwrap_or_default(),
        }
    }

    /// An artifact of it.
    pub(super) fn artifact(capture: &Capture, artifact: &Artifact) -> Self {
        Self { id: artifact.id.to_string(), metadata: object::artifact_metadata(capture, artifact) }
    }
}

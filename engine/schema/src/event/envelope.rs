//! The envelope of live events (recording-api §4.2): whose event it is.

use model::{ArtifactKind, Capture};
use serde::Serialize;
use serde_json::Value;

use super::body::Body;
use crate::{json::text_of, object};

/// An object that an event belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Belonging {
    id: String,
    metadata: Value,
}

impl Belonging {
    pub(super) const fn new(id: String, metadata: Value) -> Self {
        Self { id, metadata }
    }
}

/// Everything that an event of one capture can belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owners {
    capture: Belonging,
    /// Whether the capture stands under its older name as well.
    has_alias: bool,
    recording: Option<Belonging>,
    transcript: Option<Belonging>,
    participant_events: Option<Belonging>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    event: &'a str,
    data: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    data: &'a Body,
    #[serde(skip_serializing_if = "Option::is_none")]
    transcript: Option<&'a Belonging>,
    #[serde(skip_serializing_if = "Option::is_none")]
    participant_events: Option<&'a Belonging>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<&'a Belonging>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bot: Option<&'a Belonging>,
    meeting_direct_connect: &'a Belonging,
}

impl Owners {
    /// What is known of a capture by now, which stands under its older name as well if it `has_alias`.
    pub(super) fn of(capture: &Capture, has_alias: bool) -> Self {
        let metadata = serde_json::to_value(&capture.metadata).unwrap_or_default();
        let artifact = |kind: ArtifactKind| {
            let recording = capture.recording.as_ref()?;
            let artifact = recording.artifacts.iter().rev().find(|artifact| artifact.kind == kind)?;
            Some(Belonging { id: artifact.id.to_string(), metadata: object::artifact_metadata(capture, artifact) })
        };
        Self {
            capture: Belonging { id: capture.id.to_string(), metadata },
            has_alias,
            recording: capture.recording.as_ref().map(|recording| Belonging {
                id: recording.id.to_string(),
                metadata: object::recording_metadata(&capture.config, recording),
            }),
            transcript: artifact(ArtifactKind::Transcript),
            participant_events: artifact(ArtifactKind::ParticipantEvents),
        }
    }

    /// The capture itself.
    pub(super) const fn capture(&self) -> &Belonging {
        &self.capture
    }

    /// The same under its older name, where that is told.
    pub(super) fn bot(&self) -> Option<&Belonging> {
        self.has_alias.then_some(&self.capture)
    }

    /// An event as JSON text.
    pub(super) fn envelope(&self, event: &str, body: &Body) -> String {
        text_of(&Envelope {
            event,
            data: Inner {
                data: body,
                transcript: self.transcript.as_ref().filter(|_| matches!(body, Body::Transcript { .. })),
                participant_events: self
                    .participant_events
                    .as_ref()
                    .filter(|_| matches!(body, Body::Participant { .. })),
                recording: self.recording.as_ref(),
                bot: self.bot(),
                meeting_direct_connect: &self.capture,
            },
        })
    }
}

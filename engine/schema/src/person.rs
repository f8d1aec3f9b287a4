//! The `participant` object that every event and document carries (recording-api §4.3).

use model::{Participant, ParticipantId};
use serde::Serialize;

/// A participant as customers see one. What the platform does not tell is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    id: Option<i64>,
    name: Option<String>,
    is_host: Option<bool>,
    platform: Option<&'static str>,
    extra_data: Extra,
    email: Option<String>,
}

/// What a platform tells beyond the fields that all have; empty for now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Extra {}

impl Person {
    /// Somebody of whom only the number is known.
    pub fn numbered(id: ParticipantId) -> Self {
        Self { id: Some(id.0), ..Self::nobody() }
    }

    /// Nobody in particular: the platform did not say who.
    pub fn nobody() -> Self {
        Self { id: None, name: None, is_host: None, platform: Some("unknown"), extra_data: Extra {}, email: None }
    }

    /// The display name, where it is known.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl From<&Participant> for Person {
    fn from(participant: &Participant) -> Self {
        Self { name: participant.name.as_ref().map(|name| name.expose().clone()), ..Self::numbered(participant.id) }
    }
}

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

    /// Somebody with the name by which that person is known, if any.
    pub(crate) fn named(id: ParticipantId, name: Option<String>) -> Self {
        Self { name, ..Self::numbered(id) }
    }

    /// Nobody in particular: the platform did not say who.
    pub fn nobody() -> Self {
        Self { id: None, name: None, is_host: None, platform: Some("unknown"), extra_data: Extra {}, email: None }
    }

    /// The platform's number, where it says who.
    pub(crate) fn number(&self) -> Option<i64> {
        self.id
    }

    /// The display name, where it is known.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl From<&Participant> for Person {
    fn from(participant: &Participant) -> Self {
        Self::named(participant.id, participant.name.as_ref().map(|name| name.expose().clone()))
    }
}

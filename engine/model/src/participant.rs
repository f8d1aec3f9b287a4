//! People of a meeting, keyed by the platform's number, never by name.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Pii;

/// The platform's number for one stay of a person in a meeting; somebody who rejoins gets another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ParticipantId(pub i64);

impl fmt::Display for ParticipantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One person, as far as the platform has told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Who.
    pub id: ParticipantId,
    /// The display name, chosen freely by the person; `None` until it is known.
    pub name: Option<Pii<String>>,
}

//! Which part of a recording is wanted. Cutting it out is the business of `timeline`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ParticipantId;

/// A part of a recording: a stretch of its time, and whom it leaves out. The default is the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Excerpt {
    /// Where it begins, in milliseconds from second 0 of the recording.
    pub from_ms: u64,
    /// Where it ends, in milliseconds from second 0 of the recording; `None` with it.
    pub to_ms: Option<u64>,
    /// Who is neither heard nor seen nor named in it.
    pub without: BTreeSet<ParticipantId>,
}

impl Excerpt {
    /// Whether it is everything.
    pub fn is_whole(&self) -> bool {
        *self == Self::default()
    }
}

//! How whole a recording is, in short. The report of everything that is missing is in `schema`, what makes it in `render`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::LossCause;

/// How whole a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Nothing that the platform offered is missing.
    Complete,
    /// Something is missing, and every gap is listed.
    Partial,
    /// Nothing could be captured.
    Failed,
}

impl Grade {
    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

/// The quality report of a recording, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingQuality {
    /// How whole it is.
    pub grade: Grade,
    /// For how long something was missing, in milliseconds, by cause; what was missing of several tracks at once counts once.
    pub gap_ms: BTreeMap<LossCause, u64>,
}

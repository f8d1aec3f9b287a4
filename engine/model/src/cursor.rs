//! Places in the life of a capture: which owner, and which event of that owner. What lies there is in `event` and `record`.

use std::{fmt, num::ParseIntError, str::FromStr};

use serde::{Deserialize, Serialize};

/// Counts the owners and restarts of a capture, from 1. Grows, never shrinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);

/// A place in the event log of a capture: the epoch, then a count from 1 within it. Written `epoch-seq`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cursor {
    /// The epoch in which the event was committed.
    pub epoch: Epoch,
    /// Its number within the epoch, contiguous from 1.
    pub seq: u64,
}

impl Cursor {
    /// Before every event.
    pub const START: Self = Self { epoch: Epoch(0), seq: 0 };
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch.0, self.seq)
    }
}

impl FromStr for Cursor {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let (epoch, seq) = text.split_once('-').unwrap_or((text, ""));
        Ok(Self { epoch: Epoch(epoch.parse()?), seq: seq.parse()? })
    }
}

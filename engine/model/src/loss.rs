//! Why media is missing, in one word. Where and how much is in the records and reports that name it.

use serde::{Deserialize, Serialize};

/// Why media is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossCause {
    /// The platform did not send it.
    Upstream,
    /// The connection was down.
    Network,
    /// We could not keep it.
    Ours,
    /// The platform's clock jumped, and only ours tells how much time that was.
    Clock,
    /// It was withheld on purpose.
    Pause,
}

impl LossCause {
    /// Every cause.
    pub const ALL: [Self; 5] = [Self::Upstream, Self::Network, Self::Ours, Self::Clock, Self::Pause];

    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Network => "network",
            Self::Ours => "ours",
            Self::Clock => "clock",
            Self::Pause => "pause",
        }
    }
}

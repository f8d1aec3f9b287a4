//! How much more a host can take, as every shell speaks of it. How that is found out is in `capacity`, what each does about it
//! is its own business.

/// How much room the data volume has, from plenty to nothing. The order is the order in which things stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Plenty.
    #[default]
    Ample,
    /// An operator should look after it; nothing stops yet.
    Low,
    /// No new capture begins.
    Scarce,
    /// Nothing is rendered.
    Critical,
    /// Pictures are no longer kept; sound, words and events are.
    Exhausted,
}

impl Space {
    /// Every level, best first.
    pub const ALL: [Self; 5] = [Self::Ample, Self::Low, Self::Scarce, Self::Critical, Self::Exhausted];

    /// The stable lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ample => "ample",
            Self::Low => "low",
            Self::Scarce => "scarce",
            Self::Critical => "critical",
            Self::Exhausted => "exhausted",
        }
    }
}

/// What there is too little of for one more capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shortage {
    /// Space or files of the data volume.
    Storage,
    /// Memory.
    Memory,
    /// Files and sockets that this process may open.
    Descriptors,
    /// As many captures run as the operator allows.
    Captures,
}

impl Shortage {
    /// Every shortage.
    pub const ALL: [Self; 4] = [Self::Storage, Self::Memory, Self::Descriptors, Self::Captures];

    /// The stable lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::Memory => "memory",
            Self::Descriptors => "descriptors",
            Self::Captures => "captures",
        }
    }
}

/// How many captures may be open at once: wait, run or be taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// How many; those that are open already go on even if they are more.
    pub captures: u32,
    /// What there is too little of for one more than that.
    pub shortage: Shortage,
}

impl Room {
    /// No bound that anybody could reach.
    pub const UNBOUNDED: Self = Self { captures: u32::MAX, shortage: Shortage::Captures };
}

impl Default for Room {
    fn default() -> Self {
        Self::UNBOUNDED
    }
}

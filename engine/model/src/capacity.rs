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

/// How busy this process is, on the average of the last minute.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// How many cores it may use.
    pub cores: f64,
    /// How many of them it keeps busy. What worker processes take for renders is not in it: they give way to captures.
    pub busy_cores: f64,
    /// How many captures run.
    pub captures: f64,
}

impl Load {
    /// The part of the cores that captures may keep busy: what is left is for whatever comes at once.
    const TAKEN_UP_TO: f64 = 0.8;

    /// How many captures more the processor has room for, if each takes as much as those that run; nothing while none runs,
    /// because nobody knows what one takes. Where everything else that this process does took part of it, it is too careful.
    pub fn more_captures(&self) -> Option<u32> {
        let left = (self.cores * Self::TAKEN_UP_TO - self.busy_cores).max(0.0);
        (self.captures >= 1.0 && self.busy_cores > 0.0).then(|| (left * self.captures / self.busy_cores) as u32)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_has_room_for_as_many_more_as_fit_into_four_fifths_of_it() {
        let load = |cores, busy_cores, captures| Load { cores, busy_cores, captures };
        assert_eq!(load(2.0, 0.4, 100.0).more_captures(), Some(300));
        assert_eq!(load(2.0, 1.9, 100.0).more_captures(), Some(0), "never less than none");
        assert_eq!(load(2.0, 0.1, 0.0).more_captures(), None, "nobody knows what a capture takes");
    }
}

//! A figure and its bound. Which figures have one is in `goals` and `live`.

use std::fmt;

/// How a figure is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(bound) => write!(f, "≤ {bound}"),
            Self::AtLeast(bound) => write!(f, "≥ {bound}"),
        }
    }
}

/// A figure of a run and its bound.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Goal {
    /// What is judged.
    pub(crate) name: String,
    /// What was measured.
    pub(crate) value: f64,
    /// What must be.
    pub(crate) bound: Bound,
}

impl Goal {
    pub(crate) fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtMost(bound) => self.value <= bound,
            Bound::AtLeast(bound) => self.value >= bound,
        }
    }
}

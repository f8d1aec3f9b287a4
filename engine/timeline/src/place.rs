//! The order in which records entered the capture log.
//!
//! A log only grows, and every owner of a capture opens a later segment, so the place of a record is its order. Time of
//! arrival is not used for it: wall clocks step.

use model::Locator;

/// A place in the log; later records have greater places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    segment: u32,
    offset: u64,
}

impl Place {
    /// Behind every record.
    pub(crate) const END: Self = Self { segment: u32::MAX, offset: u64::MAX };
}

impl From<Locator> for Place {
    fn from(locator: Locator) -> Self {
        Self { segment: locator.segment, offset: locator.offset }
    }
}

/// A control or an event with all that orders it; equal ones are the same record.
#[derive(Clone, Debug)]
pub(crate) struct Placed<T> {
    pub(crate) place: Place,
    pub(crate) epoch: model::Epoch,
    pub(crate) arrived_unix_ns: u64,
    pub(crate) what: T,
}

impl<T> Placed<T> {
    /// The order of log; arrival only decides where a log gives no places.
    pub(crate) fn order(&self) -> (Place, model::Epoch, u64) {
        (self.place, self.epoch, self.arrived_unix_ns)
    }
}

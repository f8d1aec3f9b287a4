//! Where the log could not be read back. Whatever was due there is missing, and by this machine's fault: nobody knows what was
//! written in between. What is missing because it never came is in `outage`.

use model::{Control, LossCause, platform::Leg};

use crate::{
    kind::KINDS,
    marks::Moment,
    outage::{Outage, Sign},
    place::{Place, Placed},
};

/// The stretches of a log that could not be read back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unread {
    stretches: Vec<Stretch>,
    /// The last record that was read.
    last: Option<Moment>,
    parts: u64,
}

/// What lies between two records; either is missing where the log begins or ends with it.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    before: Option<Moment>,
    after: Option<Moment>,
    is_open: bool,
}

impl Unread {
    /// A record was read.
    pub(crate) fn pass(&mut self, record: Moment) {
        if let Some(stretch) = self.stretches.last_mut().filter(|stretch| stretch.is_open) {
            stretch.after = Some(record);
            stretch.is_open = false;
        }
        self.last = Some(record);
    }

    /// So many parts that cannot be read follow the last record.
    pub(crate) fn note(&mut self, parts: u64) {
        self.parts = self.parts.saturating_add(parts);
        if !self.stretches.last().is_some_and(|stretch| stretch.is_open) {
            self.stretches.push(Stretch { before: self.last, after: None, is_open: true });
        }
    }

    /// How many parts there are.
    pub(crate) fn parts(&self) -> u64 {
        self.parts
    }

    /// Whether the log begins with one.
    pub(crate) fn is_first(&self) -> bool {
        self.stretches.first().is_some_and(|stretch| stretch.before.is_none())
    }

    /// The records before the stretches.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> {
        self.stretches.iter().filter_map(|stretch| stretch.before).map(|before| before.place)
    }

    /// The stretches as outages of every kind that was there at all: `came` tells of which something was read.
    pub(crate) fn outages(&self, controls: &[Placed<Control>], came: impl Fn(Leg) -> bool) -> Vec<Outage> {
        let was_ready = |kind: Leg| {
            controls.iter().any(|control| matches!(control.what, Control::LegReady { leg, .. } if leg == kind))
        };
        let kinds: Vec<Leg> = KINDS.into_iter().filter(|kind| came(*kind) || was_ready(*kind)).collect();
        let of = |stretch: &Stretch| {
            let Stretch { before: lost, after, .. } = *stretch;
            // What was read before is before the stretch, the last record included.
            let back = after.map(|after| Moment { place: lost.map_or(after.place, |lost| lost.place), ..after });
            move |kind: &Leg| Outage { kind: *kind, cause: LossCause::Ours, sign: Sign::Unread, lost, back }
        };
        self.stretches.iter().flat_map(|stretch| kinds.iter().map(of(stretch)).collect::<Vec<_>>()).collect()
    }
}

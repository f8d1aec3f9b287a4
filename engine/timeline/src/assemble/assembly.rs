//! What every kind of media needs while it is put in order. How it is ordered is in the file of its kind.

use media::SourceTime;
use model::platform::Leg;

use crate::{Counts, clock::Clock, marks::Marks, place::Place, strays::Strays};

/// A step back of a source's timestamps by more than this, without a new connection, is a jump of its clock (protocol
/// §9.4).
pub(super) const JUMP_MS: i64 = 5_000;

/// What all kinds need while they are put in order.
pub(crate) struct Assembly<'a> {
    pub(crate) clock: Clock,
    pub(crate) strays: &'a Strays,
    pub(crate) marks: &'a mut Marks,
    pub(crate) counts: &'a mut Counts,
}

impl Assembly<'_> {
    /// Takes note of how far a kind had come when a frame was written, unless that is a stray.
    pub(super) fn note(&mut self, kind: Leg, at: SourceTime, place: Place) {
        if !self.strays.contains(place) {
            self.marks.note(Some(kind), at, place, self.clock);
        }
    }
}

//! Frames that no clock of the platform stamped: where they lie tells nothing of how far the recording had come. Which frames
//! those are is found in `jumps`.

use crate::place::Place;

/// The places of all strays.
#[derive(Debug, Default)]
pub(crate) struct Strays {
    ordered: Vec<Place>,
}

impl Strays {
    /// Takes them in any order.
    pub(crate) fn new(mut places: Vec<Place>) -> Self {
        places.sort_unstable();
        Self { ordered: places }
    }

    /// Whether the frame at `place` is one.
    pub(crate) fn contains(&self, place: Place) -> bool {
        self.ordered.binary_search(&place).is_ok()
    }
}

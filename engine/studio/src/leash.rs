//! How a render that runs is told to stop, and why. It looks now and then and lets go by itself; what it wrote is thrown away.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::StudioError;

const RUNS: u8 = 0;
const HELD_BACK: u8 = 1;
const CALLED_OFF: u8 = 2;

/// What ties a render to the studio.
#[derive(Debug, Default)]
pub(crate) struct Leash(AtomicU8);

impl Leash {
    /// The recording is deleted: the render shall never be made.
    pub(crate) fn call_off(&self) {
        self.0.store(CALLED_OFF, Ordering::Relaxed);
    }

    /// The disk is nearly full: the render shall be made later. One that is called off stays so.
    pub(crate) fn hold_back(&self) {
        // It fails only where the render was told already.
        let _ = self.0.compare_exchange(RUNS, HELD_BACK, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Whether the render may go on.
    ///
    /// # Errors
    /// [`StudioError::CalledOff`] and [`StudioError::HeldBack`], by what it was told.
    pub(crate) fn check(&self) -> Result<(), StudioError> {
        match self.0.load(Ordering::Relaxed) {
            RUNS => Ok(()),
            HELD_BACK => Err(StudioError::HeldBack),
            _ => Err(StudioError::CalledOff),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_render_that_is_called_off_is_not_made_later() {
        let leash = Leash::default();
        leash.check().unwrap();
        leash.hold_back();
        assert!(matches!(leash.check(), Err(StudioError::HeldBack)));
        leash.call_off();
        leash.hold_back();
        assert!(matches!(leash.check(), Err(StudioError::CalledOff)));
    }
}

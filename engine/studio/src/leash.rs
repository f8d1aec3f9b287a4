//! How a render that runs is told to stop, and why. On a thread it looks now and then and lets go by itself, a process is ended; what
//! it wrote is thrown away.

use tokio::sync::watch;

use crate::StudioError;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Told {
    #[default]
    Nothing,
    HeldBack,
    CalledOff,
    Interrupted,
}

/// What ties a render to whoever wants it.
#[derive(Debug, Default)]
pub struct Leash(watch::Sender<Told>);

impl Leash {
    /// The recording is deleted: the render shall never be made.
    pub(crate) fn call_off(&self) {
        self.0.send_replace(Told::CalledOff);
    }

    /// The disk is nearly full: the render shall be made later. One that is called off stays so.
    pub(crate) fn hold_back(&self) {
        self.0.send_if_modified(|told| {
            let runs = *told == Told::Nothing;
            if runs {
                *told = Told::HeldBack;
            }
            runs
        });
    }

    /// Whoever waits for the render waits no longer: nothing of it shall be left.
    pub fn interrupt(&self) {
        self.0.send_replace(Told::Interrupted);
    }

    /// Whether the render may go on.
    ///
    /// # Errors
    /// [`StudioError::CalledOff`], [`StudioError::HeldBack`] and [`StudioError::Interrupted`], by what it was told.
    pub(crate) fn check(&self) -> Result<(), StudioError> {
        let told = *self.0.borrow();
        match told {
            Told::Nothing => Ok(()),
            Told::HeldBack => Err(StudioError::HeldBack),
            Told::CalledOff => Err(StudioError::CalledOff),
            Told::Interrupted => Err(StudioError::Interrupted),
        }
    }

    /// Waits until the render may not go on, and answers why.
    pub(crate) async fn pulled(&self) -> StudioError {
        let mut changes = self.0.subscribe();
        loop {
            if let Err(error) = self.check() {
                return error;
            }
            changes.changed().await.expect("whoever holds the leash is here");
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

//! Lets the media of a capture pass to whoever taps it, with the format that was agreed; waits for nobody. What is kept of it is
//! the business of `ledger`.

use std::sync::Arc;

use hub::{Outlet, Tapped};
use media::{AudioFormat, Format};
use model::{Control, Entry};

/// Passes on what one owner of a capture receives.
pub(crate) struct Relay {
    outlet: Arc<Outlet>,
    /// What was agreed for sound.
    sound: Option<AudioFormat>,
}

impl Relay {
    /// Through an outlet.
    pub(crate) const fn new(outlet: Arc<Outlet>) -> Self {
        Self { outlet, sound: None }
    }

    /// Whether somebody waits for media while it passes.
    pub(crate) fn is_followed(&self) -> bool {
        self.outlet.is_watched() || self.outlet.is_tapped(Tapped::Sound) || self.outlet.is_tapped(Tapped::Pictures)
    }

    /// Passes media on, and takes note of what it is.
    pub(crate) fn note(&mut self, entry: &Entry) {
        match entry {
            Entry::Media(frame) => self.outlet.pass(frame, self.sound),
            Entry::Control(Control::LegReady { format: Some(Format::Audio(format)), .. }) => self.sound = Some(*format),
            _ => {}
        }
    }
}

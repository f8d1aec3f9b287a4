//! Lets the media of a capture pass to whoever taps it, with the format that was agreed; waits for nobody. What is kept of it is
//! the business of `ledger`.

use std::sync::Arc;

use hub::{Flow, Outlet};
use media::{AudioFormat, Format};
use model::{Control, Entry};

/// Passes on what one owner of a capture receives.
pub(crate) struct Relay {
    flow: Flow,
    /// What was agreed for sound.
    sound: Option<AudioFormat>,
}

impl Relay {
    /// Through an outlet.
    pub(crate) fn new(outlet: &Arc<Outlet>) -> Self {
        Self { flow: outlet.flow(), sound: None }
    }

    /// Whether somebody waits for media while it passes.
    pub(crate) fn is_followed(&self) -> bool {
        self.flow.is_followed()
    }

    /// Passes media on, and takes note of what it is.
    pub(crate) fn note(&mut self, entry: &Entry) {
        match entry {
            Entry::Media(frame) => self.flow.pass(frame, self.sound),
            Entry::Control(Control::LegReady { format: Some(Format::Audio(format)), .. }) => self.sound = Some(*format),
            _ => {}
        }
    }
}

//! What the hub keeps for one capture. How rooms come and go is in `hub`.

use std::sync::{Arc, atomic::AtomicBool};

use tokio::sync::Notify;

use crate::{Memory, Outlet, publisher::Publisher, stills::Stills};

/// The meeting point of one capture.
pub(crate) struct Room {
    /// Whether an owner has it open.
    pub(crate) live: bool,
    /// Its newest events, once somebody subscribes.
    pub(crate) events: Option<Publisher>,
    /// Where its media passes.
    pub(crate) outlet: Arc<Outlet>,
    /// Its still pictures, once somebody taps them.
    pub(crate) stills: Option<Stills>,
    /// Its newest events, where they are stored nowhere else.
    pub(crate) memory: Option<Arc<Memory>>,
    /// Wakes its owner for commands.
    pub(crate) commands: Arc<Notify>,
    /// Whether the disk refused its log when it was last written.
    pub(crate) refused: AtomicBool,
}

impl Room {
    /// A room that nobody has open yet.
    pub(crate) fn new() -> Self {
        let commands = Arc::new(Notify::new());
        Self {
            live: false,
            events: None,
            outlet: Arc::default(),
            stills: None,
            memory: None,
            commands,
            refused: AtomicBool::new(false),
        }
    }

    /// Whether somebody wants its still pictures.
    pub(crate) fn wants_stills(&self) -> bool {
        self.live && self.stills.as_ref().is_some_and(Stills::are_wanted)
    }

    /// How many subscribe to its events.
    pub(crate) fn subscribers(&self) -> usize {
        self.events.as_ref().map_or(0, Publisher::subscribers)
    }
}

//! The hub: rooms of captures, and wake-ups. What a subscriber hears is in `subscription`.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic::Ordering},
};

use model::{CaptureId, Epoch, SequencedEvent};
use tokio::sync::Notify;

use crate::{
    Capacity, Memory, Outlet, Progress, Still, StillTap, Subscription, Tap, Tapped, Viewing, Watched,
    publisher::Publisher, room::Room,
};

/// What there may be to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wake {
    /// A capture waits for an owner.
    Starts,
    /// The owner of a capture has commands.
    Commands(CaptureId),
    /// A render waits to be claimed.
    Renders,
    /// Somebody wants still pictures.
    Stills,
    /// Real-time endpoints were made or changed.
    Endpoints,
}

/// The meeting point; clones are the same one.
///
/// An owner calls [`Hub::open`] when it takes a capture up and [`Hub::close`] when everything about its end is in the
/// catalogue. Looking a room up takes a short lock that is never held across a wait; media frames pass through [`crate::Flow`]s, which take none.
#[derive(Clone, Default)]
pub struct Hub {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    rooms: RwLock<HashMap<CaptureId, Room>>,
    starts: Notify,
    renders: Notify,
    stills: Notify,
    endpoints: Notify,
    opened: Notify,
    capacity: Capacity,
    progress: Progress,
    viewing: Viewing,
}

impl Hub {
    /// An empty hub.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells that a capture has an owner in this process.
    pub fn open(&self, capture: CaptureId) {
        self.write().entry(capture).or_insert_with(Room::new).live = true;
        self.shared.opened.notify_waiters();
    }

    /// Waits until some capture has an owner that had none when this was called.
    pub fn opened(&self) -> impl Future<Output = ()> + '_ {
        self.shared.opened.notified()
    }

    /// Whether a capture has an owner in this process.
    pub fn live(&self, capture: CaptureId) -> bool {
        self.read().get(&capture).is_some_and(|room| room.live)
    }

    /// Forgets a capture: its subscribers hear what is in the ring, then [`crate::Heard::Closed`].
    pub fn close(&self, capture: CaptureId) {
        self.write().remove(&capture);
    }

    /// Begins to keep the newest events of a capture of which nothing is stored, for its owner in an epoch; those of an owner
    /// before are forgotten, and whoever still publishes them is not heard.
    pub fn remember(&self, capture: CaptureId, epoch: Epoch) {
        self.memory(capture).begin(epoch);
    }

    /// Where the newest events of a capture are kept of which nothing is stored; empty until it has an owner in this process.
    /// It outlives [`Hub::close`] for whoever has it.
    pub fn memory(&self, capture: CaptureId) -> Arc<Memory> {
        let mut rooms = self.write();
        let room = rooms.entry(capture).or_insert_with(Room::new);
        Arc::clone(room.memory.get_or_insert_default())
    }

    /// How many bytes of events are kept here because they are stored nowhere.
    pub fn remembered_bytes(&self) -> usize {
        self.read().values().filter_map(|room| room.memory.as_ref()).map(|memory| memory.bytes()).sum()
    }

    /// Hands an event, which must be in the catalogue already unless nothing of the capture is stored, to whoever subscribes;
    /// costs little if nobody does.
    pub fn publish(&self, capture: CaptureId, event: Arc<SequencedEvent>) {
        let rooms = self.read();
        let Some(room) = rooms.get(&capture) else { return };
        if room.memory.as_ref().is_some_and(|memory| !memory.keep(&event)) {
            return;
        }
        if let Some(events) = &room.events {
            events.publish(event);
        }
    }

    /// Subscribes to the events of a capture from now on.
    ///
    /// To miss nothing: subscribe, then read the catalogue up to its end, then listen and pass over what was read. To
    /// not wait for ever: look at the status in the catalogue after subscribing, for a capture that is over is not
    /// closed again.
    pub fn subscribe(&self, capture: CaptureId) -> Subscription {
        let mut rooms = self.write();
        // Rooms of captures that never came to life go when somebody next subscribes.
        rooms.retain(|id, room| *id == capture || room.live || room.events.is_none() || room.subscribers() > 0);
        let room = rooms.entry(capture).or_insert_with(Room::new);
        room.events.get_or_insert_with(Publisher::new).subscribe()
    }

    /// Where the owner of a capture lets its media pass, by [`Outlet::flow`].
    pub fn outlet(&self, capture: CaptureId) -> Arc<Outlet> {
        Arc::clone(&self.write().entry(capture).or_insert_with(Room::new).outlet)
    }

    /// Taps the media of a capture from now on; `None` while it has no owner in this process.
    pub fn tap(&self, capture: CaptureId, what: Tapped) -> Option<Tap> {
        self.read().get(&capture).filter(|room| room.live).map(|room| room.outlet.tap(what))
    }

    /// Taps the still pictures of a capture from now on, and has them made; `None` while it has no owner in this process.
    pub fn tap_stills(&self, capture: CaptureId) -> Option<StillTap> {
        let mut rooms = self.write();
        let room = rooms.get_mut(&capture).filter(|room| room.live)?;
        let tap = room.stills.get_or_insert_default().tap();
        drop(rooms);
        self.wake(Wake::Stills);
        Some(tap)
    }

    /// The captures of which somebody wants still pictures, those that began first in front.
    pub fn wanted_stills(&self) -> Vec<CaptureId> {
        let rooms = self.read();
        let mut wanted: Vec<CaptureId> =
            rooms.iter().filter(|(_, room)| room.wants_stills()).map(|(capture, _)| *capture).collect();
        wanted.sort_unstable();
        wanted
    }

    /// Whether somebody wants still pictures of a capture.
    pub fn wants_stills(&self, capture: CaptureId) -> bool {
        self.read().get(&capture).is_some_and(Room::wants_stills)
    }

    /// Hands a still picture to whoever taps them.
    pub fn show_still(&self, capture: CaptureId, still: Still) {
        if let Some(stills) = self.read().get(&capture).and_then(|room| room.stills.as_ref()) {
            stills.show(still);
        }
    }

    /// Has the log of a capture written more often for as long as what is answered is held; `None` while it has no owner in this process.
    pub fn watch(&self, capture: CaptureId) -> Option<Watched> {
        self.read().get(&capture).filter(|room| room.live).map(|room| room.outlet.watch())
    }

    /// How many subscribe to the events of a capture.
    pub fn subscribers(&self, capture: CaptureId) -> usize {
        self.read().get(&capture).map_or(0, Room::subscribers)
    }

    /// How many subscribe to the events of any capture.
    pub fn all_subscribers(&self) -> usize {
        self.read().values().map(Room::subscribers).sum()
    }

    /// How far artifacts are that are being made here.
    pub fn progress(&self) -> &Progress {
        &self.shared.progress
    }

    /// Where viewers of live streams ask.
    pub fn viewing(&self) -> &Viewing {
        &self.shared.viewing
    }

    /// How much more this host can take.
    pub fn capacity(&self) -> &Capacity {
        &self.shared.capacity
    }

    /// How many captures have an owner in this process.
    pub fn live_captures(&self) -> usize {
        self.read().values().filter(|room| room.live).count()
    }

    /// Tells whether the disk refused the log of a capture when it was last written; forgotten with the capture.
    pub fn note_refused(&self, capture: CaptureId, refused: bool) {
        if let Some(room) = self.read().get(&capture) {
            room.refused.store(refused, Ordering::Relaxed);
        }
    }

    /// How many captures have a log that the disk refused when it was last written.
    pub fn refused_logs(&self) -> usize {
        self.read().values().filter(|room| room.refused.load(Ordering::Relaxed)).count()
    }

    /// Wakes one of those who wait for this, or the next who will. For what is in the catalogue already, and for commands
    /// only if it accepted them: a capture that is over has nobody to wake.
    pub fn wake(&self, what: Wake) {
        match what {
            Wake::Starts => self.shared.starts.notify_one(),
            Wake::Renders => self.shared.renders.notify_one(),
            Wake::Stills => self.shared.stills.notify_one(),
            Wake::Endpoints => self.shared.endpoints.notify_one(),
            Wake::Commands(capture) => self.commands(capture).notify_one(),
        }
    }

    /// Waits until there may be something to do; a wake-up that came since the last wait is remembered. Nothing is lost
    /// if the future is dropped.
    pub async fn woken(&self, what: Wake) {
        match what {
            Wake::Starts => self.shared.starts.notified().await,
            Wake::Renders => self.shared.renders.notified().await,
            Wake::Stills => self.shared.stills.notified().await,
            Wake::Endpoints => self.shared.endpoints.notified().await,
            Wake::Commands(capture) => self.commands(capture).notified().await,
        }
    }

    fn commands(&self, capture: CaptureId) -> Arc<Notify> {
        if let Some(room) = self.read().get(&capture) {
            return Arc::clone(&room.commands);
        }
        Arc::clone(&self.write().entry(capture).or_insert_with(Room::new).commands)
    }

    // The map is whole whenever the lock is free, so a panic elsewhere does not matter.
    fn read(&self) -> RwLockReadGuard<'_, HashMap<CaptureId, Room>> {
        self.shared.rooms.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<CaptureId, Room>> {
        self.shared.rooms.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

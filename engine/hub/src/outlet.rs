//! The media of one capture as it comes, for whoever taps it. What is made of it is decided by whoever does; lossy by contract: a
//! tap that is not drained loses what comes meanwhile, and hears how much.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use media::{AudioFormat, Frame, TrackKind};
use tokio::sync::mpsc::{self, error::TrySendError};

/// How many packets of sound a tap may be behind: a second of 16 participants.
const SOUND_FRAMES: usize = 1024;
/// How many pictures a tap may be behind.
const PICTURE_FRAMES: usize = 128;
/// How many bytes a tap may be behind, but for a single frame.
const BEHIND_BYTES: usize = 16 << 20;

/// One frame as it came.
#[derive(Clone, Debug)]
pub struct Passing {
    /// The frame, sharing the memory it was received in.
    pub frame: Frame,
    /// Of sound, in which format it is, where the platform said so.
    pub format: Option<AudioFormat>,
}

/// What passes to taps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tapped {
    /// Sound.
    Sound,
    /// Cameras and shared screens.
    Pictures,
}

/// Where a capture's owner and whoever taps its media meet.
#[derive(Debug, Default)]
pub struct Outlet {
    sound: Door,
    pictures: Door,
    watchers: Arc<AtomicUsize>,
}

/// Somebody follows the log of a capture as it is written; dropping it lets go.
#[derive(Debug)]
pub struct Watched(Arc<AtomicUsize>);

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Where taps of one kind wait for the owner to take note of them.
#[derive(Debug, Default)]
struct Door {
    has_arrivals: AtomicBool,
    arrivals: Mutex<Vec<Inlet>>,
}

/// Where frames go to one tap.
#[derive(Debug)]
struct Inlet {
    frames: mpsc::Sender<Passed>,
    /// How many bytes wait in it.
    waiting_bytes: Arc<AtomicUsize>,
    /// How many it lost since the last that it got.
    lost: u64,
}

/// A frame with how many were lost before it.
#[derive(Debug)]
struct Passed {
    passing: Passing,
    lost: u64,
}

/// Lets the media of one capture pass, for its owner. While nobody taps it costs one load of an atom for each frame; no lock is taken
/// but once for each tap that arrives.
#[derive(Debug)]
pub struct Flow {
    outlet: Arc<Outlet>,
    sound: Vec<Inlet>,
    pictures: Vec<Inlet>,
}

/// Drains the media of one capture from the moment of tapping on; dropping it lets go.
#[derive(Debug)]
pub struct Tap {
    frames: mpsc::Receiver<Passed>,
    waiting_bytes: Arc<AtomicUsize>,
    /// A frame before which others were lost, which was told already.
    held: Option<Passing>,
}

/// What a tap gives.
#[derive(Clone, Debug)]
pub enum Drained {
    /// The next frame.
    Frame(Passing),
    /// The tap was too slow and lost this many.
    Lagged(u64),
    /// The owner is gone.
    Closed,
}

impl Outlet {
    /// Whether somebody follows the log as it is written, so that it is written more often.
    pub fn is_watched(&self) -> bool {
        self.watchers.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn watch(&self) -> Watched {
        self.watchers.fetch_add(1, Ordering::Relaxed);
        Watched(Arc::clone(&self.watchers))
    }

    /// For its owner: what lets media pass. Taps end with it.
    pub fn flow(self: &Arc<Self>) -> Flow {
        Flow { outlet: Arc::clone(self), sound: Vec::new(), pictures: Vec::new() }
    }

    pub(crate) fn tap(&self, what: Tapped) -> Tap {
        let (door, length) = match what {
            Tapped::Sound => (&self.sound, SOUND_FRAMES),
            Tapped::Pictures => (&self.pictures, PICTURE_FRAMES),
        };
        let (sender, frames) = mpsc::channel(length);
        let waiting_bytes = Arc::<AtomicUsize>::default();
        door.arrivals().push(Inlet { frames: sender, waiting_bytes: Arc::clone(&waiting_bytes), lost: 0 });
        door.has_arrivals.store(true, Ordering::Release);
        Tap { frames, waiting_bytes, held: None }
    }
}

impl Door {
    // The list is whole whenever the lock is free, so a panic elsewhere does not matter.
    fn arrivals(&self) -> MutexGuard<'_, Vec<Inlet>> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flow {
    /// Whether somebody waits for media while it passes: taps it, or follows the log as it is written.
    pub fn is_followed(&self) -> bool {
        let taps = |door: &Door, inlets: &[Inlet]| !inlets.is_empty() || door.has_arrivals.load(Ordering::Relaxed);
        self.outlet.is_watched() || taps(&self.outlet.sound, &self.sound) || taps(&self.outlet.pictures, &self.pictures)
    }

    /// Lets a frame pass to whoever taps; waits for nobody.
    pub fn pass(&mut self, frame: &Frame, format: Option<AudioFormat>) {
        let (door, inlets) = match frame.track.kind {
            TrackKind::Audio => (&self.outlet.sound, &mut self.sound),
            TrackKind::Video | TrackKind::Share => (&self.outlet.pictures, &mut self.pictures),
        };
        if door.has_arrivals.load(Ordering::Acquire) {
            let mut arrivals = door.arrivals();
            door.has_arrivals.store(false, Ordering::Relaxed);
            inlets.append(&mut arrivals);
        }
        if !inlets.is_empty() {
            inlets.retain_mut(|inlet| inlet.pass(Passing { frame: frame.clone(), format }));
        }
    }
}

impl Inlet {
    /// Hands a frame on; false once nobody drains.
    fn pass(&mut self, passing: Passing) -> bool {
        let (bytes, waiting_bytes) = (passing.frame.payload.len(), self.waiting_bytes.load(Ordering::Relaxed));
        if waiting_bytes > 0 && waiting_bytes.saturating_add(bytes) > BEHIND_BYTES {
            self.lost += 1;
            return !self.frames.is_closed();
        }
        // Counted first: whoever drains takes it off at once.
        self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        match self.frames.try_send(Passed { passing, lost: self.lost }) {
            Ok(()) => self.lost = 0,
            Err(TrySendError::Full(_)) => {
                self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
                self.lost += 1;
            }
            Err(TrySendError::Closed(_)) => return false,
        }
        true
    }
}

impl Tap {
    /// The next thing. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Drained {
        if let Some(passing) = self.held.take() {
            return Drained::Frame(passing);
        }
        match self.frames.recv().await {
            Some(passed) => self.take(passed),
            None => Drained::Closed,
        }
    }

    /// What is there already: the next frame, or that some were lost before it.
    pub fn next_now(&mut self) -> Option<Drained> {
        if let Some(passing) = self.held.take() {
            return Some(Drained::Frame(passing));
        }
        let passed = self.frames.try_recv().ok()?;
        Some(self.take(passed))
    }

    fn take(&mut self, Passed { passing, lost }: Passed) -> Drained {
        self.waiting_bytes.fetch_sub(passing.frame.payload.len(), Ordering::Relaxed);
        if lost == 0 {
            return Drained::Frame(passing);
        }
        self.held = Some(passing);
        Drained::Lagged(lost)
    }
}

#[cfg(test)]
mod tests {
    use media::{SourceTime, Track};

    use super::*;

    fn frame(kind: TrackKind, at_ms: i64) -> Frame {
        let payload = vec![7; 3].into();
        Frame { track: Track { kind, source: 1 }, at: SourceTime::from_unix_ms(at_ms), payload }
    }

    fn at_ms(drained: Option<Drained>) -> Option<i64> {
        match drained? {
            Drained::Frame(passing) => Some(passing.frame.at.unix_ms()),
            other => panic!("{other:?} is no frame"),
        }
    }

    #[tokio::test]
    async fn only_what_is_tapped_is_kept_and_only_for_as_long() {
        let outlet = Arc::new(Outlet::default());
        let mut flow = outlet.flow();
        flow.pass(&frame(TrackKind::Audio, 1), None);
        let mut tap = outlet.tap(Tapped::Sound);
        flow.pass(&frame(TrackKind::Audio, 2), None);
        flow.pass(&frame(TrackKind::Video, 3), None);
        assert_eq!(at_ms(Some(tap.next().await)), Some(2));
        assert!(tap.next_now().is_none(), "pictures pass elsewhere");
        assert_eq!((flow.sound.len(), flow.pictures.len()), (1, 0));
        drop(tap);
        flow.pass(&frame(TrackKind::Audio, 4), None);
        assert!(flow.sound.is_empty(), "nobody drains it");
    }

    #[tokio::test]
    async fn a_tap_that_is_not_drained_hears_what_it_lost_where_it_lost_it() {
        let outlet = Arc::new(Outlet::default());
        let (mut flow, mut tap, mut other) =
            (outlet.flow(), outlet.tap(Tapped::Pictures), outlet.tap(Tapped::Pictures));
        for at_ms in 0..200 {
            flow.pass(&frame(TrackKind::Share, at_ms), None);
            assert!(other.next_now().is_some(), "one that keeps up misses nothing");
        }
        for expected in 0..128 {
            assert_eq!(at_ms(tap.next_now()), Some(expected));
        }
        assert!(tap.next_now().is_none());
        flow.pass(&frame(TrackKind::Share, 200), None);
        assert!(matches!(tap.next().await, Drained::Lagged(72)));
        assert_eq!(at_ms(Some(tap.next().await)), Some(200));
        drop(flow);
        assert!(matches!(tap.next().await, Drained::Closed));
    }

    #[tokio::test]
    async fn large_frames_are_kept_up_to_16_mib_and_a_single_one_of_any_size() {
        let outlet = Arc::new(Outlet::default());
        let (mut flow, mut tap) = (outlet.flow(), outlet.tap(Tapped::Pictures));
        let large = |at_ms, mib: usize| Frame { payload: vec![0; mib << 20].into(), ..frame(TrackKind::Share, at_ms) };
        for (at_ms, mib) in [(1, 6), (2, 6), (3, 6), (4, 4)] {
            flow.pass(&large(at_ms, mib), None);
        }
        assert_eq!((at_ms(tap.next_now()), at_ms(tap.next_now())), (Some(1), Some(2)));
        assert!(matches!(tap.next_now(), Some(Drained::Lagged(1))));
        assert_eq!(at_ms(tap.next_now()), Some(4));
        flow.pass(&large(5, 17), None);
        assert_eq!(at_ms(tap.next_now()), Some(5), "what waits was taken off");
    }

    #[tokio::test]
    async fn whoever_taps_between_two_owners_has_the_next() {
        let outlet = Arc::new(Outlet::default());
        let mut before = outlet.tap(Tapped::Sound);
        let mut first = outlet.flow();
        first.pass(&frame(TrackKind::Audio, 1), None);
        let mut between = outlet.tap(Tapped::Sound);
        drop(first);
        outlet.flow().pass(&frame(TrackKind::Audio, 2), None);
        assert_eq!(at_ms(Some(before.next().await)), Some(1));
        assert!(matches!(before.next().await, Drained::Closed));
        assert_eq!(at_ms(Some(between.next().await)), Some(2));
    }
}

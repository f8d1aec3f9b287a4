//! The media of one capture as it comes, for whoever taps it. What is made of it is decided by whoever does; lossy by contract: a
//! tap that is not drained loses the oldest frames.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use media::{AudioFormat, Frame, TrackKind};
use tokio::sync::broadcast::{self, error::RecvError};

/// How many packets of sound a tap may be behind: a second of 16 participants.
const SOUND_FRAMES: usize = 1024;
/// How many pictures a tap may be behind.
const PICTURE_FRAMES: usize = 128;

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

/// Where a capture's owner lets its media pass. Costs one load of an atom for each frame while nobody taps.
#[derive(Debug, Default)]
pub struct Outlet {
    sound: Ring,
    pictures: Ring,
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

#[derive(Debug, Default)]
struct Ring {
    taps: Arc<AtomicUsize>,
    /// Allocated by the first tap.
    frames: OnceLock<broadcast::Sender<Passing>>,
}

/// Drains the media of one capture from the moment of tapping on; dropping it lets go.
#[derive(Debug)]
pub struct Tap {
    frames: broadcast::Receiver<Passing>,
    taps: Arc<AtomicUsize>,
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
    /// Whether anybody wants media of that kind.
    pub fn is_tapped(&self, what: Tapped) -> bool {
        self.ring(what).taps.load(Ordering::Relaxed) > 0
    }

    /// Whether somebody follows the log as it is written, so that it is written more often.
    pub fn is_watched(&self) -> bool {
        self.watchers.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn watch(&self) -> Watched {
        self.watchers.fetch_add(1, Ordering::Relaxed);
        Watched(Arc::clone(&self.watchers))
    }

    /// Lets a frame pass to whoever taps; waits for nobody.
    pub fn pass(&self, frame: &Frame, format: Option<AudioFormat>) {
        let ring = self.ring(if frame.track.kind == TrackKind::Audio { Tapped::Sound } else { Tapped::Pictures });
        if ring.taps.load(Ordering::Relaxed) == 0 {
            return;
        }
        if let Some(frames) = ring.frames.get() {
            // An error means that the last tap has just let go.
            let _ = frames.send(Passing { frame: frame.clone(), format });
        }
    }

    pub(crate) fn tap(&self, what: Tapped) -> Tap {
        let ring = self.ring(what);
        let length = match what {
            Tapped::Sound => SOUND_FRAMES,
            Tapped::Pictures => PICTURE_FRAMES,
        };
        let frames = ring.frames.get_or_init(|| broadcast::Sender::new(length)).subscribe();
        ring.taps.fetch_add(1, Ordering::Relaxed);
        Tap { frames, taps: Arc::clone(&ring.taps) }
    }

    const fn ring(&self, what: Tapped) -> &Ring {
        match what {
            Tapped::Sound => &self.sound,
            Tapped::Pictures => &self.pictures,
        }
    }
}

impl Tap {
    /// The next thing. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Drained {
        match self.frames.recv().await {
            Ok(passing) => Drained::Frame(passing),
            Err(RecvError::Lagged(lost)) => Drained::Lagged(lost),
            Err(RecvError::Closed) => Drained::Closed,
        }
    }

    /// The next frame that is there already.
    pub fn next_now(&mut self) -> Option<Passing> {
        self.frames.try_recv().ok()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.taps.fetch_sub(1, Ordering::Relaxed);
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

    #[tokio::test]
    async fn only_what_is_tapped_is_kept_and_only_for_as_long() {
        let outlet = Outlet::default();
        outlet.pass(&frame(TrackKind::Audio, 1), None);
        assert!(outlet.sound.frames.get().is_none(), "nobody taps, so there is not even a ring");
        let mut tap = outlet.tap(Tapped::Sound);
        assert!(outlet.is_tapped(Tapped::Sound) && !outlet.is_tapped(Tapped::Pictures));
        outlet.pass(&frame(TrackKind::Audio, 2), None);
        outlet.pass(&frame(TrackKind::Video, 3), None);
        let Drained::Frame(passing) = tap.next().await else { panic!("a frame") };
        assert_eq!(passing.frame.at.unix_ms(), 2);
        assert!(tap.next_now().is_none(), "pictures pass elsewhere");
        drop(tap);
        assert!(!outlet.is_tapped(Tapped::Sound));
    }

    #[tokio::test]
    async fn a_tap_that_is_not_drained_loses_the_oldest_and_hears_how_many() {
        let outlet = Outlet::default();
        let mut tap = outlet.tap(Tapped::Pictures);
        for at_ms in 0..200 {
            outlet.pass(&frame(TrackKind::Share, at_ms), None);
        }
        assert!(matches!(tap.next().await, Drained::Lagged(72)));
        let Drained::Frame(passing) = tap.next().await else { panic!("a frame") };
        assert_eq!(passing.frame.at.unix_ms(), 72);
        drop(outlet);
        while tap.next_now().is_some() {}
        assert!(matches!(tap.next().await, Drained::Closed));
    }
}

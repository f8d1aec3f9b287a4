//! When each log of a volume has its turn to sync, and how long anything has been waiting for one. Who writes and what is the
//! business of `write`, with which threads that of `disk`.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// The fraction of a turn by which each log follows the one before it, in units of 2^-32: the golden ratio, with which any
/// number of logs in a row are spread evenly.
const STEP: u32 = 0x9E37_79B9;
/// What waits since never.
const NOTHING: u64 = u64::MAX;

/// What the logs of one volume know of each other. Cloning shares it.
#[derive(Clone, Debug)]
pub(crate) struct Cadence(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    began: Instant,
    logs: AtomicU32,
    /// Since when each log waits, in nanoseconds since `began`.
    waits: Mutex<Vec<Weak<AtomicU64>>>,
}

impl Cadence {
    pub(crate) fn new(began: Instant) -> Self {
        Self(Arc::new(Shared { began, logs: AtomicU32::new(0), waits: Mutex::default() }))
    }

    /// The turns of one more log.
    pub(crate) fn join(&self) -> Turns {
        let place = self.0.logs.fetch_add(1, Ordering::Relaxed);
        let waits = Arc::new(AtomicU64::new(NOTHING));
        let mut all = self.0.waits.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|log| log.strong_count() > 0);
        all.push(Arc::downgrade(&waits));
        Turns { began: self.0.began, phase: place.wrapping_mul(STEP), waits }
    }

    /// The age of the oldest record that is not durable yet, of all logs; zero if nothing waits.
    pub(crate) fn longest_wait(&self, now: Instant) -> Duration {
        let all = self.0.waits.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = all.iter().filter_map(Weak::upgrade).map(|waits| waits.load(Ordering::Relaxed)).min();
        match oldest {
            None | Some(NOTHING) => Duration::ZERO,
            Some(since) => now.saturating_duration_since(self.0.began).saturating_sub(Duration::from_nanos(since)),
        }
    }
}

/// The turns of one log.
#[derive(Debug)]
pub(crate) struct Turns {
    began: Instant,
    phase: u32,
    waits: Arc<AtomicU64>,
}

impl Turns {
    /// The first turn after `since`, at most `every` later.
    pub(crate) fn next(&self, since: Instant, every: Duration) -> Instant {
        let every_ns = u64::try_from(every.as_nanos()).unwrap_or(u64::MAX).max(1);
        let phase_ns = u64::try_from((u128::from(every_ns) * u128::from(self.phase)) >> 32).unwrap_or(0);
        // How far into its own period the log is at `since`.
        let into_ns =
            (nanos(since.saturating_duration_since(self.began)) % every_ns + (every_ns - phase_ns)) % every_ns;
        since + Duration::from_nanos(every_ns - into_ns)
    }

    /// Takes note since when the oldest record waits that is not durable.
    pub(crate) fn waits_since(&self, oldest: Option<Instant>) {
        let since = oldest.map_or(NOTHING, |oldest| nanos(oldest.saturating_duration_since(self.began)));
        self.waits.store(since, Ordering::Relaxed);
    }
}

/// A duration in nanoseconds: more than five centuries fit.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(NOTHING - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_millis(900);

    #[test]
    fn a_turn_comes_within_one_period_and_again_after_each() {
        let began = Instant::now();
        let cadence = Cadence::new(began);
        for _ in 0..50 {
            let turns = cadence.join();
            let first = turns.next(began, EVERY);
            for late_ms in [0, 1, 450, 899] {
                let turn = turns.next(began + Duration::from_millis(late_ms), EVERY);
                let wait = turn.duration_since(began + Duration::from_millis(late_ms));
                assert!(wait > Duration::ZERO && wait <= EVERY, "{wait:?}");
                assert!(turn == first || turn == first + EVERY);
            }
            assert_eq!(turns.next(first, EVERY), first + EVERY);
        }
    }

    #[test]
    fn many_logs_have_their_turns_evenly_spread() {
        let began = Instant::now();
        let cadence = Cadence::new(began);
        let mut turns: Vec<Instant> = (0..200).map(|_| cadence.join().next(began, EVERY)).collect();
        turns.sort_unstable();
        let close = turns.windows(2).map(|pair| pair[1].duration_since(pair[0])).max().unwrap();
        assert!(close < EVERY / 200 * 3, "two turns are {close:?} apart with nothing between them");
        let crowd = turns.windows(11).map(|eleven| eleven[10].duration_since(eleven[0])).min().unwrap();
        assert!(crowd > EVERY / 200 * 7, "eleven turns within {crowd:?}");
    }

    #[test]
    fn the_longest_wait_is_that_of_the_log_that_waits_longest() {
        let began = Instant::now();
        let at = |ms| began + Duration::from_millis(ms);
        let cadence = Cadence::new(began);
        let (one, other) = (cadence.join(), cadence.join());
        assert_eq!(cadence.longest_wait(at(500)), Duration::ZERO);
        one.waits_since(Some(at(100)));
        other.waits_since(Some(at(300)));
        assert_eq!(cadence.longest_wait(at(500)), Duration::from_millis(400));
        one.waits_since(None);
        assert_eq!(cadence.longest_wait(at(500)), Duration::from_millis(200));
        drop(other);
        assert_eq!(cadence.longest_wait(at(500)), Duration::ZERO, "a log that is gone waits for nothing");
    }
}

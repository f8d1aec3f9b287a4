//! The time of this shell, read at its edge only; everything behind takes it as an argument.
//!
//! What is waited for must neither come at once nor never because somebody set the clock of the machine. So within a process time
//! never goes back, and a step forward counts only once it has lasted: `Steadied` decides that, and is pure. What is signed bears
//! the clock of the machine as it is, which receivers hold against theirs.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// How far the clock of the machine may be ahead of time as it passes without that being a step: it is slewed and read late.
const SLEWED_MS: i64 = 2_000;
/// How long a step forward must last until it counts.
const BELIEVED_AFTER: Duration = Duration::from_secs(600);

/// Where the time is read.
#[derive(Clone)]
pub(crate) struct Clock {
    unix_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    signed_unix_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
}

impl Clock {
    /// This machine's wall clock, without its steps.
    pub(crate) fn system() -> Self {
        let steadied = Mutex::new(Steadied::new(wall_unix_ms(), Instant::now()));
        let unix_ms = move || {
            // What it knows is whole whenever the lock is free, so a panic elsewhere does not matter.
            steadied.lock().unwrap_or_else(PoisonError::into_inner).now(wall_unix_ms(), Instant::now())
        };
        Self { unix_ms: Arc::new(unix_ms), signed_unix_ms: Arc::new(wall_unix_ms) }
    }

    /// A clock that answers what `unix_ms` says.
    #[cfg(test)]
    pub(crate) fn from_fn(unix_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        let unix_ms: Arc<dyn Fn() -> i64 + Send + Sync> = Arc::new(unix_ms);
        Self { signed_unix_ms: Arc::clone(&unix_ms), unix_ms }
    }

    /// Now, in milliseconds since the Unix epoch.
    pub(crate) fn unix_ms(&self) -> i64 {
        (self.unix_ms)()
    }

    /// Now as receivers know it, in seconds since the Unix epoch.
    pub(crate) fn signed_unix_s(&self) -> i64 {
        (self.signed_unix_ms)().div_euclid(1_000)
    }
}

fn wall_unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Time that passes as it does, whatever the wall clock is set to.
#[derive(Debug)]
struct Steadied {
    unix_ms: i64,
    at: Instant,
    /// Since when the wall clock is ahead by more than it is slewed.
    ahead_since: Option<Instant>,
}

impl Steadied {
    const fn new(wall_unix_ms: i64, at: Instant) -> Self {
        Self { unix_ms: wall_unix_ms, at, ahead_since: None }
    }

    /// The time at a moment at which the wall clock says something.
    fn now(&mut self, wall_unix_ms: i64, at: Instant) -> i64 {
        let passed = at.saturating_duration_since(self.at);
        let passed_unix_ms = self.unix_ms.saturating_add(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX));
        let ahead_ms = wall_unix_ms.saturating_sub(passed_unix_ms);
        let is_ahead = ahead_ms > SLEWED_MS;
        let since = *self.ahead_since.get_or_insert(at);
        let counts = (0..=SLEWED_MS).contains(&ahead_ms) || is_ahead && at.duration_since(since) >= BELIEVED_AFTER;
        if counts || !is_ahead {
            self.ahead_since = None;
        }
        if counts {
            (self.unix_ms, self.at) = (wall_unix_ms, at);
            return wall_unix_ms;
        }
        passed_unix_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_767_225_600_000;
    const HOUR_MS: i64 = 3_600_000;

    /// What it says after seconds that passed, each with what the wall clock says beside those.
    fn said(readings: &[(u64, i64)]) -> Vec<i64> {
        let began = Instant::now();
        let mut steadied = Steadied::new(NOW, began);
        let at = |seconds: u64| began + Duration::from_secs(seconds);
        readings
            .iter()
            .map(|(seconds, off_ms)| {
                let passed_ms = i64::try_from(*seconds).expect("few") * 1_000;
                steadied.now(NOW + passed_ms + off_ms, at(*seconds)) - NOW
            })
            .collect()
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nobody_wait() {
        assert_eq!(said(&[(1, 0), (2, -HOUR_MS), (600, -HOUR_MS), (601, 0)]), [1_000, 2_000, 600_000, 601_000]);
    }

    #[test]
    fn a_clock_that_is_set_forward_makes_nothing_due_until_that_has_lasted() {
        let found = said(&[(1, HOUR_MS), (300, HOUR_MS), (600, HOUR_MS), (601, HOUR_MS), (602, HOUR_MS)]);
        assert_eq!(found, [1_000, 300_000, 600_000, 601_000 + HOUR_MS, 602_000 + HOUR_MS]);
    }

    #[test]
    fn a_step_that_is_taken_back_leaves_nothing_behind() {
        let found = said(&[(1, HOUR_MS), (300, 0), (601, HOUR_MS), (1_200, HOUR_MS), (1_201, HOUR_MS)]);
        assert_eq!(found, [1_000, 300_000, 601_000, 1_200_000, 1_201_000 + HOUR_MS]);
    }

    #[test]
    fn a_clock_that_is_slewed_is_followed() {
        assert_eq!(said(&[(1, 5), (2, 10), (3, 10), (4, 8)]), [1_005, 2_010, 3_010, 4_010]);
    }
}

//! Whether this machine's wall clock may be believed where believing it deletes something for good. Pure: both clocks are
//! arguments. What is deleted when is in `retention`.

use std::time::{Duration, Instant};

/// How far the wall clock may run ahead of the time that passed here before it is taken to be set, in milliseconds.
const STEP_MS: i64 = 60_000;

/// How long a clock is doubted that was set forward, and any clock after the start of the process: a machine that just booted
/// may have a wrong one until it has asked others.
const DOUBT: Duration = Duration::from_secs(600);

/// What is known of the wall clock.
#[derive(Debug)]
pub(crate) struct Calendar {
    wall_unix_ms: i64,
    looked: Instant,
    doubted_until: Instant,
}

impl Calendar {
    /// Begins with a clock that is doubted.
    pub(crate) fn new(wall_unix_ms: i64, now: Instant) -> Self {
        Self { wall_unix_ms, looked: now, doubted_until: now + DOUBT }
    }

    /// The time that the wall clock shows, in milliseconds since the Unix epoch; `None` while it is doubted. To be asked every
    /// few seconds. A clock that is set back is believed at once: whatever is due then waits longer, and nothing is lost.
    pub(crate) fn believed(&mut self, wall_unix_ms: i64, now: Instant) -> Option<i64> {
        let passed_ms = i64::try_from(now.saturating_duration_since(self.looked).as_millis()).unwrap_or(i64::MAX);
        let ahead_ms = wall_unix_ms.saturating_sub(self.wall_unix_ms.saturating_add(passed_ms));
        if ahead_ms > STEP_MS {
            tracing::warn!(ahead_ms, "this machine's clock was set forward; nothing is deleted by it for a while");
            self.doubted_until = now + DOUBT;
        }
        (self.wall_unix_ms, self.looked) = (wall_unix_ms, now);
        (now >= self.doubted_until).then_some(wall_unix_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON_UNIX_MS: i64 = 1_767_225_600_000;

    /// Looks every second from second `from` to second `to` at a clock that is `ahead_ms` ahead, and answers what is believed
    /// last.
    fn look(calendar: &mut Calendar, start: Instant, from: u64, to: u64, ahead_ms: i64) -> Option<i64> {
        let at = |second: u64| NOON_UNIX_MS + 1_000 * i64::try_from(second).expect("a few seconds") + ahead_ms;
        let looks = (from..=to).map(|second| calendar.believed(at(second), start + Duration::from_secs(second)));
        looks.last().expect("a look")
    }

    #[test]
    fn a_clock_is_believed_ten_minutes_after_the_start() {
        let start = Instant::now();
        let mut calendar = Calendar::new(NOON_UNIX_MS, start);
        assert_eq!(look(&mut calendar, start, 0, 599, 0), None);
        assert_eq!(look(&mut calendar, start, 600, 600, 0), Some(NOON_UNIX_MS + 600_000));
    }

    #[test]
    fn a_clock_that_is_set_forward_is_doubted_for_ten_minutes_and_one_that_is_put_right_again_never_counted() {
        let start = Instant::now();
        let year_ms = 365 * 24 * 3_600_000;
        let mut calendar = Calendar::new(NOON_UNIX_MS, start);
        look(&mut calendar, start, 0, 999, 0).expect("it is believed");
        assert_eq!(look(&mut calendar, start, 1_000, 1_300, year_ms), None);
        assert_eq!(look(&mut calendar, start, 1_301, 1_599, 0), None);
        assert_eq!(look(&mut calendar, start, 1_600, 1_600, 0), Some(NOON_UNIX_MS + 1_600_000));
        // One that stays where it is has convinced us.
        assert_eq!(look(&mut calendar, start, 2_000, 2_599, year_ms), None);
        assert_eq!(look(&mut calendar, start, 2_600, 2_600, year_ms), Some(NOON_UNIX_MS + 2_600_000 + year_ms));
    }

    #[test]
    fn a_clock_that_is_set_back_or_drifts_is_believed_at_once() {
        let start = Instant::now();
        let mut calendar = Calendar::new(NOON_UNIX_MS, start);
        look(&mut calendar, start, 0, 999, 0).expect("it is believed");
        assert!(look(&mut calendar, start, 1_000, 1_000, -3_600_000).is_some());
        for second in 1_001..1_100 {
            let drift_ms = -3_600_000 + i64::try_from(second).expect("a few") % 50_000;
            assert!(look(&mut calendar, start, second, second, drift_ms).is_some());
        }
    }
}

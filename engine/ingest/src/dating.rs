//! Dates records by the wall clock, and notices when somebody sets it: times of one owner must tell how long something took
//! (fault matrix E1). Decides nothing else.

use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

/// By how much the wall clock may differ from the time that passed, in nanoseconds, before that is a step.
const STEP_NS: i128 = 500_000_000;
/// Which part of the time that passed it may be wrong by besides, for a clock that is being slewed (at most 500 ppm).
const SLEW: i128 = 1_000;

/// What two clocks say at one moment, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// This machine's wall clock, since the Unix epoch.
    pub(crate) wall_ns: u64,
    /// How long this machine has been up, suspended or not; nobody can set that.
    pub(crate) up_ns: u64,
}

impl Look {
    /// Looks at the clocks of this machine.
    pub(crate) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let up = clock_gettime(ClockId::Boottime);
        let up_ns = u64::try_from(up.tv_sec).unwrap_or_default().saturating_mul(1_000_000_000);
        Self {
            wall_ns: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX),
            up_ns: up_ns.saturating_add(u64::try_from(up.tv_nsec).unwrap_or_default()),
        }
    }
}

/// The dates of one owner's records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dating {
    last: Look,
    /// By how much the wall clock was set since the owner began.
    stepped_ns: i128,
}

impl Dating {
    pub(crate) const fn new(look: Look) -> Self {
        Self { last: look, stepped_ns: 0 }
    }

    /// The date of what happens now, in nanoseconds since the Unix epoch, and by how many milliseconds the wall clock was
    /// set since the last look, if it was.
    pub(crate) fn date(&mut self, look: Look) -> (u64, Option<i64>) {
        let wall = i128::from(look.wall_ns) - i128::from(self.last.wall_ns);
        let passed = i128::from(look.up_ns) - i128::from(self.last.up_ns);
        self.last = look;
        let off = wall - passed;
        let is_step = off.abs() > STEP_NS + passed.abs() / SLEW;
        if is_step {
            self.stepped_ns += off;
        }
        let date = u64::try_from(i128::from(look.wall_ns) - self.stepped_ns).unwrap_or_default();
        (date, is_step.then(|| i64::try_from(off / 1_000_000).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_NS: u64 = 1_000_000_000;
    const START_NS: u64 = 1_767_225_600 * SECOND_NS;

    /// What a clock that is set by `steps` (when, in seconds; by how many milliseconds) makes of ten looks a second.
    fn dates(seconds: u64, steps: &[(u64, i64)], ppm: i64) -> (Vec<u64>, Vec<i64>) {
        let look = |tenth: u64| {
            let up_ns = tenth * SECOND_NS / 10;
            let set: i64 = steps.iter().filter(|(at, _)| at * 10 <= tenth).map(|(_, by_ms)| by_ms * 1_000_000).sum();
            let slewed = up_ns.cast_signed() * ppm / 1_000_000;
            Look { wall_ns: START_NS.saturating_add_signed(up_ns.cast_signed() + set + slewed), up_ns }
        };
        let mut dating = Dating::new(look(0));
        let (dates, found): (Vec<_>, Vec<_>) = (0..seconds * 10).map(|tenth| dating.date(look(tenth))).unzip();
        (dates, found.into_iter().flatten().collect())
    }

    #[test]
    fn a_clock_that_is_set_moves_no_date_and_is_told_once_for_each_time() {
        let hour_ms = 3_600_000;
        let steps = [(3, 1_000), (5, -1_000), (10, hour_ms), (11, -24 * hour_ms), (20, 24 * hour_ms)];
        let (dates, found) = dates(30, &steps, 0);
        assert_eq!(found, [1_000, -1_000, hour_ms, -24 * hour_ms, 24 * hour_ms]);
        assert_eq!(dates, (0..300).map(|tenth| START_NS + tenth * SECOND_NS / 10).collect::<Vec<_>>());
    }

    #[test]
    fn a_clock_that_is_slewed_is_followed() {
        for ppm in [-500, -200, 200, 500] {
            let (dates, found) = dates(36_000, &[], ppm);
            assert_eq!(found, [0_i64; 0], "{ppm}");
            let expected = START_NS.saturating_add_signed(35_999_900_000_000 / 1_000_000 * (1_000_000 + ppm));
            assert_eq!(dates.last(), Some(&expected));
        }
    }

    #[test]
    fn a_machine_that_was_suspended_is_no_clock_that_was_set() {
        let at = |seconds: u64| Look { wall_ns: START_NS + seconds * SECOND_NS, up_ns: seconds * SECOND_NS };
        let mut dating = Dating::new(at(0));
        assert_eq!(dating.date(at(3_600)), (START_NS + 3_600 * SECOND_NS, None));
    }

    #[test]
    fn the_clocks_of_this_machine_go_on() {
        let (first, second) = (Look::now(), Look::now());
        assert!(first.up_ns > 0 && first.wall_ns > START_NS / 2 && second.up_ns >= first.up_ns);
    }
}

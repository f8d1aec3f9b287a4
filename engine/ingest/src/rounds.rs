//! When the connections of a capture that carry media are looked at. Pure: time is an argument. Which connections those are is
//! known in `legs`; what a look brings is the business of `capture`.
//!
//! A look takes everything that has come since the one before, so that 75 messages a second cost ten wake-ups. The captures of
//! a process look on a grid that they share, in a few groups: one wake-up of the process serves a whole group.

use std::time::{Duration, Instant};

use model::CaptureId;

/// How long media waits in the kernel at most while nobody follows it live. It is part of what a crash may cost, beside the
/// turns of the log.
const EVERY: Duration = Duration::from_millis(100);
/// The same while somebody does.
const EVERY_FOLLOWED: Duration = Duration::from_millis(20);
/// How far apart the groups look. The further, the more captures share a wake-up, and a turn of the disk and of the catalogue with it;
/// the longer, too, everything else waits that has to be done while a group is served.
const GROUP_STEP: Duration = Duration::from_millis(20);

/// The looks of one capture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounds {
    /// Where the grid begins: the same moment for all captures of a process, but for the group.
    origin: Instant,
    next: Option<Instant>,
}

impl Rounds {
    /// The looks of `capture` in a process that `began` then. None is due before [`Rounds::begin`].
    pub(crate) fn new(capture: CaptureId, began: Instant) -> Self {
        let groups = EVERY.as_millis() / GROUP_STEP.as_millis();
        // The last digits of an id are random.
        let group = u32::try_from(capture.uuid().as_u128() % groups).unwrap_or(0);
        Self { origin: began + GROUP_STEP * group, next: None }
    }

    /// There is something to look at from now on.
    pub(crate) fn begin(&mut self, now: Instant) {
        if self.next.is_none() {
            self.next = Some(now);
        }
    }

    /// When the next look is due, once there is something to look at.
    pub(crate) const fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Whether a look is due by `now`; the next one is the first moment of the grid after that, whatever was missed.
    pub(crate) fn take(&mut self, now: Instant, is_followed: bool) -> bool {
        let is_due = self.next.is_some_and(|next| next <= now);
        if is_due {
            let every = if is_followed { EVERY_FOLLOWED } else { EVERY };
            let passed = now.saturating_duration_since(self.origin).as_nanos() / every.as_nanos();
            let next = u32::try_from(passed + 1).ok().and_then(|count| every.checked_mul(count));
            self.next = Some(next.map_or(now + every, |next| self.origin + next));
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(began: Instant) -> Rounds {
        Rounds::new("00000000-0000-4000-8000-000000000003".parse().expect("an id"), began)
    }

    fn ms(began: Instant, at: u64) -> Instant {
        began + Duration::from_millis(at)
    }

    #[test]
    fn nothing_is_due_before_there_is_something_to_look_at() {
        let began = Instant::now();
        let mut rounds = rounds(began);
        assert_eq!(rounds.next(), None);
        assert!(!rounds.take(ms(began, 1_000), false));
        rounds.begin(ms(began, 1_000));
        assert_eq!(rounds.next(), Some(ms(began, 1_000)), "what came before is found at once");
        assert!(rounds.take(ms(began, 1_000), false));
    }

    #[test]
    fn looks_come_on_the_grid_of_the_group_however_late_the_one_before_was() {
        let mut rounds = rounds(Instant::now());
        let grid = rounds.origin;
        rounds.begin(ms(grid, 990));
        assert!(rounds.take(ms(grid, 990), false));
        for (late_ms, next_ms) in [(1_000, 1_100), (1_102, 1_200), (1_670, 1_700), (1_799, 1_800)] {
            assert!(rounds.take(ms(grid, late_ms), false), "{late_ms}");
            assert_eq!(rounds.next(), Some(ms(grid, next_ms)));
        }
        assert!(!rounds.take(ms(grid, 1_799), false));
    }

    #[test]
    fn a_second_has_fifty_looks_for_whoever_is_followed_and_ten_for_others() {
        let mut rounds = rounds(Instant::now());
        let grid = rounds.origin;
        rounds.begin(grid);
        let mut looks = |from_ms, is_followed| {
            (from_ms..from_ms + 1_000).filter(|at| rounds.take(ms(grid, *at), is_followed)).count()
        };
        assert_eq!((looks(0, true), looks(1_000, false)), (50, 10));
    }

    #[test]
    fn groups_are_spread_over_the_time_between_two_looks() {
        let began = Instant::now();
        let firsts = (0..1_000_u16).map(|number| {
            let [high, low] = number.to_be_bytes();
            let mut rounds = Rounds::new(CaptureId::new(0, [0, 0, 0, 0, 0, 0, 0, 0, high, low]), began);
            rounds.begin(began);
            rounds.take(began, false);
            rounds.next().expect("there is one")
        });
        let mut counts = std::collections::BTreeMap::new();
        firsts.for_each(|first| *counts.entry(first).or_insert(0) += 1);
        assert_eq!(counts.into_values().collect::<Vec<_>>(), [200; 5]);
    }
}

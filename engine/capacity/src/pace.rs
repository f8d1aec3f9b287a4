//! How fast a volume fills up, whoever writes. Pure: time is an argument.

use std::time::{Duration, Instant};

/// Over how long it is averaged: a burst, such as the end of a render, must not look like a habit.
const OVER: Duration = Duration::from_secs(300);

/// The rate of writing, averaged so that what was long ago counts less and less.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    last: Option<(u64, Instant)>,
    bytes_per_s: f64,
}

impl Pace {
    /// Takes note of how much is free. What is deleted is not taken for writing of a negative amount.
    pub(crate) fn note(&mut self, free_bytes: u64, now: Instant) {
        if let Some((before, then)) = self.last {
            let seconds = now.duration_since(then).as_secs_f64();
            if seconds <= 0.0 {
                return;
            }
            let rate = before.saturating_sub(free_bytes) as f64 / seconds;
            let weight = 1.0 - (-seconds / OVER.as_secs_f64()).exp();
            self.bytes_per_s += (rate - self.bytes_per_s) * weight;
        }
        self.last = Some((free_bytes, now));
    }

    /// The rate, in bytes a second.
    pub(crate) const fn bytes_per_s(&self) -> f64 {
        self.bytes_per_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: impl Iterator<Item = (u64, u64)>) -> f64 {
        let (mut pace, start) = (Pace::default(), Instant::now());
        seconds.for_each(|(second, free)| pace.note(free, start + Duration::from_secs(second)));
        pace.bytes_per_s()
    }

    #[test]
    fn a_habit_is_known_after_a_while_and_forgotten_after_another() {
        let steady = |second: u64| (second, 1_000_000_000 - second.min(1_500) * 1_000);
        assert!((0.0..=0.0).contains(&after((0..1).map(steady))), "one look tells nothing");
        assert!((150.0..250.0).contains(&after((0..60).map(steady))));
        assert!((950.0..=1_000.0).contains(&after((0..1_500).map(steady))));
        assert!(after((0..3_000).map(steady)) < 10.0);
    }

    #[test]
    fn what_is_deleted_does_not_hide_what_is_written() {
        let busy = |second: u64| (second, if second.is_multiple_of(2) { 1_000_000 } else { 999_000 });
        assert!(after((0..1_500).map(busy)) > 400.0);
    }
}

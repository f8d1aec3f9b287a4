//! How busy this process is. Pure: what the clocks said is an argument. What may be begun is decided in `admission`.

use std::time::{Duration, Instant};

use model::Load;

/// Over how long it is averaged.
const OVER: Duration = Duration::from_secs(60);

/// The averages, in which what was long ago counts less and less.
#[derive(Debug, Default)]
pub(crate) struct Busy {
    last: Option<(Duration, Instant)>,
    load: Option<Load>,
}

impl Busy {
    /// Takes note of how much time of the processor this process had taken by `now`, since it began, and how many captures run.
    pub(crate) fn note(&mut self, taken: Duration, captures: usize, cores: usize, now: Instant) -> Load {
        let seconds = self.last.map_or(0.0, |(_, then)| now.saturating_duration_since(then).as_secs_f64());
        let latest = |busy_cores| Load { cores: cores as f64, busy_cores, captures: captures as f64 };
        if seconds > 0.0 {
            let before = self.last.map_or(taken, |(before, _)| before);
            let latest = latest(taken.saturating_sub(before).as_secs_f64() / seconds);
            let weight = 1.0 - (-seconds / OVER.as_secs_f64()).exp();
            // The first second is all that is known.
            self.load = Some(self.load.map_or(latest, |load| Load {
                busy_cores: load.busy_cores + (latest.busy_cores - load.busy_cores) * weight,
                captures: load.captures + (latest.captures - load.captures) * weight,
                ..latest
            }));
        }
        self.last = Some((taken, now));
        self.load.unwrap_or_else(|| latest(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: std::ops::Range<u64>, busy: &mut Busy, start: Instant, busy_ms: u64, captures: usize) -> Load {
        let mut load = Load::default();
        for second in seconds {
            let taken = Duration::from_millis(second * busy_ms);
            load = busy.note(taken, captures, 2, start + Duration::from_secs(second));
        }
        load
    }

    #[test]
    fn one_look_tells_nothing_and_the_next_what_was_taken_between_them() {
        let (mut busy, start) = (Busy::default(), Instant::now());
        let seen = busy.note(Duration::from_secs(9), 3, 2, start);
        assert_eq!(seen, Load { cores: 2.0, busy_cores: 0.0, captures: 3.0 });
        let seen = busy.note(Duration::from_secs(10), 3, 2, start + Duration::from_secs(2));
        assert_eq!(seen, Load { cores: 2.0, busy_cores: 0.5, captures: 3.0 });
    }

    #[test]
    fn a_minute_ago_counts_little_and_ten_minutes_ago_nothing() {
        let (mut busy, start) = (Busy::default(), Instant::now());
        let idle = after(0..600, &mut busy, start, 0, 0);
        assert_eq!((idle.busy_cores, idle.captures), (0.0, 0.0));
        // From here on it takes a quarter of a core, with 50 captures.
        let mut load = idle;
        for second in 600..1_200 {
            let taken = Duration::from_millis((second - 599) * 250);
            load = busy.note(taken, 50, 2, start + Duration::from_secs(second));
            if second == 660 {
                assert!((0.1..0.25).contains(&load.busy_cores), "{load:?}");
            }
        }
        assert!((0.249..0.251).contains(&load.busy_cores) && (49.9..50.1).contains(&load.captures), "{load:?}");
    }
}

//! How long a meeting waits for its next process after one died over it. Pure.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use model::CaptureId;

/// How long it rests after the first death; twice as long after each that follows.
const FIRST: Duration = Duration::from_secs(1);
/// How long it rests at most, and how long a process lives of which a death is the first again.
const LONGEST: Duration = Duration::from_secs(60);

/// The meetings that rest.
#[derive(Debug, Default)]
pub(crate) struct Rests(HashMap<CaptureId, Rest>);

#[derive(Clone, Copy, Debug)]
struct Rest {
    pause: Duration,
    until: Instant,
}

impl Rests {
    /// Takes note that a process died that was started at `since`; how long the meeting rests.
    pub(crate) fn note_death(&mut self, capture: CaptureId, since: Instant, now: Instant) -> Duration {
        let before = self.0.get(&capture).filter(|_| now.saturating_duration_since(since) < LONGEST);
        let pause = before.map_or(FIRST, |rest| (rest.pause * 2).min(LONGEST));
        self.0.insert(capture, Rest { pause, until: now + pause });
        pause
    }

    /// Whether a meeting rests.
    pub(crate) fn holds(&self, capture: CaptureId, now: Instant) -> bool {
        self.0.get(&capture).is_some_and(|rest| now < rest.until)
    }

    /// Forgets deaths that lie far back.
    pub(crate) fn forget(&mut self, now: Instant) {
        self.0.retain(|_, rest| now < rest.until + 2 * LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_death_in_a_row_is_followed_by_a_longer_rest_up_to_a_minute() {
        let (mut rests, mut now) = (Rests::default(), Instant::now());
        let (one, other) = (CaptureId::new(1, [1; 10]), CaptureId::new(1, [2; 10]));
        let mut pauses = Vec::new();
        for _ in 0..8 {
            assert!(!rests.holds(one, now));
            let since = now;
            now += Duration::from_secs(1);
            let pause = rests.note_death(one, since, now);
            assert!(rests.holds(one, now) && !rests.holds(other, now));
            now += pause;
            pauses.push(pause.as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        let since = now;
        now += LONGEST;
        assert_eq!(rests.note_death(one, since, now), FIRST, "it lived for a minute");
        now += 3 * LONGEST;
        rests.forget(now);
        assert!(rests.0.is_empty());
    }
}

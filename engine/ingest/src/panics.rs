//! Which captures panicked lately, so that one that keeps doing so does not go on for ever.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use model::CaptureId;

/// How many panics within [`WINDOW`] end a capture (fault matrix A4).
const LIMIT: usize = 3;
/// How far back panics count.
const WINDOW: Duration = Duration::from_secs(60);

/// Remembers panics.
#[derive(Debug, Default)]
pub(crate) struct Panics(HashMap<CaptureId, Vec<Instant>>);

impl Panics {
    /// Takes a panic down; true if the capture may be taken up again from its log.
    pub(crate) fn may_go_on(&mut self, id: CaptureId, now: Instant) -> bool {
        self.0.retain(|_, times| {
            times.retain(|at| now.duration_since(*at) < WINDOW);
            !times.is_empty()
        });
        let times = self.0.entry(id).or_default();
        times.push(now);
        times.len() < LIMIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_panic_within_a_minute_is_the_last() {
        let mut panics = Panics::default();
        let (one, other) = (CaptureId::new(1, [1; 10]), CaptureId::new(1, [2; 10]));
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(panics.may_go_on(one, at(0)));
        assert!(panics.may_go_on(one, at(59)));
        assert!(panics.may_go_on(other, at(59)));
        assert!(panics.may_go_on(one, at(60)), "the first one is too long ago");
        assert!(!panics.may_go_on(one, at(61)));
    }
}

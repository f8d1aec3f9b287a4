//! Whether key pictures come often enough to be copied. What follows from it is decided in `cutter`.

use media::Position;

/// Key pictures that come within so much of each other come often, in microseconds: every 2 s, with stamps that are off by some
/// milliseconds.
const SOON_MICROS: i64 = 2_100_000;
/// For how long they come often until they are believed to, once they did not, in microseconds: a stream that has some close together now
/// and then does not change its look each time.
const STEADY_MICROS: i64 = 10_000_000;

/// What is known of the key pictures so far, whoever is seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Keys {
    last: Option<Position>,
    /// Since when each came soon after the one before.
    steady_since: Option<Position>,
    are_rare: bool,
}

impl Keys {
    /// Takes note that one came.
    pub(super) fn note(&mut self, at: Position) {
        if self.last.replace(at).is_none_or(|last| at.micros_since(last) > SOON_MICROS) {
            self.steady_since = Some(at);
        }
        if self.steady_since.is_some_and(|since| at.micros_since(since) >= STEADY_MICROS) {
            self.are_rare = false;
        }
    }

    /// Takes note that one did not come in time.
    pub(super) const fn note_absence(&mut self) {
        self.are_rare = true;
    }

    /// Whether one did not come in time, and they did not come often for long enough since.
    pub(super) const fn are_rare(&self) -> bool {
        self.are_rare
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_rare_once_is_often_after_ten_seconds_of_one_every_two() {
        let mut keys = Keys::default();
        keys.note(Position::ZERO);
        assert!(!keys.are_rare());
        keys.note_absence();
        for ms in [6_000, 8_000, 10_001, 12_000, 14_000] {
            keys.note(Position::from_ms(ms));
            assert!(keys.are_rare(), "{ms}");
        }
        keys.note(Position::from_ms(16_002));
        assert!(!keys.are_rare());
        keys.note(Position::from_ms(22_000));
        assert!(!keys.are_rare(), "only its absence tells");
    }

    #[test]
    fn one_every_six_seconds_stays_rare_and_so_do_some_that_come_together() {
        let mut keys = Keys::default();
        keys.note_absence();
        for n in 0..100 {
            keys.note(Position::from_ms(n * 6_000));
            assert!(keys.are_rare());
            keys.note(Position::from_ms(n * 6_000 + 1_000));
            assert!(keys.are_rare());
        }
    }
}

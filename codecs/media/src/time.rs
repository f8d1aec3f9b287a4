//! The two kinds of media time, which never mix by accident.
//!
//! [`SourceTime`] is what a platform stamps on a packet; [`Position`] is where that lies in a file. Only the `timeline`
//! crate turns one into the other. Wall-clock and monotonic time of this machine do not belong here: shells use
//! `std::time` and pass it in.

use serde::{Deserialize, Serialize};

/// A moment on the platform's own clock, in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceTime(i64);

impl SourceTime {
    /// Takes milliseconds since the Unix epoch.
    pub const fn from_unix_ms(unix_ms: i64) -> Self {
        Self(unix_ms)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// This moment moved by `ms` milliseconds, which may be negative; saturates at the ends of the range.
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative if `earlier` is later. Saturates.
    pub const fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Where this moment lies in a file whose second 0 is `origin`.
    pub const fn position(self, origin: Self) -> Position {
        Position::from_ms(self.ms_since(origin))
    }
}

/// A place in a recording, in microseconds from its second 0; negative lies before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(i64);

impl Position {
    /// Second 0.
    pub const ZERO: Self = Self(0);

    /// Takes microseconds from second 0.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Takes milliseconds from second 0; saturates.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms.saturating_mul(1000))
    }

    /// Microseconds from second 0.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds from second 0, rounded down.
    pub const fn ms(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Seconds from second 0.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The nearest tick of a clock with `timescale_hz` ticks a second.
    pub const fn ticks(self, timescale_hz: u32) -> i64 {
        let scaled = self.0 as i128 * timescale_hz as i128;
        ((scaled + 500_000).div_euclid(1_000_000)) as i64
    }

    /// This place moved by `ms` milliseconds, which may be negative; saturates.
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms.saturating_mul(1000)))
    }

    /// Microseconds from `earlier` to this place; negative if `earlier` is later. Saturates.
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_counted_from_the_origin() {
        let origin = SourceTime::from_unix_ms(1_767_225_600_000);
        assert_eq!(origin.plus_ms(1_500).position(origin), Position::from_ms(1_500));
        assert_eq!(origin.plus_ms(-20).position(origin).ms(), -20);
    }

    #[test]
    fn ticks_round_to_the_nearest() {
        assert_eq!(Position::from_ms(40).ticks(90_000), 3_600);
        assert_eq!(Position::from_micros(20_833).ticks(48_000), 1_000);
        assert_eq!(Position::from_ms(-1).ticks(90_000), -90);
    }

    #[test]
    fn absurd_times_saturate_instead_of_wrapping() {
        let far = SourceTime::from_unix_ms(i64::MAX);
        assert_eq!(far.plus_ms(1), far);
        assert_eq!(far.position(SourceTime::from_unix_ms(-1)).micros(), i64::MAX);
    }
}

//! The platform's clock, as far as messages tell it, and the units in which they tell it (protocol §8.4, §9.1).

use std::time::Instant;

use media::SourceTime;

/// The latest time that Zoom mentioned, and when we heard it.
#[derive(Debug)]
pub(super) struct Clock {
    latest: SourceTime,
    heard_at: Instant,
}

impl Clock {
    pub(super) const fn new(unix_ms: i64, now: Instant) -> Self {
        Self { latest: SourceTime::from_unix_ms(unix_ms), heard_at: now }
    }

    /// What Zoom's clock shows now, more or less.
    pub(super) fn estimate(&self, now: Instant) -> SourceTime {
        let passed_ms = now.saturating_duration_since(self.heard_at).as_millis();
        self.latest.plus_ms(i64::try_from(passed_ms).unwrap_or(i64::MAX))
    }

    /// The time of a message that carries `raw`, or an estimate if it carries none that means anything.
    pub(super) fn read(&mut self, raw: Option<i64>, now: Instant) -> SourceTime {
        match raw.and_then(|raw| source_time(raw, None)) {
            Some(at) => {
                if at > self.estimate(now) {
                    (self.latest, self.heard_at) = (at, now);
                }
                at
            }
            None => self.estimate(now),
        }
    }
}

/// Reads a time by its magnitude: nanoseconds, microseconds, milliseconds or seconds since the Unix epoch, or milliseconds
/// since `origin` if it is too small for any of them.
pub(super) fn source_time(raw: i64, origin: Option<SourceTime>) -> Option<SourceTime> {
    const SECOND: i64 = 1_000_000_000;
    Some(match raw {
        ..0 => return None,
        0..SECOND => origin?.plus_ms(raw),
        _ if raw < 100 * SECOND => SourceTime::from_unix_ms(raw * 1_000),
        _ if raw < 100_000 * SECOND => SourceTime::from_unix_ms(raw),
        _ if raw < 100_000_000 * SECOND => SourceTime::from_unix_ms(raw / 1_000),
        _ => SourceTime::from_unix_ms(raw / 1_000_000),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_of_a_time_is_told_by_its_magnitude() {
        let origin = SourceTime::from_unix_ms(1_767_225_600_000);
        let expected = SourceTime::from_unix_ms(1_767_225_606_000);
        for raw in [1_767_225_606, 1_767_225_606_000, 1_767_225_606_000_000, 1_767_225_606_000_000_000, 6_000] {
            assert_eq!(source_time(raw, Some(origin)), Some(expected), "{raw}");
        }
        assert_eq!(source_time(6_000, None), None);
        assert_eq!(source_time(-1, Some(origin)), None);
    }
}

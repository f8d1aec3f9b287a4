//! The platform's clock, as far as messages tell it, and the units in which they tell it (protocol §8.4, §9.1).

use std::time::Instant;

use media::SourceTime;

/// How far a time may lie from where the clock should be and be believed at once: no clock is a day wrong, and one message
/// with an absurd time must not turn every estimate after it.
const BELIEVED_MS: i64 = 24 * 3_600_000;

/// The first time that is read as milliseconds since the Unix epoch; it lies long before there was a Zoom.
const FIRST_MS: i64 = 100_000_000_000;

/// The latest time that Zoom mentioned, and when we heard it.
#[derive(Debug)]
pub(super) struct Clock {
    latest: SourceTime,
    heard_at: Instant,
    /// A time that was not believed; a second one near it is.
    doubted: Option<SourceTime>,
}

impl Clock {
    pub(super) const fn new(unix_ms: i64, now: Instant) -> Self {
        Self { latest: SourceTime::from_unix_ms(unix_ms), heard_at: now, doubted: None }
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
                self.learn(at, now);
                at
            }
            None => self.estimate(now),
        }
    }

    /// Media was made at `at`, and so the clock shows no less: buffered media may be old, and media of one sender absurd.
    pub(super) fn hear(&mut self, at: SourceTime, now: Instant) {
        let estimate = self.estimate(now);
        let is_believed =
            if self.latest.unix_ms() == 0 { at.unix_ms() >= FIRST_MS } else { at.ms_since(estimate) <= BELIEVED_MS };
        if is_believed && at > estimate {
            (self.latest, self.heard_at) = (at, now);
        }
    }

    fn learn(&mut self, at: SourceTime, now: Instant) {
        let is_near = |other: SourceTime| at.ms_since(other).abs() <= BELIEVED_MS;
        let estimate = self.estimate(now);
        if self.latest.unix_ms() == 0 || self.doubted.is_some_and(is_near) {
            (self.latest, self.heard_at, self.doubted) = (at, now, None);
        } else if !is_near(estimate) {
            self.doubted = Some(at);
        } else if at > estimate {
            (self.latest, self.heard_at, self.doubted) = (at, now, None);
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

    #[test]
    fn one_absurd_time_does_not_turn_the_clock_and_two_that_agree_do() {
        let now = Instant::now();
        let ms = |unix_ms: i64| SourceTime::from_unix_ms(unix_ms);
        let mut clock = Clock::new(1_767_225_600_000, now);
        for absurd in [99_000_000_000_000, 1_000_000_000_000] {
            assert_eq!(clock.read(Some(absurd), now), ms(absurd), "the message keeps its time");
            assert_eq!(clock.estimate(now), ms(1_767_225_600_000));
        }
        clock.read(Some(1_767_225_601_000), now);
        assert_eq!(clock.estimate(now), ms(1_767_225_601_000));
        clock.read(Some(1_767_000_000_000), now);
        clock.read(Some(1_767_000_000_500), now);
        assert_eq!(clock.estimate(now), ms(1_767_000_000_500));
        let mut unknown = Clock::new(0, now);
        unknown.read(Some(1_767_225_601_000), now);
        assert_eq!(unknown.estimate(now), ms(1_767_225_601_000));
    }

    #[test]
    fn a_time_is_believed_at_once_if_it_is_within_a_day() {
        const DAY_MS: i64 = 86_400_000;
        let (now, start_ms) = (Instant::now(), 1_767_225_600_000);
        let ms = SourceTime::from_unix_ms;
        for (ahead_ms, is_believed) in [(DAY_MS, true), (DAY_MS + 1, false)] {
            let expected = if is_believed { ms(start_ms + ahead_ms) } else { ms(start_ms) };
            let mut clock = Clock::new(start_ms, now);
            clock.read(Some(start_ms + ahead_ms), now);
            assert_eq!(clock.estimate(now), expected, "said, {ahead_ms} ms ahead");
            let mut clock = Clock::new(start_ms, now);
            clock.hear(ms(start_ms + ahead_ms), now);
            assert_eq!(clock.estimate(now), expected, "by media, {ahead_ms} ms ahead");
        }
        for (at, is_believed) in [(ms(100_000_000_000), true), (ms(99_999_999_999), false)] {
            let mut unknown = Clock::new(0, now);
            unknown.hear(at, now);
            assert_eq!(unknown.estimate(now) == at, is_believed, "{at:?} as the first time ever heard");
        }
    }
}

//! Times as customers read them: ISO 8601 UTC with microseconds and `Z`, and seconds from the recording's second 0.
//!
//! Turning platform time into positions of a file belongs to `timeline`; nothing here reads a clock.

use jiff::Timestamp;
use media::{Position, SourceTime};
use serde::{Serialize, Serializer};

/// Writes milliseconds since the Unix epoch as ISO 8601 UTC with microseconds (recording-api §1.3); a time outside the
/// years that ISO 8601 can write becomes the nearest one that it can.
pub fn iso_of_unix_ms(unix_ms: i64) -> String {
    iso_of_micros(unix_ms.saturating_mul(1000))
}

/// Writes the moment that lies at `position` in a recording whose second 0 is `origin`, as ISO 8601 UTC.
pub fn iso_of_position(origin: SourceTime, position: Position) -> String {
    iso_of_micros(origin.unix_ms().saturating_mul(1000).saturating_add(position.micros()))
}

fn iso_of_micros(unix_micros: i64) -> String {
    let moment = Timestamp::from_microsecond(unix_micros).unwrap_or(if unix_micros < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    });
    format!("{moment:.6}")
}

/// Reads a moment in ISO 8601 with its offset, in milliseconds since the Unix epoch; `None` if it is none.
pub fn unix_ms_of_iso(text: &str) -> Option<i64> {
    text.trim().parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// Reads a moment as HTTP headers give it (RFC 9110 §5.6.7), in milliseconds since the Unix epoch; `None` if it is none.
pub fn unix_ms_of_http_date(text: &str) -> Option<i64> {
    let moment = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(moment.as_millisecond())
}

/// Reads a place in a recording as people write it: seconds, or hours, minutes and seconds with colons between, each with up to
/// three decimals, such as `90`, `1:30` or `00:10:00.5`. In milliseconds; `None` if it is none, or lies beyond a year.
pub fn ms_of_text(text: &str) -> Option<u64> {
    const LONGEST_MS: u64 = 366 * 24 * 3_600_000;
    let is_number = |part: &str| !part.is_empty() && part.len() <= 9 && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, decimals) = text.split_once('.').map_or((text, None), |(whole, decimals)| (whole, Some(decimals)));
    let parts: Vec<&str> = whole.split(':').collect();
    if parts.len() > 3 || !parts.iter().all(|part| is_number(part)) {
        return None;
    }
    let numbers: Vec<u64> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    if numbers.iter().skip(1).any(|number| *number > 59) {
        return None;
    }
    let seconds = numbers.iter().fold(0, |sum, number| sum * 60 + number);
    let ms = match decimals {
        None => 0,
        Some(decimals) if is_number(decimals) && decimals.len() <= 3 => format!("{decimals:0<3}").parse().ok()?,
        Some(_) => return None,
    };
    Some(seconds * 1_000 + ms).filter(|ms| *ms <= LONGEST_MS)
}

/// A moment in both forms: seconds from second 0, and wall-clock time (recording-api §4.3).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stamp {
    /// Seconds from the recording's second 0, negative before it; `None` while second 0 is unknown.
    pub relative: Option<f64>,
    /// The same moment as ISO 8601 UTC.
    pub absolute: String,
}

impl Stamp {
    /// The moment `at` on the platform's clock, seen from `origin`.
    pub fn of_moment(origin: SourceTime, at: SourceTime) -> Self {
        Self::of_position(origin, at.position(origin))
    }

    /// The moment at `position` of a recording that began at `origin`.
    pub fn of_position(origin: SourceTime, position: Position) -> Self {
        Self { relative: Some(position.seconds()), absolute: iso_of_position(origin, position) }
    }

    /// The moment `at`, seen from `origin` where that is known.
    pub fn perhaps(origin: Option<SourceTime>, at: SourceTime) -> Self {
        match origin {
            Some(origin) => Self::of_moment(origin, at),
            None => Self { relative: None, absolute: iso_of_unix_ms(at.unix_ms()) },
        }
    }
}

/// Writes a position as seconds.
pub(crate) fn as_seconds<S: Serializer>(position: &Position, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(position.seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_carry_microseconds_and_z() {
        assert_eq!(iso_of_unix_ms(1_751_064_077_302), "2025-06-27T22:41:17.302000Z");
        let origin = SourceTime::from_unix_ms(1_767_225_600_000);
        assert_eq!(iso_of_position(origin, Position::from_micros(1_500_001)), "2026-01-01T00:00:01.500001Z");
    }

    #[test]
    fn moments_are_read_as_customers_and_servers_write_them() {
        for text in ["2026-01-01T00:00:01.5Z", "2026-01-01T01:00:01.500+01:00", " 2026-01-01T00:00:01.500000Z "] {
            assert_eq!(unix_ms_of_iso(text), Some(1_767_225_601_500), "{text}");
        }
        assert_eq!(unix_ms_of_http_date("Thu, 01 Jan 2026 00:00:01 GMT"), Some(1_767_225_601_000));
        for text in ["", "yesterday", "2026-01-01", "2026-01-01T00:00:01", "1767225601"] {
            assert_eq!((unix_ms_of_iso(text), unix_ms_of_http_date(text)), (None, None), "{text}");
        }
    }

    #[test]
    fn absurd_times_become_the_nearest_that_can_be_written() {
        assert!(iso_of_unix_ms(i64::MAX).starts_with("9999-"));
        assert!(iso_of_unix_ms(i64::MIN).ends_with('Z'));
    }

    #[test]
    fn a_moment_has_no_relative_time_while_second_0_is_unknown() {
        let at = SourceTime::from_unix_ms(1_767_225_600_250);
        assert_eq!(Stamp::perhaps(None, at).relative, None);
        let stamp = Stamp::perhaps(Some(at.plus_ms(-250)), at);
        assert_eq!(stamp.relative, Some(0.25));
        assert_eq!(stamp.absolute, "2026-01-01T00:00:00.250000Z");
    }
}

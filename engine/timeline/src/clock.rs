//! Second 0, the end, and which of the platform's timestamps can be true.
//!
//! The platform's timestamps are the clock; arrival time never is (architecture §2, rule 8).

use media::{Position, SourceTime};
use model::{Event, EventBody};

use crate::{place::Place, tail::Tail};

/// How much older than second 0 media may be: the platform buffers 60 s (protocol §9.2).
const EARLIEST_MS: i64 = -65_000;
/// How long a recording may be; what lies beyond is a fault of a clock (protocol §9.3).
const LONGEST_MS: i64 = 24 * 3_600_000;
/// How much media may lie beyond the platform's end before that end is taken for wrong: the notice of the end and the
/// last packets are stamped by different machines.
const END_TOLERANCE_MS: i64 = 2_000;

/// What a timestamp says about its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It lies in the recording.
    Inside,
    /// It lies before second 0, within what the platform buffers.
    Early,
    /// It cannot be true.
    Absurd,
}

/// The clock of one recording.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) origin: SourceTime,
}

impl Clock {
    /// Second 0: what the platform named, unless no media lies in the day after it; else the earliest media that is not a
    /// day away from the middle of all media; else the earliest event; else the Unix epoch.
    ///
    /// `media` names the place and the time of every frame.
    pub(crate) fn new(
        named: Option<SourceTime>,
        media: impl Iterator<Item = (Place, i64)> + Clone,
        events: impl Iterator<Item = SourceTime>,
    ) -> Self {
        if let Some(origin) = named {
            let clock = Self { origin };
            let fits = |(_, at)| clock.admit(SourceTime::from_unix_ms(at)) != Admission::Absurd;
            let mut times = media.clone().peekable();
            if times.peek().is_none() || times.any(fits) {
                return clock;
            }
        }
        let origin = earliest(media.collect()).or_else(|| events.min()).or(named);
        Self { origin: origin.unwrap_or(SourceTime::from_unix_ms(0)) }
    }

    pub(crate) fn position(self, at: SourceTime) -> Position {
        at.position(self.origin)
    }

    pub(crate) fn admit(self, at: SourceTime) -> Admission {
        match at.ms_since(self.origin) {
            0..=LONGEST_MS => Admission::Inside,
            EARLIEST_MS..0 => Admission::Early,
            _ => Admission::Absurd,
        }
    }

    /// Where the recording ends. The platform's own end is trusted as long as it lies within a day of second 0 and media
    /// does not go on for more than 2 s after it (a meeting may well end in silence, so an end long after the last media
    /// is no fault; a few frames far behind it are strays); otherwise the end of the last media or the last event,
    /// whichever is later.
    pub(crate) fn end(self, named: Option<SourceTime>, tail: &Tail, last_event: Position) -> Position {
        let named = named.filter(|at| self.admit(*at) == Admission::Inside).map(|at| self.position(at));
        match named {
            Some(end) if !tail.goes_on_after(end.plus_ms(END_TOLERANCE_MS)) => end,
            Some(_) => tail.end(),
            None => tail.end().max(last_event),
        }
    }
}

/// Whether an event carries the platform's time; a change of status carries this machine's.
pub(crate) fn is_the_platforms(event: &Event) -> bool {
    !matches!(event.body, EventBody::Status { .. })
}

/// The earliest time within a day of the middle one, so that a single wild timestamp does not become second 0.
fn earliest(mut media: Vec<(Place, i64)>) -> Option<SourceTime> {
    // A record that was read twice must not move the middle.
    media.sort_unstable();
    media.dedup_by_key(|(place, _)| *place);
    let mut times: Vec<i64> = media.into_iter().map(|(_, at)| at).collect();
    times.sort_unstable();
    let floor = times.get(times.len() / 2)?.saturating_sub(LONGEST_MS);
    times.into_iter().find(|at| *at >= floor).map(SourceTime::from_unix_ms)
}

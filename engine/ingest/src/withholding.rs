//! What is withheld of a meeting: from the moment at which the customer pauses a capture nothing goes any further of what is heard, seen,
//! said or written, neither into the log nor to whoever listens, until he resumes it. The platform may withhold media by itself; both are
//! told as one pause, which is over when nobody withholds anything any more. Pure: time is an argument.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use media::SourceTime;
use model::{Control, Entry, Event, EventBody};

/// How late media and words may come: a connection that is made again brings a minute of them.
const LATEST_MS: i64 = 65_000;

/// Who withholds something.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Withholding {
    /// The customer: nothing passes.
    by_customer: bool,
    /// The platform: nothing comes.
    by_platform: bool,
    /// The platform's time of the media that came with the least delay, and when it came.
    quickest: Option<(SourceTime, Instant)>,
    /// When media came first: what comes soon after may all be late.
    since: Option<Instant>,
    /// When the customer's pause began, and when the one before was over, on the platform's clock.
    began: Option<SourceTime>,
    ended: Option<SourceTime>,
}

impl Withholding {
    /// What is withheld when an owner begins.
    pub(crate) const fn new(by_customer: bool, by_platform: bool) -> Self {
        Self { by_customer, by_platform, quickest: None, since: None, began: None, ended: None }
    }

    /// Whether anybody withholds anything.
    pub(crate) const fn is_on(&self) -> bool {
        self.by_customer || self.by_platform
    }

    /// Takes the customer's wish in, and answers what is to be told of it: nothing where that changes nothing.
    pub(crate) fn ask(&mut self, is_withheld: bool, now: Instant) -> Option<Event> {
        let was_on = self.is_on();
        let at = self.platform_time(now);
        if is_withheld && !self.by_customer {
            self.began = Some(at);
        } else if !is_withheld && self.by_customer {
            (self.began, self.ended) = (None, Some(at));
        }
        self.by_customer = is_withheld;
        let body = match (was_on, self.is_on()) {
            (false, true) => EventBody::Paused,
            (true, false) => EventBody::Resumed,
            _ => return None,
        };
        Some(Event { at, body })
    }

    /// Whether an event that the platform's machine tells is told on.
    pub(crate) fn tells(&mut self, body: &EventBody) -> bool {
        match body {
            EventBody::Paused => self.by_platform = true,
            EventBody::Resumed => self.by_platform = false,
            // Words come seconds after they were said.
            EventBody::Transcript(said) if self.by_customer => return self.began.is_some_and(|began| said.end < began),
            EventBody::Transcript(said) => return !self.was_withheld(said.start),
            EventBody::Chat(_) => {}
            _ => return true,
        }
        !self.by_customer
    }

    /// Whether something that comes now was made in the pause that is over. What is much older is a clock that was set.
    fn was_withheld(&self, at: SourceTime) -> bool {
        self.ended.is_some_and(|ended| (1..LATEST_MS).contains(&ended.ms_since(at)))
    }

    /// Takes note of when media was made that comes now.
    fn hear(&mut self, at: SourceTime, now: Instant) {
        self.since.get_or_insert(now);
        let ahead_ms = self.quickest.map(|quickest| at.ms_since(later(quickest, now)));
        if ahead_ms.is_none_or(|ahead_ms| (0..LATEST_MS).contains(&ahead_ms)) {
            self.quickest = Some((at, now));
        }
    }

    /// Whether what was received goes any further. `has_begun` tells whether the recording has a second 0: one that has not must not get
    /// it from what is withheld.
    pub(crate) fn passes(&mut self, entry: &Entry, has_begun: bool, now: Instant) -> bool {
        match entry {
            Entry::Media(frame) => {
                self.hear(frame.at, now);
                !self.by_customer && !self.was_withheld(frame.at)
            }
            Entry::Control(Control::Note { .. }) => !self.by_customer,
            Entry::Control(Control::FirstPacket { .. }) => has_begun || !self.by_customer,
            Entry::Control(_) | Entry::Event(_) => true,
        }
    }

    /// What the platform's clock says now, as far as media tells. Where that may all have been late so far, or none came, this machine's
    /// clock tells, if it is not further ahead than media can be late.
    fn platform_time(&self, now: Instant) -> SourceTime {
        let wall = SourceTime::from_unix_ms(ms(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()));
        let Some(told) = self.quickest.map(|quickest| later(quickest, now)) else { return wall };
        let is_fresh = self.since.is_none_or(|since| ms(now.saturating_duration_since(since)) < LATEST_MS);
        if is_fresh && (0..LATEST_MS).contains(&wall.ms_since(told)) { wall } else { told }
    }
}

/// A moment of the platform's clock that was then, by now.
fn later((at, then): (SourceTime, Instant), now: Instant) -> SourceTime {
    at.plus_ms(ms(now.saturating_duration_since(then)))
}

fn ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;

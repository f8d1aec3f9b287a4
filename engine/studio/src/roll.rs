//! Makes the mixed video of a meeting while it goes on, as far as what came of it is settled. Which meetings are rolled is decided in
//! `rolling`; what is made of a meeting that is over in `make`.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use journal::LogReader;
use media::SourceTime;
use model::Fault;
use timeline::{Builder, Flow, Timeline};

#[cfg(feature = "ffmpeg")]
pub(crate) use self::video::Begun;
#[cfg(not(feature = "ffmpeg"))]
pub(crate) use self::without_codecs::Begun;
use crate::{
    StudioError,
    asked::{Asked, Next},
    leash::Leash,
    message::{Assignment, Request},
    staging::Staging,
};

#[cfg(test)]
mod tests;
#[cfg(feature = "ffmpeg")]
mod video;
#[cfg(not(feature = "ffmpeg"))]
mod without_codecs;

/// How long is waited where nothing is to be made, until it is looked whether more came.
const PAUSE: Duration = Duration::from_secs(1);
/// How much of a meeting has to come before it is looked at anew, in milliseconds.
const LOOK_EVERY_MS: i64 = 5_000;
/// How many looks there are at a long meeting at most while it grows by its own length: the longer it is, the more a look costs.
const LOOKS_EACH: i64 = 400;

/// How often a meeting may be begun again before it is looked at more rarely, and how often that doubles at most.
const FLIPS: u32 = 3;
const MOST_PATIENCE: u32 = 16;

/// Follows the meeting of an assignment until it is told that the meeting is over; answers what is to be worked on from then on, and what
/// is known and made by then, unless that broke. `None` if nobody asks any more.
pub(crate) fn follow(
    assignment: &Assignment,
    leash: &Leash,
    next: &mut Next<'_>,
) -> Option<(Assignment, Option<Roll>)> {
    let mut roll = unless_broken(|| Roll::begin(assignment));
    let mut has_more = false;
    loop {
        match next(Some(if has_more { Duration::ZERO } else { PAUSE })) {
            Asked::This(Request::Settle(settled)) => return Some((*settled, roll)),
            Asked::This(_) | Asked::NoMore => return None,
            Asked::Nothing => {}
        }
        has_more = false;
        if let Some(mut going) = roll.take() {
            roll = unless_broken(|| {
                has_more = going.advance(leash)?;
                Ok(going)
            });
        }
    }
}

/// What breaks here is made when the meeting is over, by whoever says then what is wrong.
fn unless_broken<T>(make: impl FnOnce() -> Result<T, StudioError>) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(make)).unwrap_or(Err(StudioError::Panicked)) {
        Ok(made) => Some(made),
        Err(error) => {
            tracing::warn!(code = error.code(), %error, "a meeting is not followed any more; it is rendered when it is over");
            None
        }
    }
}

/// A log that is followed, and the mixed video that is made of it.
pub(crate) struct Roll {
    assignment: Assignment,
    reader: LogReader,
    builder: Builder,
    flow: Flow,
    #[cfg_attr(not(feature = "ffmpeg"), expect(dead_code, reason = "only media is written"))]
    staging: Staging,
    begun: Option<Begun>,
    /// How far the meeting was when it was looked at first and last.
    first: Option<SourceTime>,
    looked: Option<SourceTime>,
    /// How often what was made did not hold.
    begun_again: u32,
}

impl Roll {
    fn begin(assignment: &Assignment) -> Result<Self, StudioError> {
        let mut builder = Builder::new();
        if let Some(origin) = assignment.origin {
            builder.tell_origin(origin);
        }
        Ok(Self {
            reader: LogReader::chained(assignment.logs())?,
            builder,
            flow: Flow::default(),
            staging: Staging::new(&assignment.staging, "rolled"),
            assignment: assignment.clone(),
            begun: None,
            first: None,
            looked: None,
            begun_again: 0,
        })
    }

    /// Reads on, and makes a little of what is settled; answers whether more can be made right away.
    fn advance(&mut self, leash: &Leash) -> Result<bool, StudioError> {
        leash.check()?;
        self.read()?;
        if let Some(latest) = self.flow.latest().filter(|latest| self.flow.is_calm() && self.is_due(*latest)) {
            self.first = self.first.or(Some(latest));
            self.looked = Some(latest);
            self.look()?;
        }
        self.begun.as_mut().map_or(Ok(false), Begun::advance)
    }

    /// All that was captured, and the video as far as it is made; nothing if that may not be what a fresh reader would find: other logs
    /// belong to it now, something could not be read, which may pass, or the disk had refused what it gave.
    pub(crate) fn settle(mut self, settled: &Assignment) -> Option<(Timeline, Option<Begun>)> {
        let is_same = (&settled.captures, settled.origin) == (&self.assignment.captures, self.assignment.origin);
        let is_whole = is_same && self.read().is_ok();
        let is_certain = self.reader.damaged_chunks() == 0 && self.reader.repeated_records() == 0;
        (is_whole && is_certain).then(|| (self.builder.build(), self.begun.filter(Begun::is_certain)))
    }

    fn read(&mut self) -> Result<(), StudioError> {
        self.reader.look_again()?;
        while let Some(stored) = self.reader.next_record()? {
            self.builder.push(&stored.record, stored.locator);
            self.flow.note(&stored.record);
        }
        Ok(())
    }

    fn is_due(&self, latest: SourceTime) -> bool {
        let length_ms = self.first.map_or(0, |first| latest.ms_since(first));
        // A plan flips once or twice in a meeting. Where something changes what was shown over and over, it is looked at ever more rarely,
        // so that all that is made in vain costs no more than the video.
        let patience = 1 << self.begun_again.saturating_sub(FLIPS).min(MOST_PATIENCE);
        let wait_ms = LOOK_EVERY_MS.max(length_ms / LOOKS_EACH).saturating_mul(patience);
        self.looked.is_none_or(|looked| latest.ms_since(looked) >= wait_ms)
    }
}

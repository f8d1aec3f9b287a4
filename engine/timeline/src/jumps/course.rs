//! Stamped frames that follow from each other: a run that may be a few strays, and a course that is a clock. Which frame
//! belongs to which is decided in `follow`.

use model::Epoch;

use crate::place::Place;

/// How far a stamp may lie off without a jump: the platform buffers 60 s (protocol §9.2).
pub(super) const FAR_MS: i64 = 65_000;
/// How far ahead of a clock that ran before a stamp may be to be of that clock again: it may have drifted meanwhile.
const DRIFT_MS: i64 = 5_000;
/// How long a recording may be (protocol §9.3).
const LONGEST_MS: i64 = 24 * 3_600_000;
/// This many frames are no strays.
const MANY: usize = 50;
/// Nor are as few as this if they came over a time as long as that.
const FEW: usize = 10;
const LONG_MS: i64 = 2_000;
/// How long a backlog may take to drain, and with it the search for the frame that was on its way the shortest time.
const DRAINING_MS: i64 = 5_000;

/// A frame as it was stamped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(crate) place: Place,
    pub(crate) epoch: Epoch,
    /// When it arrived, on this machine's clock, in milliseconds since the Unix epoch.
    pub(crate) arrived_ms: i64,
    /// When it was made, on the platform's, likewise.
    pub(crate) at_ms: i64,
}

impl Stamp {
    /// How much later than it was made it arrived, the difference of both clocks included.
    pub(super) fn lag_ms(&self) -> i64 {
        self.arrived_ms.saturating_sub(self.at_ms)
    }
}

/// From when to when frames of one clock were made, and when the latest of them arrived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) first_ms: i64,
    pub(super) last_ms: i64,
    pub(super) last_arrived_ms: i64,
}

impl Extent {
    pub(super) fn of(stamp: &Stamp) -> Self {
        Self { first_ms: stamp.at_ms, last_ms: stamp.at_ms, last_arrived_ms: stamp.arrived_ms }
    }

    pub(super) fn join(&mut self, other: Self) {
        self.first_ms = self.first_ms.min(other.first_ms);
        if other.last_ms > self.last_ms {
            (self.last_ms, self.last_arrived_ms) = (other.last_ms, other.last_arrived_ms);
        }
    }

    pub(super) fn contains(&self, at_ms: i64) -> bool {
        (self.first_ms..=self.last_ms).contains(&at_ms)
    }

    /// Whether it was made within what the platform buffers of them.
    pub(super) fn is_near(&self, at_ms: i64) -> bool {
        let (from, to) = (self.first_ms.saturating_sub(FAR_MS), self.last_ms.saturating_add(FAR_MS));
        (from..=to).contains(&at_ms)
    }
}

/// Whether two lags are of one clock.
pub(super) fn is_near(lag_ms: i64, other_ms: i64) -> bool {
    lag_ms.abs_diff(other_ms) <= FAR_MS.unsigned_abs()
}

/// Whether a frame follows from frames of which the latest was made at `last_ms` and the quickest had the lag `least_ms`: it
/// cannot be quicker, and if it is later, then those of its source are all the later.
pub(super) fn follows(stamp: &Stamp, last_ms: i64, least_ms: i64) -> bool {
    let lag_ms = stamp.lag_ms();
    lag_ms >= least_ms.saturating_sub(FAR_MS)
        && (stamp.at_ms >= last_ms.saturating_sub(FAR_MS) || is_near(lag_ms, least_ms))
}

/// Frames of one source that follow from each other and from nothing else so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) from: Place,
    pub(super) extent: Extent,
    pub(super) least_lag_ms: i64,
    began_ms: i64,
    frames: usize,
}

impl Run {
    pub(super) fn of(stamp: &Stamp) -> Self {
        let (extent, began_ms) = (Extent::of(stamp), stamp.arrived_ms);
        Self { from: stamp.place, extent, least_lag_ms: stamp.lag_ms(), began_ms, frames: 1 }
    }

    /// Takes a frame that follows; answers whether it does.
    pub(super) fn take(&mut self, stamp: &Stamp) -> bool {
        let does = follows(stamp, self.extent.last_ms, self.least_lag_ms);
        if does {
            self.extent.join(Extent::of(stamp));
            self.least_lag_ms = self.least_lag_ms.min(stamp.lag_ms());
            self.frames += 1;
        }
        does
    }

    /// Whether these are no strays, now that the latest came at `now_ms`.
    pub(super) fn is_solid(&self, now_ms: i64) -> bool {
        self.frames >= MANY || (self.frames >= FEW && now_ms.saturating_sub(self.began_ms) >= LONG_MS)
    }
}

/// A clock of the platform, as long as it runs without a jump.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    pub(super) begins: Place,
    pub(super) extent: Extent,
    /// The least lag in the epoch at hand, once that is known: another owner may have another clock.
    pub(super) least_lag_ms: Option<i64>,
    /// The same of the latest epoch in which it is known.
    known_lag_ms: i64,
    began_ms: i64,
    /// The least lag of its first seconds.
    pub(super) first_lag_ms: i64,
    /// The course before it, and how far that had come.
    pub(super) after: Option<(usize, Extent)>,
}

impl Course {
    pub(super) fn of(run: &Run, after: Option<(usize, Extent)>) -> Self {
        Self {
            begins: run.from,
            extent: run.extent,
            least_lag_ms: Some(run.least_lag_ms),
            known_lag_ms: run.least_lag_ms,
            began_ms: run.began_ms,
            first_lag_ms: run.least_lag_ms,
            after,
        }
    }

    /// Another owner has begun.
    pub(super) fn begin_epoch(&mut self) {
        self.least_lag_ms = None;
    }

    /// Whether this clock has the lag of a run under another owner.
    pub(super) fn has_lag_of(&self, run: &Run) -> bool {
        self.least_lag_ms.is_none() && is_near(run.least_lag_ms, self.known_lag_ms)
    }

    /// Whether a run under another owner, who may have another clock, can be what this clock went on to.
    pub(super) fn leads_to(&self, run: &Run) -> bool {
        let ahead_ms = run.extent.first_ms.saturating_sub(self.extent.last_ms);
        self.least_lag_ms.is_none() && (-FAR_MS..=LONGEST_MS).contains(&ahead_ms)
    }

    /// Whether a frame has the lag of this clock.
    pub(super) fn stamped(&self, stamp: &Stamp) -> bool {
        self.least_lag_ms.is_some_and(|least_ms| is_near(stamp.lag_ms(), least_ms))
    }

    /// Whether a frame of a source that had another clock is of this one: it may be late, but hardly ahead.
    pub(super) fn stamped_again(&self, stamp: &Stamp) -> bool {
        let is_ahead = |least_ms: i64| stamp.lag_ms() < least_ms.saturating_sub(DRIFT_MS);
        self.stamped(stamp) && !self.least_lag_ms.is_some_and(is_ahead)
    }

    pub(super) fn take(&mut self, extent: Extent, lag_ms: i64, now_ms: i64) {
        self.extent.join(extent);
        let least_ms = self.least_lag_ms.map_or(lag_ms, |least_ms| least_ms.min(lag_ms));
        self.least_lag_ms = Some(least_ms);
        self.known_lag_ms = least_ms;
        if now_ms.saturating_sub(self.began_ms) <= DRAINING_MS {
            self.first_lag_ms = self.first_lag_ms.min(lag_ms);
        }
    }
}

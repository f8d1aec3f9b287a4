//! In which order captures that an owner let go of are taken up again, how fast, and which one is not (fault matrix A4, A8).
//! Pure: what is known of them comes from `recovery`, what is done with them is in `supervisor`.
//!
//! **Order.** Zoom keeps a lost stream for a minute, so the capture whose minute is over first comes first: its deadline is the
//! moment at which its stream was last known to be alive, and the signaling window behind that, for without signaling there
//! is no media. Those whose deadline has passed are not given up: Zoom may hold them still, and if it does not, the session
//! finds that out. They come after all that can certainly be saved.
//!
//! **Pace.** So many connections a second, and no more: neither Zoom nor this machine is to be run over by a thousand handshakes
//! at once.
//!
//! **Quarantine.** A capture of which three owners crashed within a minute is ended and its data kept. A crash is laid at its
//! door only if it was seen there: its task panicked, or the process aborted itself while a thread was at work for it (see
//! `witness`). Being captured while the process dies proves nothing, or a single defect elsewhere would end a thousand meetings;
//! and a process that was killed died of whoever killed it. Whoever crashed lately comes before all others, deadline or not: if it takes
//! the process down again, it does so before the others are back, and three times of that are over in seconds.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    num::NonZeroU32,
    time::{Duration, Instant},
};

use model::{CaptureId, Epoch};

/// How many crashes within [`CRASH_WINDOW_MS`] end a capture.
pub(crate) const CRASH_LIMIT: u32 = 3;
/// How far back crashes count, in milliseconds.
pub const CRASH_WINDOW_MS: i64 = 60_000;
/// How far the pace may be behind and catch up at once: the loop that keeps it has other work too.
const CATCH_UP: Duration = Duration::from_millis(200);

/// A capture that waits to be taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejoin {
    /// Which.
    pub capture: CaptureId,
    /// Until when its stream can certainly be saved, in milliseconds of this machine's wall clock since the Unix epoch.
    pub deadline_unix_ms: i64,
    /// How many of its owners crashed lately.
    pub crashes: u32,
    /// The epoch of whoever wrote its log last.
    pub written: Epoch,
}

impl Rejoin {
    /// Of a stream that was last known to be alive at a moment of this machine's wall clock.
    pub fn new(capture: CaptureId, alive_unix_ms: i64, crashes: u32, written: Epoch) -> Self {
        let window_ms = i64::try_from(zoom::SIGNALING_WINDOW.as_millis()).unwrap_or(i64::MAX);
        Self { capture, deadline_unix_ms: alive_unix_ms.saturating_add(window_ms), crashes, written }
    }
}

/// Whether a capture with so many crashes within the last minute ([`CRASH_WINDOW_MS`]) is ended.
pub const fn is_quarantined(crashes: u32) -> bool {
    crashes >= CRASH_LIMIT
}

/// Captures that wait to be taken up again.
#[derive(Debug)]
pub struct Rejoins {
    suspects: VecDeque<Rejoin>,
    /// By deadline; of equals the one that began first.
    others: BTreeMap<(i64, CaptureId), Rejoin>,
    known: HashSet<CaptureId>,
    pause: Duration,
    /// When the pace allows the next one.
    next_at: Option<Instant>,
}

impl Rejoins {
    /// Nobody waits yet; `per_second` is the pace.
    pub fn new(per_second: NonZeroU32) -> Self {
        let pause = Duration::from_secs(1) / per_second.get();
        Self { suspects: VecDeque::new(), others: BTreeMap::new(), known: HashSet::new(), pause, next_at: None }
    }

    /// Whether a capture waits.
    pub fn contains(&self, capture: CaptureId) -> bool {
        self.known.contains(&capture)
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Lets one more wait; one that waits already is not asked twice.
    pub fn add(&mut self, rejoin: Rejoin) {
        if !self.known.insert(rejoin.capture) {
            return;
        }
        if rejoin.crashes > 0 {
            self.suspects.push_back(rejoin);
        } else {
            self.others.insert((rejoin.deadline_unix_ms, rejoin.capture), rejoin);
        }
    }

    /// When [`Rejoins::next`] has one; `None` while nobody waits.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        (!self.is_empty()).then(|| self.next_at.unwrap_or(now))
    }

    /// Whose turn it is, if the pace allows one. `now_unix_ms` is the same moment by this machine's wall clock.
    pub fn next(&mut self, now: Instant, now_unix_ms: i64) -> Option<Rejoin> {
        if self.due(now).is_none_or(|due| due > now) {
            return None;
        }
        let rejoin = self.suspects.pop_front().or_else(|| self.most_urgent(now_unix_ms))?;
        self.known.remove(&rejoin.capture);
        let since = self.next_at.map_or(now, |at| at.max(now.checked_sub(CATCH_UP).unwrap_or(now)));
        self.next_at = Some(since + self.pause);
        Some(rejoin)
    }

    /// Who would be taken up when, from a moment on, if nothing else happened.
    pub fn forecast(mut self, start: Instant, start_unix_ms: i64) -> Vec<(Duration, Rejoin)> {
        let (mut order, mut now) = (Vec::new(), start);
        while let Some(due) = self.due(now) {
            now = due;
            let passed = now.duration_since(start);
            let now_unix_ms = start_unix_ms.saturating_add(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX));
            order.extend(self.next(now, now_unix_ms).map(|rejoin| (passed, rejoin)));
        }
        order
    }

    fn most_urgent(&mut self, now_unix_ms: i64) -> Option<Rejoin> {
        let open = self.others.values().find(|waiting| waiting.deadline_unix_ms > now_unix_ms);
        let rejoin = *open.or_else(|| self.others.values().next())?;
        self.others.remove(&(rejoin.deadline_unix_ms, rejoin.capture))
    }
}

#[cfg(test)]
mod tests;

//! All timers of the machine in one table. What happens when one fires is in `machine`.

use std::time::Instant;

use model::platform::Leg;

/// Something that is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// The answer to a handshake is overdue.
    Handshake(Leg),
    /// The next attempt to connect is due.
    Retry(Leg),
    /// A lost connection is to be given up.
    GiveUp(Leg),
    /// A connection may have been silent for too long.
    Silence(Leg),
    /// Skipped messages may be declared again.
    Skips(Leg),
    /// The participants had time to be announced again.
    Roster,
    /// The cameras had time to be announced again.
    Cameras,
    /// After a session that stopped neither the end nor another session came.
    NextSession,
    /// The answer to a video subscription is overdue.
    Subscription,
    /// No notice came after signaling was given up.
    Grace,
    /// Zoom does not confirm the end that we asked for.
    CloseReply,
    /// Zoom announced an end that does not come.
    Terminating,
    /// What was on its way had its time.
    Drain,
}

const LEGS: usize = Leg::ALL.len();
const COUNT: usize = 5 * LEGS + OWN.len();
/// The timers that belong to no connection.
const OWN: [Timer; 8] = [
    Timer::Roster,
    Timer::Cameras,
    Timer::NextSession,
    Timer::Subscription,
    Timer::Grace,
    Timer::CloseReply,
    Timer::Terminating,
    Timer::Drain,
];

impl Timer {
    const fn index(self) -> usize {
        let own = match self {
            Self::Handshake(leg) => return leg.index(),
            Self::Retry(leg) => return LEGS + leg.index(),
            Self::GiveUp(leg) => return 2 * LEGS + leg.index(),
            Self::Silence(leg) => return 3 * LEGS + leg.index(),
            Self::Skips(leg) => return 4 * LEGS + leg.index(),
            Self::Roster => 0,
            Self::Cameras => 1,
            Self::NextSession => 2,
            Self::Subscription => 3,
            Self::Grace => 4,
            Self::CloseReply => 5,
            Self::Terminating => 6,
            Self::Drain => 7,
        };
        5 * LEGS + own
    }

    fn all() -> impl Iterator<Item = Self> {
        let of_legs = |timer: fn(Leg) -> Self| Leg::ALL.into_iter().map(timer);
        of_legs(Self::Handshake)
            .chain(of_legs(Self::Retry))
            .chain(of_legs(Self::GiveUp))
            .chain(of_legs(Self::Silence))
            .chain(of_legs(Self::Skips))
            .chain(OWN)
    }
}

/// When each timer fires, if it is set.
#[derive(Debug)]
pub(super) struct Timers([Option<Instant>; COUNT]);

impl Timers {
    pub(super) const fn new() -> Self {
        Self([None; COUNT])
    }

    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.0[timer.index()] = Some(at);
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.0[timer.index()] = None;
    }

    /// When `timer` fires, if it is set.
    pub(super) fn due(&self, timer: Timer) -> Option<Instant> {
        self.0[timer.index()]
    }

    /// Makes `timer` fire at `at` if it would later, or not at all.
    pub(super) fn advance(&mut self, timer: Timer, at: Instant) {
        let due = self.due(timer).map_or(at, |due| due.min(at));
        self.set(timer, due);
    }

    pub(super) fn is_set(&self, timer: Timer) -> bool {
        self.0[timer.index()].is_some()
    }

    pub(super) fn clear_all(&mut self) {
        self.0 = [None; COUNT];
    }

    /// When the first timer fires.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }

    /// Takes out the timer that fired first, if one has by `now`.
    pub(super) fn expired(&mut self, now: Instant) -> Option<Timer> {
        let at = self.next().filter(|at| *at <= now)?;
        let timer = Timer::all().find(|timer| self.0[timer.index()] == Some(at))?;
        self.clear(timer);
        Some(timer)
    }
}

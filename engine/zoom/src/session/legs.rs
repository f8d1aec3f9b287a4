//! Where each connection stands. What moves it from one stage to the next is in `connect` and `repair`; what it carries is
//! in `kinds`.

use std::{
    ops::{Index, IndexMut},
    time::Instant,
};

use model::platform::Leg;

use super::{failure::Failure, skips::Skips};

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing is asked for, or not yet.
    Idle,
    /// The next attempt has its time.
    Waiting,
    /// Somebody else seems to hold the stream: nothing is attempted until Zoom says that it misses us.
    Parked,
    /// The shell is connecting.
    Opening,
    /// The handshake is under way.
    Handshaking,
    /// Messages flow.
    Ready {
        /// Since then.
        since: Instant,
    },
}

/// Why a connection was lost, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loss {
    pub(super) cause: &'static str,
    pub(super) at: Instant,
}

/// One connection and what is remembered from one attempt to the next.
#[derive(Debug)]
pub(super) struct LegState {
    pub(super) stage: Stage,
    /// Where it is; empty until it is known.
    pub(super) url: String,
    /// How often it was tried since it last held.
    pub(super) attempts: u32,
    /// How often in a row an earlier connection was in the way.
    pub(super) duplicates: u32,
    /// When the latest attempt began.
    pub(super) tried_at: Option<Instant>,
    /// Since when it does not hold, where it shall; its window counts from there.
    pub(super) down_since: Option<Instant>,
    /// When a sign of life last came.
    heard_at: Instant,
    /// Whether the peer was asked for one since.
    pub(super) is_asked: bool,
    /// A loss that is not in the log yet: until the next attempt it may turn out to be the end.
    pub(super) unreported: Option<Loss>,
    /// Whether it ever held.
    pub(super) was_ready: bool,
    /// Why the latest attempt failed, or the connection was lost; nothing while it holds.
    pub(super) failure: Option<Failure>,
    pub(super) skips: Skips,
}

impl LegState {
    fn new(now: Instant) -> Self {
        Self {
            stage: Stage::Idle,
            url: String::new(),
            attempts: 0,
            duplicates: 0,
            tried_at: None,
            down_since: None,
            heard_at: now,
            is_asked: false,
            unreported: None,
            was_ready: false,
            failure: None,
            skips: Skips::default(),
        }
    }

    /// The peer gave a sign of life.
    pub(super) fn hear(&mut self, now: Instant) {
        self.heard_at = now;
        self.is_asked = false;
    }

    /// When a sign of life last came.
    pub(super) const fn heard_at(&self) -> Instant {
        self.heard_at
    }

    /// Whether the shell holds or makes a connection for it.
    pub(super) const fn is_connected(&self) -> bool {
        matches!(self.stage, Stage::Opening | Stage::Handshaking | Stage::Ready { .. })
    }

    /// Whether messages may come on it.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Handshaking | Stage::Ready { .. })
    }

    pub(super) const fn is_ready(&self) -> bool {
        matches!(self.stage, Stage::Ready { .. })
    }

    /// Whether it holds or may come to hold again by itself.
    pub(super) const fn is_alive(&self) -> bool {
        self.is_connected() || matches!(self.stage, Stage::Waiting)
    }
}

/// The connections of a session, by leg.
#[derive(Debug)]
pub(super) struct Legs([LegState; Leg::ALL.len()]);

/// The legs that carry media and text.
pub(super) fn media_legs() -> impl Iterator<Item = Leg> {
    Leg::ALL.into_iter().filter(|leg| *leg != Leg::Signaling)
}

impl Legs {
    pub(super) fn new(now: Instant) -> Self {
        Self(Leg::ALL.map(|_| LegState::new(now)))
    }

    /// Whether any connection but signaling fits.
    pub(super) fn any_media(&self, fits: fn(&LegState) -> bool) -> bool {
        media_legs().any(|leg| fits(&self[leg]))
    }
}

impl Index<Leg> for Legs {
    type Output = LegState;

    fn index(&self, leg: Leg) -> &LegState {
        &self.0[leg.index()]
    }
}

impl IndexMut<Leg> for Legs {
    fn index_mut(&mut self, leg: Leg) -> &mut LegState {
        &mut self.0[leg.index()]
    }
}

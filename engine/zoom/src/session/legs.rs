//! Where each connection stands. What moves it from one stage to the next is in `machine`.

use std::{
    ops::{Index, IndexMut},
    time::Instant,
};

use model::platform::Leg;

use super::{config::Wants, offers::Offer, skips::Skips};

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing is asked for, or not yet.
    Idle,
    /// The next attempt has its time.
    Waiting,
    /// The shell is connecting.
    Opening,
    /// The handshake is under way.
    Handshaking,
    /// Messages flow.
    Ready {
        /// Since then.
        since: Instant,
    },
    /// Refused for good.
    Refused,
    /// Lost for too long; taken up again with the next signaling connection.
    GivenUp,
}

/// One connection and what is remembered from one attempt to the next.
#[derive(Debug)]
pub(super) struct LegState {
    pub(super) stage: Stage,
    /// Where it is; empty until it is known.
    pub(super) url: String,
    /// What to ask for, the best first.
    pub(super) offers: Vec<Offer>,
    /// Which of them is asked for.
    pub(super) offer: usize,
    /// How often it was tried since it last held.
    pub(super) attempts: u32,
    /// How often in a row an earlier connection was in the way.
    pub(super) duplicates: u32,
    /// When a message last came.
    pub(super) heard_at: Instant,
    /// The cause of a loss that is not in the log yet: until the next attempt it may turn out to be the end.
    pub(super) unreported: Option<&'static str>,
    /// Whether it ever held.
    pub(super) was_ready: bool,
    /// Whether its absence is in the log.
    pub(super) is_declared_absent: bool,
    pub(super) skips: Skips,
}

impl LegState {
    fn new(leg: Leg, want: &Wants, now: Instant) -> Self {
        Self {
            stage: Stage::Idle,
            url: String::new(),
            offers: super::offers::of(leg, want),
            offer: 0,
            attempts: 0,
            duplicates: 0,
            heard_at: now,
            unreported: None,
            was_ready: false,
            is_declared_absent: false,
            skips: Skips::default(),
        }
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
    pub(super) fn new(want: &Wants, now: Instant) -> Self {
        Self(Leg::ALL.map(|leg| LegState::new(leg, want, now)))
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

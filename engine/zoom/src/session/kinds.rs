//! What each kind of media was asked for and came to, whichever connection carries it. The connections are in `legs`.

use std::ops::{Index, IndexMut};

use media::{Format, VideoCodec};
use model::platform::Leg;
use serde_json::{Map, Value};

use super::{
    config::Wants,
    offers::{self, Agreement, Offer},
    substitutes::Substitute,
};

/// The kinds of media, by the leg that carries each where it has one of its own.
pub(super) const KINDS: [Leg; 5] = [Leg::Audio, Leg::Video, Leg::Share, Leg::Transcript, Leg::Chat];

/// One kind of media.
#[derive(Debug)]
pub(super) struct Kind {
    /// What to ask for, the best first; empty if it is not wanted.
    offers: Vec<Offer>,
    /// Which of them is asked for.
    offer: usize,
    /// Whether this server will not send it.
    pub(super) is_refused: bool,
    /// Whether its absence is in the log.
    pub(super) is_declared_absent: bool,
    /// Whether the log has it as ready.
    pub(super) is_up: bool,
    /// What its pictures were agreed to be in.
    agreed: Option<VideoCodec>,
    /// Whether each participant's video must be subscribed.
    pub(super) is_individual: bool,
    /// Which of its parameters were replaced the last time.
    substituted: Vec<Substitute>,
    /// What they were found to be in although something else was agreed.
    contradicted: Vec<VideoCodec>,
    /// How often Zoom had no key for it.
    pub(super) key_tries: u8,
}

impl Kind {
    fn new(leg: Leg, want: &Wants) -> Self {
        Self {
            offers: offers::of(leg, want),
            offer: 0,
            is_refused: false,
            is_declared_absent: false,
            is_up: false,
            agreed: None,
            is_individual: false,
            substituted: Vec::new(),
            contradicted: Vec::new(),
            key_tries: 0,
        }
    }

    /// Whether it shall be received, as far as is known.
    pub(super) fn is_wanted(&self) -> bool {
        !self.offers.is_empty() && !self.is_refused
    }

    /// What is asked for.
    pub(super) fn offer(&self) -> Option<&Offer> {
        self.offers.get(self.offer)
    }

    /// Asks for less; whether there is less to ask for.
    pub(super) fn fall_back(&mut self) -> bool {
        let may = self.offer + 1 < self.offers.len();
        self.offer += usize::from(may);
        may
    }

    /// Asks for the server's defaults; whether something else was asked for before.
    pub(super) fn fall_back_to_defaults(&mut self) -> bool {
        let last = self.offers.len().saturating_sub(1);
        std::mem::replace(&mut self.offer, last) < last
    }

    /// Asks another server for the best again.
    fn forget_refusal(&mut self) {
        (self.is_refused, self.offer, self.key_tries) = (false, 0, 0);
    }

    /// It flows as agreed.
    pub(super) fn hold(&mut self, agreement: Agreement) {
        self.is_up = true;
        self.is_individual = agreement.is_individual;
        self.agreed = match agreement.format {
            Some(Format::Video(codec)) => Some(codec),
            _ => None,
        };
    }

    /// Which of these replaced parameters are news; the same ones are again after every reconnect.
    pub(super) fn substitute(&mut self, now: Vec<Substitute>) -> Vec<Substitute> {
        let news = now.iter().filter(|substitute| !self.substituted.contains(substitute)).copied().collect();
        self.substituted = now;
        news
    }

    /// What was agreed, if `found` is something else that was not found before.
    pub(super) fn contradiction(&mut self, found: VideoCodec) -> Option<VideoCodec> {
        let agreed = self.agreed.filter(|agreed| *agreed != found)?;
        if self.contradicted.contains(&found) {
            return None;
        }
        self.contradicted.push(found);
        Some(agreed)
    }
}

/// Every kind of media, by its leg; those of signaling and of the connection for all media are never wanted.
#[derive(Debug)]
pub(super) struct Kinds {
    of: [Kind; Leg::ALL.len()],
    /// Whether everything that there is shall be received.
    wants_everything: bool,
    /// Whether the flag for everything may be used.
    is_everything: bool,
}

impl Kinds {
    pub(super) fn new(want: &Wants) -> Self {
        let of = Leg::ALL.map(|leg| Kind::new(leg, want));
        let wants_everything = KINDS.iter().all(|kind| of[kind.index()].is_wanted());
        Self { of, wants_everything, is_everything: wants_everything }
    }

    /// The kinds that a connection carries if all goes well.
    pub(super) fn of_leg(&self, leg: Leg) -> impl Iterator<Item = Leg> + use<> {
        let is_carried = KINDS.map(|kind| (leg == Leg::All || leg == kind) && self[kind].is_wanted());
        KINDS.into_iter().zip(is_carried).filter_map(|(kind, is_carried)| is_carried.then_some(kind))
    }

    /// The next server is asked as if none had refused anything.
    pub(super) fn forget_refusals(&mut self) {
        self.of.iter_mut().for_each(Kind::forget_refusal);
        self.is_everything = self.wants_everything;
    }

    /// Zoom does not take the flag for everything: the kinds are named one by one from now on.
    pub(super) fn name_each(&mut self) -> bool {
        std::mem::replace(&mut self.is_everything, false)
    }

    /// What the handshake on `leg` asks for: its flags (protocol §14.7) and parameters.
    pub(super) fn request(&self, leg: Leg) -> (u8, Value) {
        let mut flags = 0;
        let mut params = Map::new();
        for kind in self.of_leg(leg) {
            flags |= offers::media_type(kind);
            if let Some(Value::Object(own)) = self[kind].offer().map(|offer| &offer.params) {
                params.extend(own.clone());
            }
        }
        // "Everything" is a flag of its own and not the sum of the others (protocol §6.1).
        let is_everything = leg == Leg::All && self.is_everything && self.of_leg(leg).count() == KINDS.len();
        let flags = if is_everything { offers::media_type(Leg::All) } else { flags };
        (flags, if params.is_empty() { Value::Null } else { Value::Object(params) })
    }
}

impl Index<Leg> for Kinds {
    type Output = Kind;

    fn index(&self, leg: Leg) -> &Kind {
        &self.of[leg.index()]
    }
}

impl IndexMut<Leg> for Kinds {
    fn index_mut(&mut self, leg: Leg) -> &mut Kind {
        &mut self.of[leg.index()]
    }
}

//! When a kind of media or text could not come, as the log tells: connections that were lost, refused, or gone with their
//! owner or their stream. What is missing because of that is in `missing`.

use std::collections::BTreeMap;

use model::{Control, Epoch, LossCause, platform::Leg};

use crate::{disagreement::is_withheld, kind::KINDS, marks::Moment, place::Placed};

/// How much later than the first kind the others may be ready, in milliseconds, before that counts as an outage.
const LATE_MS: i64 = 1_000;

/// The epoch of a capture's first owner.
const FIRST_EPOCH: Epoch = Epoch(1);

/// What is known of the time right before a connection was found to be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It was alive until then: its peer closed it, or said what we cannot take.
    Seen,
    /// Nothing certain.
    Broken,
    /// It was found by its silence, or its server is taken for dead.
    Silent,
    /// It was alive; what came cannot be read back.
    Unread,
    /// It was let go with signaling, on which it hangs; nothing is known of itself.
    Along {
        /// Whether signaling was found silent.
        silent: bool,
    },
}

impl Sign {
    /// What the cause of a loss says; `signaling` is what is known of the last loss of signaling.
    fn of(cause: &str, signaling: Self) -> Self {
        let ends = |ends: &[&str]| ends.iter().any(|end| cause.ends_with(end));
        if ends(&["signaling_lost"]) {
            Self::Along { silent: signaling == Self::Silent }
        } else if ends(&["silent", "too_slow", "moved"]) {
            Self::Silent
        } else if ends(&["closed_by_peer", "too_large", "unreadable"]) {
            Self::Seen
        } else {
            Self::Broken
        }
    }
}

/// A stretch of the log in which a kind could not come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outage {
    pub(crate) kind: Leg,
    pub(crate) cause: LossCause,
    pub(crate) sign: Sign,
    /// `None` if it never came at all.
    pub(crate) lost: Option<Moment>,
    /// `None` if it did not come back before the end.
    pub(crate) back: Option<Moment>,
}

/// Every outage of every kind; `controls` are in order.
pub(crate) fn outages(controls: &[Placed<Control>], last_arrival_ns: &BTreeMap<Epoch, u64>) -> Vec<Outage> {
    KINDS.into_iter().flat_map(|kind| Following::new(kind, last_arrival_ns).through(controls)).collect()
}

/// Why a kind is down.
#[derive(Clone, Copy, Debug)]
struct Down {
    lost: Option<Moment>,
    cause: LossCause,
    sign: Sign,
    /// Whether nothing but the end of the stream keeps it down.
    is_end: bool,
}

/// Follows one kind through the log.
struct Following<'a> {
    kind: Leg,
    last_arrival_ns: &'a BTreeMap<Epoch, u64>,
    found: Vec<Outage>,
    down: Option<Down>,
    /// The epoch in which it was ready last.
    ready_in: Option<Epoch>,
    /// When the first of the other kinds was ready in this stream.
    others_ready: Option<Moment>,
    /// Whether the platform said in this stream that it has none for the app, so that none is due until it is ready.
    is_withheld: bool,
    /// Where a later owner began, if it was not told of since: the end of its own owner.
    orphaned: Option<Moment>,
    /// The owner that is followed, and whether the stream ended under it.
    owner: Epoch,
    has_ended: bool,
    /// Where the stream began, unless it is the first.
    stream_began: Option<Moment>,
    signaling: Sign,
}

impl<'a> Following<'a> {
    fn new(kind: Leg, last_arrival_ns: &'a BTreeMap<Epoch, u64>) -> Self {
        Self {
            kind,
            last_arrival_ns,
            found: Vec::new(),
            down: None,
            ready_in: None,
            others_ready: None,
            is_withheld: false,
            orphaned: None,
            owner: FIRST_EPOCH,
            has_ended: false,
            stream_began: None,
            signaling: Sign::Silent,
        }
    }

    fn through(mut self, controls: &[Placed<Control>]) -> Vec<Outage> {
        for control in controls {
            self.look_for_silent_death(control);
            self.look_for_death(control);
            match &control.what {
                Control::LegLost { leg: Leg::Signaling, cause, .. } => self.signaling = Sign::of(cause, self.signaling),
                Control::LegLost { leg, cause, .. } if *leg == self.kind => {
                    self.go_down(control, LossCause::Network, Sign::of(cause, self.signaling));
                }
                Control::LegRefused { leg, status, code, reason } if *leg == self.kind => {
                    if is_withheld(*leg, *status, code.as_deref(), reason) {
                        self.do_without(control);
                    } else {
                        self.go_down(control, LossCause::Upstream, Sign::Seen);
                    }
                }
                Control::LegReady { leg, .. } if *leg == self.kind => {
                    self.look_for_lateness(control);
                    self.close(control);
                    self.ready_in = Some(control.epoch);
                    self.is_withheld = false;
                }
                Control::LegReady { leg, .. } if *leg != Leg::Signaling => {
                    self.others_ready.get_or_insert(Moment::of(control));
                }
                Control::Ended { cut_short, .. } => {
                    self.others_ready = None;
                    self.is_withheld = false;
                    self.has_ended = true;
                    self.end(control, *cut_short);
                }
                _ => {}
            }
        }
        // What follows the end of a stream is not missing unless another one goes on with the recording.
        // Nor is what never came, if only an owner that left nothing could have told of it.
        let is_missing = |down: &Down| !down.is_end && (down.lost.is_some() || down.cause != LossCause::Ours);
        if let Some(Down { lost, cause, sign, .. }) = self.down.filter(is_missing) {
            self.found.push(Outage { kind: self.kind, cause, sign, lost, back: None });
        }
        self.found
    }

    /// A kind that is ready for the first time long after the others could have come for as long.
    fn look_for_lateness(&mut self, control: &Placed<Control>) {
        let is_first = self.down.is_none() && self.ready_in.is_none() && self.orphaned.is_none() && !self.is_withheld;
        let now = Moment::of(control);
        if let Some(since) =
            self.others_ready.filter(|since| is_first && now.ms_since(since.arrived_unix_ns) >= LATE_MS)
        {
            let (cause, sign) = (LossCause::Upstream, Sign::Seen);
            self.found.push(Outage { kind: self.kind, cause, sign, lost: Some(since), back: Some(now) });
        }
    }

    /// It is down from here on, if it was not before.
    fn go_down(&mut self, control: &Placed<Control>, cause: LossCause, sign: Sign) {
        if self.down.is_none_or(|down| down.is_end) {
            self.close(control);
            let lost = self.ready_in.map(|_| Moment::of(control));
            self.ready_in = lost.map(|_| control.epoch);
            self.down = Some(Down { lost, cause, sign, is_end: false });
        }
    }

    /// From here on nothing is due.
    fn do_without(&mut self, control: &Placed<Control>) {
        self.is_withheld = true;
        if self.down.is_none_or(|down| down.is_end) {
            self.close(control);
            self.ready_in = None;
        }
    }

    /// Ends what kept it down until here: the end of a stream, or the death of an owner.
    fn close(&mut self, control: &Placed<Control>) {
        let death = self.death();
        self.orphaned = None;
        if let Some(Down { lost, cause, sign, .. }) = self.down.take().or(death) {
            self.found.push(Outage { kind: self.kind, cause, sign, lost, back: Some(Moment::of(control)) });
        }
    }

    /// The stream is over, unless another one of the same meeting goes on with the recording.
    fn end(&mut self, control: &Placed<Control>, cut_short: bool) {
        if self.ready_in.is_none() || self.down.is_some() {
            return;
        }
        let cause = if cut_short { LossCause::Upstream } else { LossCause::Pause };
        let over = Down { lost: Some(Moment::of(control)), cause, sign: Sign::Seen, is_end: true };
        self.down = Some(self.death().unwrap_or(over));
    }

    /// An owner that died left nothing of the kind, not even that it was ready: whatever was due since the stream began, which is
    /// second 0 of the first one, went with it.
    fn look_for_silent_death(&mut self, control: &Placed<Control>) {
        if control.epoch <= self.owner {
            return;
        }
        self.owner = control.epoch;
        if std::mem::take(&mut self.has_ended) {
            self.stream_began = Some(Moment::of(control));
        } else if self.ready_in.is_none() && self.down.is_none() && !self.is_withheld {
            let (lost, cause, sign) = (self.stream_began, LossCause::Ours, Sign::Seen);
            self.down = Some(Down { lost, cause, sign, is_end: false });
        }
    }

    /// An owner that died could not write that its connections are gone: with the next one's first word they are.
    fn look_for_death(&mut self, control: &Placed<Control>) {
        if self.orphaned.is_none() && self.ready_in.is_some_and(|epoch| epoch < control.epoch) {
            let last = self.last_arrival_ns.range(..control.epoch).next_back().map(|(_, last)| *last);
            let arrived_unix_ns = last.unwrap_or(control.arrived_unix_ns);
            self.orphaned = Some(Moment::new(control.place, arrived_unix_ns));
        }
    }

    fn death(&self) -> Option<Down> {
        let lost = Some(self.orphaned?);
        Some(Down { lost, cause: LossCause::Ours, sign: Sign::Seen, is_end: false })
    }
}

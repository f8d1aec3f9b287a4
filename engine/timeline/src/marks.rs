//! How far each kind of media had come at the moments of the log that matter. What that says about gaps is in `missing`.

use media::SourceTime;
use model::{Control, platform::Leg};

use crate::{
    clock::{Admission, Clock},
    place::{Place, Placed},
};

/// A moment of the log: where it was written, when that was, and how long before that happened what it tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) place: Place,
    pub(crate) arrived_unix_ns: u64,
    pub(crate) ago_ms: i64,
}

impl Moment {
    /// One that tells what happened when it was written.
    pub(crate) const fn new(place: Place, arrived_unix_ns: u64) -> Self {
        Self { place, arrived_unix_ns, ago_ms: 0 }
    }

    pub(crate) fn of(control: &Placed<Control>) -> Self {
        let ago_ms = if let Control::LegLost { ago_ms, .. } = control.what { ago_ms } else { 0 };
        let ago_ms = i64::try_from(ago_ms).unwrap_or(i64::MAX);
        Self { ago_ms, ..Self::new(control.place, control.arrived_unix_ns) }
    }

    /// Milliseconds since an earlier moment of this machine's clock; 0 if that is later.
    pub(crate) fn ms_since(self, earlier_unix_ns: u64) -> i64 {
        i64::try_from(self.arrived_unix_ns.saturating_sub(earlier_unix_ns) / 1_000_000).unwrap_or(i64::MAX)
    }
}

/// The latest times in a stretch between two places.
#[derive(Clone, Copy, Debug, Default)]
struct Latest {
    /// Of each kind, by the leg that carries it.
    of: [Option<SourceTime>; Leg::ALL.len()],
    anything: Option<SourceTime>,
}

impl Latest {
    fn join(&mut self, other: &Self) {
        self.anything = self.anything.max(other.anything);
        for (own, theirs) in self.of.iter_mut().zip(other.of) {
            *own = (*own).max(theirs);
        }
    }
}

/// The latest times in each stretch between two moments that matter: a connection was lost or ready, an owner began, a
/// stream ended, or what follows could not be read back.
#[derive(Debug)]
pub(crate) struct Marks {
    places: Vec<Place>,
    latest: Vec<Latest>,
}

impl Marks {
    /// The moments that matter among all controls, which are in order, and more of them, which need not be.
    pub(crate) fn new(controls: &[Placed<Control>], more: impl Iterator<Item = Place>) -> Self {
        let mut epoch = None;
        let matters = |control: &&Placed<Control>| {
            let begins = epoch.replace(control.epoch) != Some(control.epoch);
            begins
                || matches!(
                    control.what,
                    Control::LegReady { .. }
                        | Control::LegLost { .. }
                        | Control::LegRefused { .. }
                        | Control::Ended { .. }
                )
        };
        let mut places: Vec<Place> = controls.iter().filter(matters).map(|control| control.place).chain(more).collect();
        places.sort_unstable();
        let latest = vec![Latest::default(); places.len() + 1];
        Self { places, latest }
    }

    /// Takes note of one frame, text or, where `kind` is `None`, other event; what lies outside of the recording is not
    /// noted. Strays must not come here: the latest time is believed.
    pub(crate) fn note(&mut self, kind: Option<Leg>, at: SourceTime, place: Place, clock: Clock) {
        if clock.admit(at) != Admission::Inside {
            return;
        }
        let stretch = self.places.partition_point(|mark| *mark < place);
        if let Some(latest) = self.latest.get_mut(stretch) {
            latest.anything = latest.anything.max(Some(at));
            if let Some(of_kind) = kind.and_then(|kind| latest.of.get_mut(kind.index())) {
                *of_kind = (*of_kind).max(Some(at));
            }
        }
    }

    /// What was noted, after the last note.
    pub(crate) fn settled(self) -> Reach {
        let Self { places, mut latest } = self;
        let mut before = Latest::default();
        for stretch in &mut latest {
            stretch.join(&before);
            before = *stretch;
        }
        Reach { places, latest }
    }
}

/// How far each kind had come at each moment that matters.
#[derive(Debug)]
pub(crate) struct Reach {
    places: Vec<Place>,
    /// Of everything up to each of the places, and up to the end.
    latest: Vec<Latest>,
}

impl Reach {
    /// The latest time of `kind` that was written before `place`.
    pub(crate) fn of_kind_before(&self, place: Place, kind: Leg) -> Option<SourceTime> {
        self.before(place)?.of.get(kind.index()).copied().flatten()
    }

    /// The latest time of anything that was written before `place`.
    pub(crate) fn anything_before(&self, place: Place) -> Option<SourceTime> {
        self.before(place)?.anything
    }

    fn before(&self, place: Place) -> Option<&Latest> {
        self.latest.get(self.places.partition_point(|mark| *mark < place))
    }
}

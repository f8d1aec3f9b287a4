//! The last minutes of a log as a timeline: what a long meeting began with is looked at no more, so that a look costs the same after three
//! hours as after one minute.

use journal::Stored;
use media::{Position, SourceTime};
use model::{Control, Entry, Epoch, Locator, Record};
use timeline::{Builder, Timeline};

/// After how much of the meeting the older half is let go, in milliseconds: twice that is looked at, at most.
const HALF_MS: i64 = 60_000;

/// What was said about connections since the beginning, without which no timeline is right.
#[derive(Clone, Debug, Default)]
pub(crate) struct Controls {
    records: Vec<(Record, Locator)>,
    /// Second 0, once it is known.
    origin: Option<SourceTime>,
}

impl Controls {
    /// Takes note of a record, if it is one.
    pub(crate) fn note(&mut self, stored: &Stored) {
        if let Entry::Control(_) = stored.record.entry {
            self.records.push((stored.record.clone(), stored.locator));
        }
    }

    /// Second 0, once it is known.
    pub(crate) const fn origin(&self) -> Option<SourceTime> {
        self.origin
    }

    /// Second 0 stays where it was found.
    pub(crate) fn set_origin(&mut self, origin: SourceTime) {
        self.origin = Some(origin);
    }

    /// A builder that knows them.
    pub(crate) fn builder(&self) -> Builder {
        let mut builder = Builder::new();
        let is_named =
            self.records.iter().any(|(record, _)| matches!(record.entry, Entry::Control(Control::FirstPacket { .. })));
        if let Some(at) = self.origin.filter(|_| !is_named) {
            // Where the platform named none, it is where the media began: of what comes later that would be another place.
            let first =
                Record { arrived_unix_ns: 0, epoch: Epoch(0), entry: Entry::Control(Control::FirstPacket { at }) };
            builder.push(&first, Locator { segment: 0, offset: 0, len: 0 });
        }
        self.records.iter().for_each(|(record, at)| builder.push(record, *at));
        builder
    }
}

/// The last minutes.
#[derive(Debug)]
pub(crate) struct Window {
    older: Builder,
    newer: Builder,
    /// From when on either knows everything; `None` if that is the beginning.
    older_since: Option<SourceTime>,
    newer_since: Option<SourceTime>,
    /// How far the meeting was when the newer half was begun.
    turned: Option<SourceTime>,
}

impl Window {
    /// Of a log from its beginning on, or from `since` on.
    pub(crate) fn new(controls: &Controls, since: Option<SourceTime>) -> Self {
        Self {
            older: controls.builder(),
            newer: controls.builder(),
            older_since: since,
            newer_since: since,
            turned: None,
        }
    }

    pub(crate) fn push(&mut self, stored: &Stored) {
        self.older.push(&stored.record, stored.locator);
        self.newer.push(&stored.record, stored.locator);
    }

    /// All that is known of the last minutes.
    pub(crate) fn timeline(&self) -> Timeline {
        self.older.up_to_now()
    }

    /// From where on that is everything.
    pub(crate) fn since(&self, origin: SourceTime) -> Position {
        self.older_since.map_or(Position::from_ms(i64::MIN / 2_000), |since| since.position(origin))
    }

    /// Lets the older half go, if the newer one is long enough.
    pub(crate) fn turn(&mut self, latest: SourceTime, controls: &Controls) {
        let turned = *self.turned.get_or_insert(latest);
        if latest.ms_since(turned) >= HALF_MS {
            self.older = std::mem::replace(&mut self.newer, controls.builder());
            self.older_since = self.newer_since.replace(latest);
            self.turned = Some(latest);
        }
    }
}

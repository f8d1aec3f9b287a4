//! The last minutes of a log as a timeline: what a long meeting began with is looked at no more, so that a look costs the same after three
//! hours as after one minute.

use std::collections::BTreeMap;

use bytes::Bytes;
use journal::Stored;
use media::{Frame, Position, SourceTime, Track, TrackKind};
use model::{Control, Entry, Epoch, Locator, Record};
use timeline::{Builder, Timeline};

/// After how much of the meeting the older half is let go, in milliseconds: twice that is looked at, at most.
const HALF_MS: i64 = 60_000;
/// Of how many cameras it is remembered how their pictures are to be read.
const MOST_CAMERAS: usize = 64;

/// What was said since the beginning, without which no timeline is right: about connections, and how pictures are to be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Controls {
    records: Vec<(Record, Locator)>,
    /// The last message of each camera with parameter sets.
    sets: BTreeMap<Track, (Record, Locator)>,
    /// Second 0, once it is known.
    origin: Option<SourceTime>,
}

impl Controls {
    /// Takes note of a record, if it is to be remembered.
    pub(crate) fn note(&mut self, stored: &Stored) {
        match &stored.record.entry {
            Entry::Control(_) => self.records.push((stored.record.clone(), stored.locator)),
            Entry::Media(frame) if self.wants(frame) => {
                // A copy, because what was read is a piece of something larger.
                let payload = Bytes::copy_from_slice(&frame.payload);
                let entry = Entry::Media(Frame { payload, ..frame.clone() });
                self.sets.insert(frame.track, (Record { entry, ..stored.record.clone() }, stored.locator));
            }
            _ => {}
        }
    }

    /// Whether how the pictures that follow are to be read is to be remembered from a message.
    fn wants(&self, frame: &Frame) -> bool {
        let has_place = self.sets.len() < MOST_CAMERAS || self.sets.contains_key(&frame.track);
        frame.track.kind == TrackKind::Video && has_place && live::begins(&frame.payload)
    }

    /// Second 0, once it is known.
    pub(crate) const fn origin(&self) -> Option<SourceTime> {
        self.origin
    }

    /// Second 0 stays where it was found.
    pub(crate) fn set_origin(&mut self, origin: SourceTime) {
        self.origin = Some(origin);
    }

    /// A builder for what comes next.
    fn builder_from_now_on(&self) -> Builder {
        let mut builder = self.builder();
        self.sets.values().for_each(|(record, at)| builder.push(record, *at));
        builder
    }

    /// A builder that knows what was said about connections.
    fn builder(&self) -> Builder {
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
            self.older = std::mem::replace(&mut self.newer, controls.builder_from_now_on());
            self.older_since = self.newer_since.replace(latest);
            self.turned = Some(latest);
        }
    }
}

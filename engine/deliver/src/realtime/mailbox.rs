//! What there is to be sent to one endpoint: the events of its capture as letters, in order, from the place to which it came.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use catalog::{Catalog, CatalogError};
use feed::{Follower, Look, Step};
use hub::Hub;
use media::TrackKind;
use model::{Capture, CaptureStatus, Cursor, Endpoint, ParticipantId, RecordingState, SequencedEvent, Topic};
use schema::event::{Correspondent, Letter, Sample};
use tokio::time::timeout;

use super::backlog::Piece;

/// How many events are held at once: a receiver that does not read must cost little.
const PAGE: u32 = 64;
/// How often it is looked whether second 0 is known, while events wait for that.
const ORIGIN_LOOK: Duration = Duration::from_millis(100);

/// Reads what is to be sent to one endpoint.
pub(super) struct Mailbox {
    catalog: Catalog,
    hub: Hub,
    endpoint: Endpoint,
    follower: Follower,
    correspondent: Correspondent,
    events: VecDeque<Arc<SequencedEvent>>,
    letters: VecDeque<Item>,
    /// The last letter that was written, or sent before.
    last: (Cursor, u32),
    /// Whether media waits for second 0.
    has_media: bool,
    /// Since when something waits for second 0, and how long it may.
    waits_since: Option<Instant>,
    patience: Duration,
    has_alias: bool,
    is_over: bool,
    is_level: bool,
    is_gone: bool,
}

/// One letter with the place to which it takes the endpoint.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) letter: Letter,
    pub(super) cursor: Cursor,
    /// Which of the letters of that event it is, from 1.
    pub(super) part: u32,
}

/// What the mailbox has.
#[derive(Debug)]
pub(super) enum Found {
    /// The next letter.
    Letter(Item),
    /// There is none any more, and there will be none.
    Over,
    /// The capture is gone, or its content is.
    Gone,
    /// Second 0 is known, for which media waited, or is waited for no longer.
    Origin,
    /// Events were in memory only, and were forgotten before they could be read.
    Forgotten,
}

impl Mailbox {
    /// The mailbox of an endpoint; `None` if its capture is gone. `patience` is how long an event may wait for second 0, `has_alias` whether
    /// events name the capture as a bot as well.
    pub(super) async fn open(
        catalog: &Catalog,
        hub: &Hub,
        endpoint: &Endpoint,
        patience: Duration,
        has_alias: bool,
    ) -> Result<Option<Self>, CatalogError> {
        let Some(capture) = catalog.capture(endpoint.capture).await? else { return Ok(None) };
        let Some(follower) = Follower::new(catalog.clone(), hub.clone(), &capture, None) else { return Ok(None) };
        Ok(Some(Self {
            catalog: catalog.clone(),
            hub: hub.clone(),
            correspondent: Correspondent::new(&capture, endpoint).with_alias(has_alias, &capture),
            endpoint: endpoint.clone(),
            follower: follower.paged(PAGE),
            events: VecDeque::new(),
            letters: VecDeque::new(),
            last: (endpoint.place.cursor, endpoint.place.part),
            has_media: false,
            waits_since: None,
            patience,
            has_alias,
            is_over: false,
            is_level: false,
            is_gone: false,
        }))
    }

    /// Tells a piece of media.
    pub(super) fn tell(&self, piece: &Piece) -> Letter {
        let track = piece.track;
        self.correspondent.tell_sample(&Sample {
            topic: piece.topic,
            buffer: &piece.buffer,
            at: piece.at,
            participant: track.map(|track| ParticipantId(track.source)),
            is_share: track.is_some_and(|track| track.kind == TrackKind::Share),
        })
    }

    /// Takes in what is known of the endpoint by now.
    pub(super) fn note_endpoint(&mut self, endpoint: &Endpoint) {
        self.endpoint = endpoint.clone();
    }

    /// The next letter that the endpoint wants. Nothing is lost if the future is dropped.
    ///
    /// # Errors
    /// If the catalogue cannot be read.
    pub(super) async fn next(&mut self) -> Result<Found, CatalogError> {
        loop {
            if let Some(item) = self.letters.pop_front() {
                return Ok(Found::Letter(item));
            }
            if self.is_gone {
                return Ok(Found::Gone);
            }
            if self.has_media && !self.waits() {
                self.has_media = false;
                return Ok(Found::Origin);
            }
            if !self.waits()
                && let Some(event) = self.events.pop_front()
            {
                self.write(&event);
                continue;
            }
            if self.events.is_empty() && self.is_over && self.is_level {
                return Ok(Found::Over);
            }
            if let Some(found) = self.read().await? {
                return Ok(found);
            }
        }
    }

    /// Passes over everything that happened by now, and counts what the endpoint would have been sent.
    ///
    /// # Errors
    /// If the catalogue cannot be read.
    pub(super) async fn skip(&mut self) -> Result<u64, CatalogError> {
        self.follower.look_again();
        self.is_level = false;
        let mut skipped = 0;
        loop {
            while let Some(event) = self.events.pop_front() {
                self.write(&event);
            }
            skipped += u64::try_from(self.letters.len()).unwrap_or(u64::MAX);
            self.letters.clear();
            if self.is_level || self.is_gone {
                return Ok(skipped);
            }
            // What was forgotten would have been passed over.
            self.read().await?;
        }
    }

    /// Whether media is to wait, for a moment, until second 0 is known; then [`Mailbox::next`] tells when it need not any more.
    pub(super) fn holds_media(&mut self) -> bool {
        self.has_media = true;
        self.has_media = self.waits();
        self.has_media
    }

    /// Whether the next event, or media, is held back for a moment until second 0 is known.
    fn waits(&mut self) -> bool {
        let has_something = self.has_media || !self.events.is_empty();
        if !has_something || self.is_over || !self.correspondent.lacks_origin() {
            return false;
        }
        let since = self.waits_since.get_or_insert_with(Instant::now);
        since.elapsed() < self.patience
    }

    /// Takes one step; what there is to say of it besides events.
    async fn read(&mut self) -> Result<Option<Found>, CatalogError> {
        let is_waiting = self.waits();
        let next = self.follower.next(self.correspondent.lacks_origin());
        let step = if is_waiting {
            let Ok(step) = timeout(ORIGIN_LOOK, next).await else {
                self.follower.look_again();
                return Ok(None);
            };
            step?
        } else {
            next.await?
        };
        match step {
            Step::Heard(event) => self.events.push_back(event),
            Step::Read(look) => return Ok(self.take_in(look)),
            Step::Gone => {
                self.is_gone = true;
                return Ok(Some(Found::Gone));
            }
            Step::Lost => return self.begin_anew().await.map(Some),
        }
        Ok(None)
    }

    fn take_in(&mut self, look: Look) -> Option<Found> {
        let Look { capture, people, events, is_level, .. } = look;
        if is_deleted(&capture) {
            self.is_gone = true;
            self.events.clear();
            return Some(Found::Gone);
        }
        self.correspondent.refresh(&capture, &self.endpoint);
        for event in &people {
            self.correspondent.tell(event);
        }
        self.events.extend(events);
        self.is_level = is_level;
        self.is_over = capture.latest().status >= CaptureStatus::CallEnded;
        None
    }

    /// Goes on with the oldest event that is remembered.
    async fn begin_anew(&mut self) -> Result<Found, CatalogError> {
        match Self::open(&self.catalog, &self.hub, &self.endpoint, self.patience, self.has_alias).await? {
            Some(anew) => {
                let last = self.last;
                *self = Self { last, ..anew };
                Ok(Found::Forgotten)
            }
            None => {
                self.is_gone = true;
                Ok(Found::Gone)
            }
        }
    }

    /// Makes the letters of one event that the endpoint wants and was not sent before.
    fn write(&mut self, event: &SequencedEvent) {
        let cursor = event.cursor;
        let letters = self.correspondent.tell(event);
        for (letter, part) in letters.into_iter().zip(1u32..) {
            let is_new = (cursor, part) > self.last;
            if is_new && self.wants(letter.topic) {
                self.last = (cursor, part);
                self.letters.push_back(Item { letter, cursor, part });
            }
        }
    }

    fn wants(&self, topic: Topic) -> bool {
        self.endpoint.wish.topics.contains(&topic)
    }
}

fn is_deleted(capture: &Capture) -> bool {
    capture.recording.as_ref().is_some_and(|recording| recording.state == RecordingState::Deleted)
}

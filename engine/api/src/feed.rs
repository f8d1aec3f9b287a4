//! What a customer is told live of one capture: its events in order, each change of its status once, and how far its artifacts
//! are. Where events are read from is the business of the crate `feed`.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use ::feed::{Follower, Look, Seen, Step};
use catalog::Catalog;
use hub::Hub;
use model::{ArtifactId, Capture, CaptureId, CaptureStatus, Cursor, EventBody, RecordingState, SequencedEvent};
use schema::event::{EventFilter, Narrator, Told};

use crate::{said::Said, shared::Shared};

/// How many events are read at once: a reader that takes nothing must cost little.
pub(crate) const PAGE: u32 = 32;

/// The events of one capture, from a cursor to its terminal status.
pub(crate) struct Feed {
    hub: Hub,
    id: CaptureId,
    follower: Follower,
    narrator: Narrator,
    /// What it has together with those who are told of the same capture.
    shared: Shared,
    /// Events up to here are taken in silently: the reader has them.
    after: Cursor,
    /// The last status that was told or passed over.
    status: Option<CaptureStatus>,
    /// Statuses that were told from the catalogue before their events were in the log.
    foretold: Vec<CaptureStatus>,
    /// Events that were read and not told yet: they take less than their telling.
    unread: VecDeque<Arc<SequencedEvent>>,
    /// The capture as it was read before those, where they are all that there were.
    level: Option<Arc<Capture>>,
    ready: VecDeque<Arc<Said>>,
    /// What the reader wants to be told.
    filter: EventFilter,
    /// Why nothing more is told, once that is so.
    ending: Option<Ending>,
    /// When the catalogue was last asked whether anything but statuses may still be told, and how often it is.
    looked: Instant,
    look_every: Duration,
    /// How far artifacts were when that was told last, in hundredths.
    progress: HashMap<ArtifactId, u8>,
    /// Whether consent was withdrawn: of what was said nothing more is told, wherever it still lies.
    is_withdrawn: bool,
}

/// What a reader is to be told.
pub(crate) struct Wanted {
    /// What comes after this place.
    pub(crate) from: Option<Cursor>,
    /// As far as its name is among these.
    pub(crate) filter: EventFilter,
    /// Whether the capture is named as a bot as well.
    pub(crate) has_alias: bool,
    /// What there is already for those who are told of the same capture.
    pub(crate) shared: Shared,
}

/// Why a feed ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The capture came to its terminal status, or is gone.
    Over,
    /// What comes next was in memory only, and is not there any more.
    Lost,
    /// The catalogue cannot be read.
    Broken,
}

impl Feed {
    /// The first thing told is what comes after the place that the reader comes from, or the first that there is. `None` if what came after
    /// that place is lost.
    pub(crate) fn new(
        catalog: Catalog,
        hub: Hub,
        capture: &Capture,
        wanted: Wanted,
        look_every: Duration,
    ) -> Option<Self> {
        let Wanted { from, filter, has_alias, shared } = wanted;
        let follower = Follower::new(catalog, hub.clone(), capture, from)?.paged(PAGE).beside(shared.glance());
        let after = from.unwrap_or(Cursor::START);
        let narrator = Narrator::new(capture).with_alias(has_alias, capture);
        // The first status is written down when the capture is admitted, before there is an owner who could log it.
        let first = capture.changes.first();
        let ready = first.filter(|_| after == Cursor::START).map(|change| alone(narrator.tell_status(change, after)));
        Some(Self {
            hub,
            id: capture.id,
            follower,
            narrator,
            shared,
            after,
            status: first.map(|change| change.status),
            foretold: first.map(|change| change.status).into_iter().collect(),
            unread: VecDeque::new(),
            level: None,
            ready: ready.into_iter().collect(),
            filter,
            ending: None,
            looked: Instant::now(),
            look_every,
            progress: HashMap::new(),
            is_withdrawn: is_deleted(capture),
        })
    }

    /// The next event, or why there is none any more. Ends early if the catalogue cannot be read, or if what comes next is lost: the
    /// reader comes back with its cursor, and is told.
    pub(crate) async fn next(&mut self) -> Result<Arc<Said>, Ending> {
        loop {
            if !self.ready.is_empty() && self.looked.elapsed() >= self.look_every {
                self.look().await;
            }
            if let Some(said) = self.ready.pop_front() {
                if self.filter.wants(said.event()) {
                    return Ok(said);
                }
                continue;
            }
            if let Some(event) = self.unread.pop_front() {
                self.take_in(&event);
                continue;
            }
            if let Some(capture) = self.level.take() {
                self.come_level(&capture);
                continue;
            }
            if let Some(ending) = self.ending {
                return Err(ending);
            }
            match self.follower.next(self.narrator.lacks_origin()).await {
                Ok(Step::Read(look)) => self.catch_up(look),
                Ok(Step::Heard(event)) => {
                    self.take_in(&event);
                    if matches!(event.event.body, EventBody::Status { .. }) {
                        self.follower.look_again();
                    }
                }
                Ok(Step::Gone) => self.ending = Some(Ending::Over),
                Ok(Step::Lost) => {
                    tracing::info!(capture = %self.id, "a live feed ended: what comes next was in memory only, and is not there any more");
                    self.ending = Some(Ending::Lost);
                }
                Err(error) => {
                    tracing::warn!(%error, capture = %self.id, "a live feed ended: its events cannot be read");
                    return Err(Ending::Broken);
                }
            }
        }
    }

    /// How many events it holds that are not told yet.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.unread.len() + self.ready.len()
    }

    /// Takes in what a look at the catalogue found.
    fn catch_up(&mut self, look: Look) {
        let Look { capture, began, people, events, is_level } = look;
        self.heed(&capture, began);
        self.narrator.refresh(&capture);
        for event in &people {
            self.narrator.hear(event);
        }
        self.unread.extend(events);
        self.level = is_level.then_some(capture);
    }

    /// Tells what stands in the capture alone, once everything was told that was read after it.
    fn come_level(&mut self, capture: &Capture) {
        self.tell_changes(capture);
        self.tell_progress(capture);
        self.ending = capture.latest().status.is_terminal().then_some(Ending::Over);
    }

    fn take_in(&mut self, event: &SequencedEvent) {
        if let EventBody::Status { status, .. } = &event.event.body {
            if let Some(index) = self.foretold.iter().position(|told| told == status) {
                self.foretold.remove(index);
                return self.narrator.hear(event);
            }
            self.status = Some(*status);
        }
        if event.cursor <= self.after {
            return self.narrator.hear(event);
        }
        let told = self.shared.tell(&mut self.narrator, event);
        self.ready.extend(told.iter().filter(|said| !self.is_withdrawn || is_status(said)).cloned());
    }

    /// Asks whether what is about to be told may still be told. A catalogue that does not answer ends no feed.
    async fn look(&mut self) {
        if let Ok(Some(Seen { capture, began, .. })) = self.follower.glance(self.look_every).await {
            self.heed(&capture, began);
        }
    }

    /// Heeds what stands in the capture since it was about to be read.
    fn heed(&mut self, capture: &Capture, began: Instant) {
        self.looked = began;
        if is_deleted(capture) && !self.is_withdrawn {
            self.is_withdrawn = true;
            self.ready.retain(is_status);
        }
    }

    /// Tells how far the artifacts are that are being made, each hundredth once at most.
    fn tell_progress(&mut self, capture: &Capture) {
        let artifacts = capture.recording.iter().flat_map(|recording| &recording.artifacts);
        for artifact in artifacts.filter(|_| !self.is_withdrawn) {
            let Some(share) = self.hub.progress().of(artifact.id) else { continue };
            let told = self.progress.insert(artifact.id, hundredths(share));
            if told != Some(hundredths(share)) {
                self.ready.push_back(alone(self.narrator.tell_progress(artifact, share)));
            }
        }
    }

    /// Tells the changes of status that the event log does not have: it ends before the recording is rendered.
    fn tell_changes(&mut self, capture: &Capture) {
        let known = |known: CaptureStatus| capture.changes.iter().rposition(|change| change.status == known);
        let told = match self.status.map(known) {
            None => 0,
            Some(Some(index)) => index + 1,
            // The capture was read before the change that was told already.
            Some(None) => return,
        };
        for change in capture.changes.iter().skip(told) {
            let place = self.follower.last().max(self.after);
            self.ready.push_back(alone(self.narrator.tell_status(change, place)));
            self.foretold.push(change.status);
            self.status = Some(change.status);
        }
    }
}

/// How much of something is made, in hundredths.
fn hundredths(share: f64) -> u8 {
    (share.clamp(0.0, 1.0) * 100.0) as u8
}

fn is_deleted(capture: &Capture) -> bool {
    capture.recording.as_ref().is_some_and(|recording| recording.state == RecordingState::Deleted)
}

/// Whether it tells a status of the capture and nothing of the meeting.
fn is_status(said: &Arc<Said>) -> bool {
    said.event().starts_with("meeting_direct_connect.")
}

/// What is told to one reader.
fn alone(told: Told) -> Arc<Said> {
    Arc::new(Said::new(told))
}

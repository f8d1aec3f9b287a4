//! The events of one capture without a seam: what its source holds, then what the hub publishes, each once and in order.
//!
//! The source is the truth, most often the catalogue. The hub only makes it quick: whatever does not follow directly on what was
//! heard last is read from the source, and it is looked at now and then even if the hub is silent.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use catalog::{Catalog, CatalogError};
use hub::{Heard, Hub, Subscription};
use model::{ArtifactId, Capture, CaptureId, CaptureStatus, Cursor, EventBody, RecordingState, SequencedEvent};
use schema::event::{Narrator, Told};

use crate::source::{PAGE, Source};

/// How often the catalogue is looked at while the hub speaks.
const LOOK: Duration = Duration::from_secs(5);
/// How often it is looked at when no owner in this process publishes: while a recording is rendered, mostly.
const LOOK_ALONE: Duration = Duration::from_secs(1);

/// The events of one capture, from a cursor to its terminal status.
pub(crate) struct Feed {
    catalog: Catalog,
    hub: Hub,
    id: CaptureId,
    source: Source,
    narrator: Narrator,
    hearing: Option<Subscription>,
    /// The last event that was taken in.
    last: Cursor,
    /// Events up to here are taken in silently: the reader has them.
    after: Cursor,
    /// The last status that was told or passed over.
    status: Option<CaptureStatus>,
    /// Statuses that were told from the catalogue before their events were in the log.
    foretold: Vec<CaptureStatus>,
    ready: VecDeque<Told>,
    /// Whether the source may hold more than was taken in.
    behind: bool,
    over: bool,
    /// When the catalogue was last asked whether anything but statuses may still be told, and how often it is.
    looked: Instant,
    look_every: Duration,
    /// How far artifacts were when that was told last, in hundredths.
    progress: HashMap<ArtifactId, u8>,
    /// Whether consent was withdrawn: of what was said nothing more is told, wherever it still lies.
    is_withdrawn: bool,
}

impl Feed {
    /// Begins to hear; the first thing told is what comes after `from`, or the first that there is. Subscribes before anything
    /// is read, so that no event can fall between. `None` if what came after `from` is lost.
    pub(crate) fn new(
        catalog: Catalog,
        hub: Hub,
        capture: &Capture,
        from: Option<Cursor>,
        look_every: Duration,
    ) -> Option<Self> {
        let hearing = hub.subscribe(capture.id);
        let source = Source::of(capture, &catalog, &hub, from);
        if !source.reaches_back() {
            return None;
        }
        let after = from.unwrap_or(Cursor::START);
        let narrator = Narrator::new(capture);
        // The first status is written down when the capture is admitted, before there is an owner who could log it.
        let first = capture.changes.first();
        let ready = first.filter(|_| after == Cursor::START).map(|change| narrator.tell_status(change, after));
        Some(Self {
            hearing: Some(hearing),
            catalog,
            hub,
            id: capture.id,
            source,
            narrator,
            last: Cursor::START,
            after,
            status: first.map(|change| change.status),
            foretold: first.map(|change| change.status).into_iter().collect(),
            ready: ready.into_iter().collect(),
            behind: true,
            over: false,
            looked: Instant::now(),
            look_every,
            progress: HashMap::new(),
            is_withdrawn: is_deleted(capture),
        })
    }

    /// The next event; `None` after the terminal status. Ends early if the catalogue cannot be read, or if what comes next is
    /// lost: the reader comes back with its cursor, and is told.
    pub(crate) async fn next(&mut self) -> Option<Told> {
        loop {
            if !self.ready.is_empty() && self.looked.elapsed() >= self.look_every {
                self.look().await;
            }
            if let Some(told) = self.ready.pop_front() {
                return Some(told);
            }
            if self.over {
                return None;
            }
            if self.behind {
                if let Err(error) = self.catch_up().await {
                    tracing::warn!(%error, capture = %self.id, "a live feed ended: its events cannot be read");
                    return None;
                }
            } else {
                self.listen().await;
            }
        }
    }

    /// Takes one page in from the source. The capture is read first: if it is terminal, every event of it is there.
    async fn catch_up(&mut self) -> Result<(), CatalogError> {
        let Some(capture) = self.catalog.capture(self.id).await? else {
            self.over = true;
            return Ok(());
        };
        self.heed(&capture);
        self.narrator.refresh(&capture);
        let Some(page) = self.source.after(self.id, self.last).await? else {
            tracing::info!(capture = %self.id, "a live feed ended: what comes next was in memory only, and is not there any more");
            self.over = true;
            return Ok(());
        };
        if self.last == Cursor::START {
            for event in self.source.people() {
                self.narrator.tell(&event);
            }
        }
        self.behind = u32::try_from(page.len()).is_ok_and(|len| len >= PAGE);
        for event in &page {
            self.take_in(event);
        }
        if !self.behind {
            self.tell_changes(&capture);
            self.tell_progress(&capture);
            self.over = capture.latest().status.is_terminal();
        }
        Ok(())
    }

    /// Waits for the hub, or until it is time to look at the catalogue.
    async fn listen(&mut self) {
        let Some(hearing) = &mut self.hearing else {
            tokio::time::sleep(LOOK_ALONE).await;
            if self.hub.live(self.id) {
                self.hearing = Some(self.hub.subscribe(self.id));
            }
            self.behind = true;
            return;
        };
        let look = if self.hub.live(self.id) { LOOK } else { LOOK_ALONE };
        match tokio::time::timeout(look, hearing.next()).await {
            Err(_) | Ok(Heard::Lagged(_)) => self.behind = true,
            Ok(Heard::Closed) => {
                self.hearing = None;
                self.behind = true;
            }
            Ok(Heard::Event(event)) if event.cursor <= self.last => {}
            Ok(Heard::Event(event)) => {
                let follows =
                    event.cursor.epoch == self.last.epoch && Some(event.cursor.seq) == self.last.seq.checked_add(1);
                if follows && !self.narrator.lacks_origin() {
                    self.take_in(&event);
                    self.behind = matches!(event.event.body, EventBody::Status { .. });
                } else {
                    self.behind = true;
                }
            }
        }
    }

    fn take_in(&mut self, event: &SequencedEvent) {
        self.last = event.cursor;
        if let EventBody::Status { status, .. } = &event.event.body {
            if let Some(index) = self.foretold.iter().position(|told| told == status) {
                self.foretold.remove(index);
                return;
            }
            self.status = Some(*status);
        }
        let told = self.narrator.tell(event);
        if event.cursor > self.after {
            self.ready.extend(told.into_iter().filter(|told| !self.is_withdrawn || is_status(told)));
        }
    }

    /// Asks whether what is about to be told may still be told. A catalogue that does not answer ends no feed.
    async fn look(&mut self) {
        if let Ok(Some(capture)) = self.catalog.capture(self.id).await {
            self.heed(&capture);
        }
    }

    fn heed(&mut self, capture: &Capture) {
        self.looked = Instant::now();
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
                self.ready.push_back(self.narrator.tell_progress(artifact, share));
            }
        }
    }

    /// Tells the changes of status that the event log does not have: it ends before the recording is rendered.
    fn tell_changes(&mut self, capture: &Capture) {
        let known = self.status.and_then(|known| capture.changes.iter().rposition(|change| change.status == known));
        for change in capture.changes.iter().skip(known.map_or(0, |index| index + 1)) {
            self.ready.push_back(self.narrator.tell_status(change, self.last.max(self.after)));
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
fn is_status(told: &Told) -> bool {
    told.event.starts_with("meeting_direct_connect.")
}

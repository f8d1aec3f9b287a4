//! Writes a capture's events and status into the catalogue, in order, and announces each only once it is durable.
//!
//! A task of its own, because the capture's task never waits for the catalogue.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use catalog::{Catalog, CatalogError};
use hub::Hub;
use media::SourceTime;
use model::{CaptureId, CaptureStatus, Cursor, Epoch, Event, EventBody, SequencedEvent};
use tokio::{sync::mpsc, task::JoinHandle, time::sleep};

/// How many notes may wait; beyond that the catalogue is in trouble and the log alone has them.
const WAITING_NOTES: usize = 16_384;
/// How long the scribe waits after the first failed commit; doubled with each further one.
const RETRY_FIRST: Duration = Duration::from_millis(50);
/// How long it waits at most.
const RETRY_LONGEST: Duration = Duration::from_secs(5);
/// How many events become durable in one commit.
const BATCH: usize = 512;

/// Something for the catalogue.
#[derive(Debug)]
pub(crate) enum Note {
    /// The meeting's own happenings.
    Event(Event),
    /// The capture's status changed.
    Status { status: CaptureStatus, sub_code: Option<&'static str>, message: Option<String> },
    /// Second 0 is known, or known better.
    Origin(SourceTime),
}

/// The capture's side: hands over notes without waiting.
pub(crate) struct Scribe {
    notes: mpsc::Sender<Note>,
    task: JoinHandle<()>,
}

impl Scribe {
    pub(crate) fn start(catalog: Catalog, hub: Hub, capture: CaptureId, epoch: Epoch) -> Self {
        let (notes, waiting) = mpsc::channel(WAITING_NOTES);
        let desk = Desk { catalog, hub, capture, cursor: Cursor { epoch, seq: 0 }, recording: false };
        Self { notes, task: tokio::spawn(desk.run(waiting)) }
    }

    /// Hands over a note; if none can be taken any more it is counted, and the log still has it.
    pub(crate) fn note(&self, note: Note) {
        if self.notes.try_send(note).is_err() {
            metrics::counter!("hansard_stage_errors_total", "stage" => "publish").increment(1);
        }
    }

    /// Waits until everything handed over so far is durable and announced.
    pub(crate) async fn finish(self) {
        drop(self.notes);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the scribe of a capture ended early; its last events are only in the log");
        }
    }
}

struct Desk {
    catalog: Catalog,
    hub: Hub,
    capture: CaptureId,
    cursor: Cursor,
    recording: bool,
}

impl Desk {
    async fn run(mut self, mut waiting: mpsc::Receiver<Note>) {
        let mut notes = Vec::with_capacity(BATCH);
        while waiting.recv_many(&mut notes, BATCH).await > 0 {
            let mut events = Vec::new();
            for note in notes.drain(..) {
                match note {
                    Note::Event(event) => events.push(event),
                    Note::Status { status, sub_code, message } => {
                        self.commit(std::mem::take(&mut events)).await;
                        self.status(status, sub_code, message).await;
                    }
                    Note::Origin(at) => {
                        self.commit(std::mem::take(&mut events)).await;
                        self.origin(at).await;
                    }
                }
            }
            self.commit(events).await;
        }
    }

    async fn commit(&mut self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let sequenced: Vec<SequencedEvent> = events
            .into_iter()
            .map(|event| {
                self.cursor.seq += 1;
                SequencedEvent { cursor: self.cursor, event }
            })
            .collect();
        // A batch that may or may not have arrived is sent again as it is: the catalogue passes over what it has.
        let mut pause = RETRY_FIRST;
        while let Err(error) = self.catalog.append_events(self.capture, sequenced.clone()).await {
            metrics::counter!("hansard_stage_errors_total", "stage" => "publish").increment(1);
            tracing::error!(capture = %self.capture, %error, "events are not in the catalogue yet; trying again");
            if is_over(&error) {
                return;
            }
            sleep(pause).await;
            pause = (pause * 2).min(RETRY_LONGEST);
        }
        for event in sequenced {
            self.hub.publish(self.capture, Arc::new(event));
        }
    }

    async fn status(&mut self, status: CaptureStatus, sub_code: Option<&'static str>, message: Option<String>) {
        let now = unix_ms();
        match self.catalog.set_status(self.capture, status, sub_code, message.as_deref(), now).await {
            Ok(true) => {
                let body = EventBody::Status { status, sub_code: sub_code.map(str::to_owned) };
                self.commit(vec![Event { at: SourceTime::from_unix_ms(now), body }]).await;
            }
            Ok(false) => {}
            Err(error) => tracing::error!(capture = %self.capture, %error, "status is not in the catalogue"),
        }
    }

    async fn origin(&mut self, at: SourceTime) {
        if self.recording {
            return;
        }
        match self.catalog.recording_started(self.capture, at, unix_ms()).await {
            Ok(_) => self.recording = true,
            Err(error) => tracing::error!(capture = %self.capture, %error, "recording is not in the catalogue"),
        }
    }
}

/// Whether another owner or the end of the process makes trying again pointless.
fn is_over(error: &CatalogError) -> bool {
    matches!(error, CatalogError::StaleEpoch { .. } | CatalogError::Closed | CatalogError::UnknownCapture(_))
}

/// This machine's wall clock, in milliseconds since the Unix epoch.
pub(crate) fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

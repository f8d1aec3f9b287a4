//! Writes a capture's events and status into the catalogue, in order, and announces each only once it is durable. Of a capture
//! of which nothing is stored only the status is written; its events are numbered, and announced from memory.
//!
//! A task of its own, because the capture's task never waits for the catalogue. This is procedure E of
//! `docs/design/durability.md`.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use catalog::{Catalog, CatalogError};
use hub::Hub;
use media::SourceTime;
use model::{CaptureId, CaptureStatus, Cursor, Epoch, Event, EventBody, SequencedEvent};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinHandle,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

/// How many notes may wait; beyond that the catalogue is in trouble and the log alone has them.
const WAITING_NOTES: usize = 16_384;
/// How much memory those may take, in bytes: that of 10,000 people who come at once, with names of 200 letters.
const WAITING_BYTES: usize = 4 << 20;
/// How long the scribe waits after the first failed commit; doubled with each further one.
const RETRY_FIRST: Duration = Duration::from_millis(50);
/// How long it waits at most.
const RETRY_LONGEST: Duration = Duration::from_secs(5);
/// How long a stop waits for a catalogue that refuses.
const LAST_PATIENCE: Duration = Duration::from_secs(5);
/// How many events become durable in one commit.
const BATCH: usize = 512;
/// How much memory those take, in bytes, or one of them more: for the time of the commit there are copies of it.
const BATCH_BYTES: usize = 256 << 10;

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

impl Note {
    /// About how much memory it takes, in bytes.
    fn memory_bytes(&self) -> usize {
        match self {
            Self::Event(event) => event.memory_bytes(),
            Self::Status { .. } | Self::Origin(_) => size_of::<Self>(),
        }
    }
}

/// A note that waits, and the room that it takes until it is durable.
type Waiting = (Note, OwnedSemaphorePermit);

/// The capture's side: hands over notes without waiting.
pub(crate) struct Scribe {
    notes: mpsc::Sender<Waiting>,
    /// As many permits as there are bytes of memory left for notes.
    room: Arc<Semaphore>,
    task: JoinHandle<()>,
}

impl Scribe {
    /// For the owner of a capture in an epoch; `stores` tells whether its events go into the catalogue.
    pub(crate) fn start(catalog: Catalog, hub: Hub, capture: CaptureId, epoch: Epoch, stores: bool) -> Self {
        let (notes, waiting) = mpsc::channel(WAITING_NOTES);
        if !stores {
            hub.remember(capture, epoch);
        }
        let desk = Desk { catalog, hub, capture, cursor: Cursor { epoch, seq: 0 }, recording: false, stores };
        Self { notes, room: Arc::new(Semaphore::new(WAITING_BYTES)), task: tokio::spawn(desk.run(waiting)) }
    }

    /// Hands over a note; if none can be taken any more it is counted, and the log still has it.
    pub(crate) fn note(&self, note: Note) {
        let bytes = u32::try_from(note.memory_bytes()).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).try_acquire_many_owned(bytes).ok();
        if room.is_none_or(|room| self.notes.try_send((note, room)).is_err()) {
            metrics::counter!("hansard_stage_errors_total", "stage" => "publish").increment(1);
        }
    }

    /// Waits until everything handed over so far is durable and announced.
    ///
    /// Once `stop` is cancelled a catalogue that refuses gets a few more seconds: the log has everything.
    pub(crate) async fn finish(mut self, stop: &CancellationToken) {
        drop(self.notes);
        let patience = async {
            stop.cancelled().await;
            sleep(LAST_PATIENCE).await;
        };
        tokio::select! {
            ended = &mut self.task => if let Err(error) = ended {
                tracing::error!(%error, "the scribe of a capture ended early; its last events are in its log at most");
            },
            () = patience => {
                self.task.abort();
                tracing::error!("the catalogue refuses; the last events of a capture are in its log at most");
            }
        }
    }
}

struct Desk {
    catalog: Catalog,
    hub: Hub,
    capture: CaptureId,
    cursor: Cursor,
    recording: bool,
    /// Whether events go into the catalogue before they are announced.
    stores: bool,
}

impl Desk {
    async fn run(mut self, mut waiting: mpsc::Receiver<Waiting>) {
        while let Some(first) = waiting.recv().await {
            let (notes, _room) = batch(first, &mut waiting);
            let mut events = Vec::new();
            for note in notes {
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
        if self.stores {
            // A batch that may or may not have arrived is sent again as it is: the catalogue passes over what it has.
            let (catalog, capture) = (&self.catalog, self.capture);
            let written = persist(capture, "events", || catalog.append_events(capture, sequenced.clone())).await;
            if written.is_none() {
                return;
            }
        }
        for event in sequenced {
            self.hub.publish(self.capture, Arc::new(event));
        }
    }

    async fn status(&mut self, status: CaptureStatus, sub_code: Option<&'static str>, message: Option<String>) {
        let (catalog, capture, now) = (&self.catalog, self.capture, unix_ms());
        let change = || catalog.set_status(capture, status, sub_code, message.as_deref(), now);
        if persist(capture, "status", change).await == Some(true) {
            let body = EventBody::Status { status, sub_code: sub_code.map(str::to_owned) };
            self.commit(vec![Event { at: SourceTime::from_unix_ms(now), body }]).await;
        }
    }

    async fn origin(&mut self, at: SourceTime) {
        if self.recording {
            return;
        }
        // Without a recording in the catalogue nothing of the log is ever rendered.
        let (catalog, capture, now) = (&self.catalog, self.capture, unix_ms());
        let started = persist(capture, "recording", || catalog.recording_started(capture, at, now)).await;
        self.recording = started.is_some();
    }
}

/// The next notes for one commit, and the room that they take until it is done.
fn batch(first: Waiting, waiting: &mut mpsc::Receiver<Waiting>) -> (Vec<Note>, OwnedSemaphorePermit) {
    let (first, mut room) = first;
    let mut notes = vec![first];
    while notes.len() < BATCH
        && room.num_permits() < BATCH_BYTES
        && let Ok((note, more)) = waiting.try_recv()
    {
        notes.push(note);
        room.merge(more);
    }
    (notes, room)
}

/// Writes something into the catalogue, as often as it takes; `None` once trying again is pointless.
async fn persist<T, W>(capture: CaptureId, what: &'static str, mut write: impl FnMut() -> W) -> Option<T>
where
    W: Future<Output = Result<T, CatalogError>>,
{
    let mut pause = RETRY_FIRST;
    loop {
        let error = match write().await {
            Ok(written) => return Some(written),
            Err(error) => error,
        };
        metrics::counter!("hansard_stage_errors_total", "stage" => "publish").increment(1);
        if is_over(&error) {
            tracing::error!(%capture, what, %error, "not in the catalogue");
            return None;
        }
        tracing::error!(%capture, what, %error, "not in the catalogue yet; trying again");
        sleep(pause).await;
        pause = (pause * 2).min(RETRY_LONGEST);
    }
}

/// Whether another owner, the end of the capture or of the process makes trying again pointless, or the catalogue holds
/// something else already.
fn is_over(error: &CatalogError) -> bool {
    matches!(
        error,
        CatalogError::StaleEpoch { .. }
            | CatalogError::Closed
            | CatalogError::UnknownCapture(_)
            | CatalogError::CaptureOver(_)
            | CatalogError::NothingStored(_)
            | CatalogError::EventConflict { .. }
            | CatalogError::EventGap { .. }
    )
}

/// This machine's wall clock, in milliseconds since the Unix epoch.
pub(crate) fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use model::{Pii, Utterance};

    use super::*;

    fn said(length: usize) -> Note {
        let at = SourceTime::from_unix_ms(1);
        let text = Pii::new("x".repeat(length));
        let utterance = Utterance { speaker: None, text, start: at, end: at, language: None };
        Note::Event(Event { at, body: EventBody::Transcript(utterance) })
    }

    #[tokio::test]
    async fn what_waits_for_a_catalogue_is_bounded_by_what_it_takes_and_the_rest_is_left_to_the_log() {
        let dir = tempfile::tempdir().expect("a directory");
        let catalog = Catalog::open(dir.path()).await.expect("a catalogue");
        let scribe = Scribe::start(catalog.clone(), Hub::new(), CaptureId::new(1, [1; 10]), Epoch(1), true);
        // The scribe has no turn meanwhile.
        (0..1_000).for_each(|_| scribe.note(said(64 << 10)));
        let waiting_bytes = WAITING_BYTES - scribe.room.available_permits();
        assert!(waiting_bytes > WAITING_BYTES - (65 << 10), "{waiting_bytes} bytes wait");
        (0..100_000).for_each(|_| scribe.note(said(0)));
        assert!(scribe.room.available_permits() < 1 << 10);
        let room = Arc::clone(&scribe.room);
        scribe.finish(&CancellationToken::new()).await;
        assert_eq!(room.available_permits(), WAITING_BYTES, "it is given back");
        catalog.close().await;
    }

    #[tokio::test]
    async fn a_commit_takes_few_large_notes_or_many_small_ones() {
        let room = Arc::new(Semaphore::new(WAITING_BYTES));
        for (length, expected) in [(64 << 10, 4), (10, 512)] {
            let (notes, mut waiting) = mpsc::channel(WAITING_NOTES);
            let note = || (said(length), Arc::clone(&room).try_acquire_many_owned(length as u32).expect("room"));
            (0..600)
                .take_while(|number| number * length < WAITING_BYTES / 2)
                .for_each(|_| notes.try_send(note()).unwrap());
            let first = waiting.recv().await.expect("a note");
            assert_eq!(batch(first, &mut waiting).0.len(), expected);
        }
    }

    async fn told_after(failures: u32, error: fn() -> CatalogError) -> (Option<&'static str>, u32) {
        let calls = Cell::new(0);
        let write = || {
            calls.set(calls.get() + 1);
            let answer = if calls.get() > failures { Ok("written") } else { Err(error()) };
            async { answer }
        };
        let written = persist(CaptureId::new(1, [1; 10]), "recording", write).await;
        (written, calls.get())
    }

    #[tokio::test]
    async fn what_the_catalogue_cannot_take_is_offered_again() {
        let full = || CatalogError::File {
            doing: "write",
            path: "catalog.sqlite".into(),
            source: std::io::ErrorKind::StorageFull.into(),
        };
        assert_eq!(told_after(2, full).await, (Some("written"), 3));
    }

    #[tokio::test]
    async fn nothing_is_offered_to_a_catalogue_that_is_closed() {
        assert_eq!(told_after(2, || CatalogError::Closed).await, (None, 1));
    }
}

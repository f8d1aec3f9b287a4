//! The desk of the scribe: writes what waits into the catalogue, in order, and has it announced once it is durable. What may
//! wait is decided in `scribe`, numbers are given by `voice`.

use std::{future::Future, sync::Arc, time::Duration};

use catalog::{Catalog, CatalogError};
use media::SourceTime;
use model::{CaptureId, CaptureStatus, Event, EventBody, SequencedEvent};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::sleep,
};

use super::{Note, Waiting, unix_ms, voice::Voice};

/// How long the scribe waits after the first failed commit; doubled with each further one.
const RETRY_FIRST: Duration = Duration::from_millis(50);
/// How long it waits at most.
const RETRY_LONGEST: Duration = Duration::from_secs(5);
/// How many events become durable in one commit.
const BATCH: usize = 512;
/// How much memory those take, in bytes, or one of them more: for the time of the commit there are copies of it.
const BATCH_BYTES: usize = 256 << 10;

/// What writes for one owner of a capture.
pub(super) struct Desk {
    catalog: Catalog,
    voice: Arc<Voice>,
    /// Whether the catalogue has a recording of this capture.
    recording: bool,
    /// Whether events go into the catalogue before they are announced.
    stores: bool,
}

impl Desk {
    /// For an owner who has written nothing yet.
    pub(super) const fn new(catalog: Catalog, voice: Arc<Voice>, stores: bool) -> Self {
        Self { catalog, voice, recording: false, stores }
    }

    /// Writes what comes until nothing comes any more.
    pub(super) async fn run(mut self, mut waiting: mpsc::Receiver<Waiting>) {
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
        let sequenced: Vec<SequencedEvent> = events.into_iter().map(|event| self.voice.number(event)).collect();
        // A batch that may or may not have arrived is sent again as it is: the catalogue passes over what it has.
        let (catalog, capture) = (&self.catalog, self.voice.capture());
        if persist(capture, "events", || catalog.append_events(capture, sequenced.clone())).await.is_some() {
            sequenced.into_iter().for_each(|event| self.voice.announce(event));
        }
    }

    async fn status(&mut self, status: CaptureStatus, sub_code: Option<&'static str>, message: Option<String>) {
        let (catalog, capture, now) = (&self.catalog, self.voice.capture(), unix_ms());
        let change = || catalog.set_status(capture, status, sub_code, message.as_deref(), now);
        if persist(capture, "status", change).await != Some(true) {
            return;
        }
        let body = EventBody::Status { status, sub_code: sub_code.map(str::to_owned) };
        let event = Event { at: SourceTime::from_unix_ms(now), body };
        if self.stores {
            self.commit(vec![event]).await;
        } else {
            self.voice.say(event);
        }
    }

    async fn origin(&mut self, at: SourceTime) {
        if self.recording {
            return;
        }
        // Without a recording in the catalogue nothing of the log is ever rendered.
        let (catalog, capture, now) = (&self.catalog, self.voice.capture(), unix_ms());
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::sync::Semaphore;

    use super::*;

    /// Room for more than is ever written at once, in bytes.
    const ROOM_BYTES: usize = 4 << 20;

    #[tokio::test]
    async fn a_commit_takes_few_large_notes_or_many_small_ones() {
        let room = Arc::new(Semaphore::new(ROOM_BYTES));
        for (length, expected) in [(64 << 10, 4), (10, 512)] {
            let (notes, mut waiting) = mpsc::channel(1_000);
            let note = || {
                let room = Arc::clone(&room).try_acquire_many_owned(length as u32).expect("room");
                (Note::Origin(SourceTime::from_unix_ms(1)), room)
            };
            (0..600)
                .take_while(|number| number * length < ROOM_BYTES / 2)
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

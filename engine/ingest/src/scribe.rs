//! Takes a capture's events and status for the catalogue, which is asked in order, and announces each only once it is durable.
//! Of a capture of which nothing is stored only the status and second 0 are written; its events are announced at once, from
//! memory.
//!
//! A task of its own writes, because the capture's task never waits for the catalogue. This is procedure E of
//! `docs/design/durability.md`. What is written when is in `desk`, what is numbered and heard in `voice`.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use catalog::Catalog;
use hub::Hub;
use media::SourceTime;
use model::{CaptureId, CaptureStatus, Epoch, Event};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinHandle,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

mod desk;
mod voice;

use desk::Desk;
use voice::Voice;

/// How many notes may wait; beyond that the catalogue is in trouble and the log alone has the events.
const WAITING_NOTES: usize = 16_384;
/// How much memory those may take, in bytes: that of 10,000 people who come at once, with names of 200 letters.
const WAITING_BYTES: usize = 4 << 20;
/// For how many of those notes only facts find room, however many events wait: an event that is dropped is in the log, a fact
/// is told once.
const FACT_NOTES: usize = 256;
/// How much memory is kept for those, in bytes.
const FACT_BYTES: usize = FACT_NOTES * size_of::<Note>();
/// How long a stop waits for a catalogue that refuses.
const LAST_PATIENCE: Duration = Duration::from_secs(5);

/// Something for the catalogue. All but events are facts about the capture itself.
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
    voice: Arc<Voice>,
    /// Whether events go into the catalogue before they are announced.
    stores: bool,
    task: JoinHandle<()>,
}

impl Scribe {
    /// For the owner of a capture in an epoch; `stores` tells whether its events go into the catalogue.
    pub(crate) fn start(catalog: Catalog, hub: Hub, capture: CaptureId, epoch: Epoch, stores: bool) -> Self {
        let (notes, waiting) = mpsc::channel(WAITING_NOTES);
        if !stores {
            hub.remember(capture, epoch);
        }
        let voice = Arc::new(Voice::new(hub, capture, epoch));
        let task = tokio::spawn(Desk::new(catalog, Arc::clone(&voice), stores).run(waiting));
        Self { notes, room: Arc::new(Semaphore::new(WAITING_BYTES)), voice, stores, task }
    }

    /// Hands over a note. One that finds no room is counted; if it is an event, the log still has it.
    ///
    /// Where nothing is stored an event waits for nothing: it is announced before this returns.
    pub(crate) fn note(&self, note: Note) {
        match note {
            Note::Event(event) if !self.stores => self.voice.say(event),
            note => {
                if !self.queue(note) {
                    metrics::counter!("hansard_stage_errors_total", "stage" => "publish").increment(1);
                }
            }
        }
    }

    /// Puts a note behind those that wait; false if there is no room for it. Nobody else takes room meanwhile: only the
    /// capture's task hands notes over.
    fn queue(&self, note: Note) -> bool {
        let (kept_notes, kept_bytes) = if matches!(note, Note::Event(_)) { (FACT_NOTES, FACT_BYTES) } else { (0, 0) };
        let bytes = note.memory_bytes();
        if self.notes.capacity() <= kept_notes || self.room.available_permits() < bytes.saturating_add(kept_bytes) {
            return false;
        }
        let room =
            u32::try_from(bytes).ok().and_then(|bytes| Arc::clone(&self.room).try_acquire_many_owned(bytes).ok());
        room.is_some_and(|room| self.notes.try_send((note, room)).is_ok())
    }

    /// Waits until everything handed over so far is durable and announced.
    ///
    /// Once `stop` is cancelled a catalogue that refuses gets a few more seconds. Events that are given up then are in the log;
    /// where nothing is stored no event waits, and only changes of status and second 0 are given up.
    pub(crate) async fn finish(mut self, stop: &CancellationToken) {
        drop(self.notes);
        let capture = self.voice.capture();
        let lost = if self.stores {
            "the last events of a capture are in its log at most"
        } else {
            "nothing of the capture is stored; its words were told, its last changes of status were not"
        };
        let patience = async {
            stop.cancelled().await;
            sleep(LAST_PATIENCE).await;
        };
        tokio::select! {
            ended = &mut self.task => if let Err(error) = ended {
                tracing::error!(%capture, %error, "the scribe of a capture ended early; {lost}");
            },
            () = patience => {
                self.task.abort();
                tracing::error!(%capture, "the catalogue refuses; {lost}");
            }
        }
    }
}

/// This machine's wall clock, in milliseconds since the Unix epoch.
pub(crate) fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;

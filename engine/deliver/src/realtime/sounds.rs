//! The sound of captures as endpoints want it, decoded once for all those of a capture that want it in the same pieces, on threads of
//! its own: decoding is work, and whoever answers keep-alives must not wait for it. What is wanted by whom is decided in `sampler`.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use base64_turbo::STANDARD;
use hub::{Drained, Hub, Passing, Tap, Tapped};
use live::{Sound, SoundWant};
use media::{Track, TrackKind};
use model::{CaptureId, Topic, TopicClass};
use tokio::{
    runtime::{Builder, Runtime},
    sync::broadcast::{self, WeakSender, error::RecvError},
    task::AbortHandle,
    time::{sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{backlog::Piece, measure};

/// How often it is looked whether the capture has an owner here, although nobody told.
const OWNER_LOOK: Duration = Duration::from_millis(200);
/// How many packets are decoded before others have their turn.
const PACKETS_PER_TURN: u32 = 32;
/// How many pieces an endpoint may be behind: those of 16 participants in six seconds.
const PIECES: usize = 1_024;

/// Whose sound, and how it is wanted.
type Wanted = (CaptureId, SoundWant);

/// The sound that is made now.
pub(super) struct Sounds {
    hub: Hub,
    /// Where it is decoded; none until somebody wants any.
    threads: Mutex<Option<Runtime>>,
    made: Mutex<HashMap<Wanted, Weak<Source>>>,
}

/// What is heard of one of them; dropping it lets go.
pub(super) struct Listening {
    pieces: broadcast::Receiver<Piece>,
    source: Arc<Source>,
}

/// What is made for everybody who wants the same; it ends when nobody does.
struct Source {
    pieces: WeakSender<Piece>,
    end: CancellationToken,
    task: AbortHandle,
}

impl Drop for Source {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Drop for Sounds {
    fn drop(&mut self) {
        // Whoever drops this may be a task, which must wait for no thread.
        if let Some(runtime) = lock(&self.threads).take() {
            runtime.shutdown_background();
        }
    }
}

impl Sounds {
    /// Of captures of which `hub` tells.
    pub(super) fn new(hub: Hub) -> Self {
        Self { hub, threads: Mutex::default(), made: Mutex::default() }
    }

    /// Listens to the sound of a capture, and has it made; `None` if no thread can be started for it.
    pub(super) fn listen(&self, capture: CaptureId, want: SoundWant) -> Option<Listening> {
        let mut made = lock(&self.made);
        let known = made.get(&(capture, want)).and_then(Weak::upgrade);
        if let Some(source) = known
            && let Some(sender) = source.pieces.upgrade()
        {
            return Some(Listening { pieces: sender.subscribe(), source });
        }
        let (sender, pieces) = broadcast::channel(PIECES);
        let (weak, end) = (sender.downgrade(), CancellationToken::new());
        let maker = Maker { sound: Sound::new(want), pieces: sender };
        let making = maker.run(self.hub.clone(), capture, end.clone());
        let task = self.with_threads(|threads| threads.spawn(making).abort_handle())?;
        let source = Arc::new(Source { pieces: weak, end, task });
        made.retain(|_, source| source.strong_count() > 0);
        made.insert((capture, want), Arc::downgrade(&source));
        Some(Listening { pieces, source })
    }

    fn with_threads<T>(&self, act: impl FnOnce(&Runtime) -> T) -> Option<T> {
        let mut threads = lock(&self.threads);
        if threads.is_none() {
            // Half of the machine, so that no wish of a customer takes all of it.
            let count = thread::available_parallelism().map_or(1, NonZeroUsize::get).div_ceil(2);
            let started = Builder::new_multi_thread().worker_threads(count).thread_name("sound").enable_time().build();
            match started {
                Ok(runtime) => *threads = Some(runtime),
                Err(error) => tracing::error!(%error, "no thread can be started that decodes sound for endpoints"),
            }
        }
        threads.as_ref().map(act)
    }

    /// How many sources there are, for tests.
    #[cfg(test)]
    pub(super) fn sources(&self) -> usize {
        lock(&self.made).values().filter(|source| source.strong_count() > 0).count()
    }
}

// What is kept is whole whenever the lock is free, so a panic elsewhere does not matter.
fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Listening {
    /// The next piece; `None` if there are no more. Nothing is lost if the future is dropped.
    pub(super) async fn next(&mut self) -> Option<Piece> {
        loop {
            match self.pieces.recv().await {
                Ok(piece) => return Some(piece),
                Err(RecvError::Lagged(pieces)) => measure::dropped(TopicClass::Audio, "lagged", pieces),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Has everything made that passed by now: the capture is over, for everybody who listens.
    pub(super) fn finish(&self) {
        self.source.end.cancel();
    }
}

/// Makes pieces of packets.
struct Maker {
    sound: Sound,
    pieces: broadcast::Sender<Piece>,
}

impl Maker {
    async fn run(mut self, hub: Hub, capture: CaptureId, end: CancellationToken) {
        while !end.is_cancelled() {
            let opened = hub.opened();
            if let Some(mut tap) = hub.tap(capture, Tapped::Sound) {
                self.drain(&mut tap, &end).await;
            } else {
                tokio::select! {
                    () = end.cancelled() => {}
                    () = opened => {}
                    () = sleep(OWNER_LOOK) => {}
                }
            }
        }
        self.sound.finish();
        self.hand_out();
    }

    /// Makes pieces until the owner lets go, or the end.
    async fn drain(&mut self, tap: &mut Tap, end: &CancellationToken) {
        let mut packets = 0_u32;
        loop {
            packets = packets.wrapping_add(1);
            if packets.is_multiple_of(PACKETS_PER_TURN) {
                tokio::task::yield_now().await;
            }
            let due = self.sound.poll_timeout();
            tokio::select! {
                biased;
                () = end.cancelled() => {
                    while let Some(drained) = tap.next_now() {
                        self.take(drained);
                    }
                    return;
                }
                drained = tap.next() => {
                    if matches!(drained, Drained::Closed) {
                        return;
                    }
                    self.take(drained);
                }
                () = reached(due) => self.sound.handle_timeout(Instant::now()),
            }
            self.hand_out();
        }
    }

    fn take(&mut self, drained: Drained) {
        match drained {
            Drained::Frame(Passing { frame, format: Some(format) }) => {
                self.sound.handle_packet(&frame, format, Instant::now());
            }
            Drained::Lagged(packets) => measure::dropped(TopicClass::Audio, "lagged", packets),
            Drained::Frame(_) | Drained::Closed => {}
        }
    }

    fn hand_out(&mut self) {
        while let Some(chunk) = self.sound.poll() {
            let topic = if chunk.source.is_some() { Topic::AudioSeparate } else { Topic::AudioMixed };
            let track = chunk.source.map(|source| Track { kind: TrackKind::Audio, source });
            let buffer = STANDARD.encode(&chunk.pcm).into();
            // An error means that the last who listened has just let go.
            let _ = self.pieces.send(Piece { topic, at: chunk.at, track, buffer, lost: 0 });
        }
    }
}

/// Waits for a moment; for ever if there is none.
async fn reached(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;

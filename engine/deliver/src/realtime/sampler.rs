//! What an endpoint wants of the media of its capture, made while it is connected: taps the capture, decodes on a task of its own,
//! and leaves what is ready in a backlog for whoever sends.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use base64_turbo::STANDARD;
use hub::{Drained, Hub, Passing, Tap, Tapped};
use live::{Pictures, Sound, SoundWant};
use media::{Track, TrackKind, VideoCodec};
use model::{CaptureId, EndpointWish, Topic, TopicClass};
use tokio::{
    sync::Notify,
    task::JoinHandle,
    time::{sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    backlog::{Backlog, Piece},
    measure,
};

/// How often it is looked whether the capture has an owner here, while it has none.
const OWNER_LOOK: Duration = Duration::from_millis(200);
/// How many frames are taken before others have their turn: decoding is work.
const FRAMES_PER_TURN: u32 = 32;

/// What is made for one connection; it ends when this is dropped.
pub(super) struct Sampler {
    shared: Arc<Shared>,
    end: CancellationToken,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    backlog: Mutex<Backlog>,
    filled: Notify,
}

impl Sampler {
    /// For an endpoint; `None` if it wants no media.
    pub(super) fn start(hub: &Hub, capture: CaptureId, wish: &EndpointWish) -> Option<Self> {
        let wants = |topic: Topic| wish.topics.contains(&topic);
        let sound = SoundWant {
            separate: wants(Topic::AudioSeparate),
            mixed: wants(Topic::AudioMixed),
            chunk_ms: wish.chunk_ms,
        };
        let maker = Maker {
            sound: (sound.separate || sound.mixed).then(|| Sound::new(sound)),
            pictures: wants(Topic::VideoH264).then(Pictures::new),
            shared: Arc::default(),
        };
        if maker.sound.is_none() && maker.pictures.is_none() {
            return None;
        }
        let (shared, end) = (Arc::clone(&maker.shared), CancellationToken::new());
        let task = tokio::spawn(maker.run(hub.clone(), capture, end.clone()));
        Some(Self { shared, end, task })
    }

    /// The next piece. Nothing is lost if the future is dropped.
    pub(super) async fn next(&self) -> Piece {
        loop {
            let filled = self.shared.filled.notified();
            if let Some(piece) = self.next_now() {
                return piece;
            }
            filled.await;
        }
    }

    /// The next piece that is there already.
    pub(super) fn next_now(&self) -> Option<Piece> {
        self.shared.backlog().pop()
    }

    /// Ends, once everything that passed by now is made.
    pub(super) async fn finish(&mut self) {
        self.end.cancel();
        // Its task takes what is there and waits for nothing; if it broke off, there is nothing more.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    // The backlog is whole whenever the lock is free, so a panic elsewhere does not matter.
    fn backlog(&self) -> MutexGuard<'_, Backlog> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes pieces of frames.
struct Maker {
    sound: Option<Sound>,
    pictures: Option<Pictures>,
    shared: Arc<Shared>,
}

/// What is tapped.
struct Taps {
    sound: Option<Tap>,
    pictures: Option<Tap>,
}

impl Maker {
    async fn run(mut self, hub: Hub, capture: CaptureId, end: CancellationToken) {
        while !end.is_cancelled() {
            let mut taps = Taps {
                sound: self.sound.as_ref().and_then(|_| hub.tap(capture, Tapped::Sound)),
                pictures: self.pictures.as_ref().and_then(|_| hub.tap(capture, Tapped::Pictures)),
            };
            if taps.sound.is_some() || taps.pictures.is_some() {
                self.drain(&mut taps, &end).await;
            } else {
                tokio::select! {
                    () = end.cancelled() => {}
                    () = sleep(OWNER_LOOK) => {}
                }
            }
        }
        if let Some(sound) = &mut self.sound {
            sound.finish();
        }
        self.hand_out_sound();
    }

    /// Makes pieces until the owner lets go, or the end.
    async fn drain(&mut self, taps: &mut Taps, end: &CancellationToken) {
        let mut frames = 0_u32;
        loop {
            frames = frames.wrapping_add(1);
            if frames.is_multiple_of(FRAMES_PER_TURN) {
                tokio::task::yield_now().await;
            }
            let due = self.sound.as_ref().and_then(Sound::poll_timeout);
            let drained = tokio::select! {
                biased;
                () = end.cancelled() => {
                    for tap in [&mut taps.sound, &mut taps.pictures].into_iter().flatten() {
                        while let Some(Drained::Frame(passing)) = tap.next_now() {
                            self.take(&passing);
                        }
                    }
                    return;
                }
                drained = next_of(&mut taps.sound) => drained,
                drained = next_of(&mut taps.pictures) => drained,
                () = reached(due) => {
                    if let Some(sound) = &mut self.sound {
                        sound.handle_timeout(Instant::now());
                    }
                    self.hand_out_sound();
                    continue;
                }
            };
            match drained {
                Drained::Frame(passing) => self.take(&passing),
                Drained::Lagged(frames) => {
                    measure::dropped(TopicClass::Audio, "lagged", frames);
                    // Of which picture nobody knows, so each begins again.
                    self.pictures = self.pictures.as_ref().map(|_| Pictures::new());
                }
                Drained::Closed => return,
            }
        }
    }

    fn take(&mut self, passing: &Passing) {
        let frame = &passing.frame;
        if frame.track.kind == TrackKind::Audio {
            if let (Some(sound), Some(format)) = (&mut self.sound, passing.format) {
                sound.handle_packet(frame, format, Instant::now());
            }
            self.hand_out_sound();
        } else if VideoCodec::of_bytes(&frame.payload) == Some(VideoCodec::H264)
            && let Some(picture) = self.pictures.as_mut().and_then(|pictures| pictures.handle_frame(frame))
        {
            let buffer = STANDARD.encode(&picture);
            self.push(Piece { topic: Topic::VideoH264, at: frame.at, track: Some(frame.track), buffer, lost: 0 });
        }
    }

    fn hand_out_sound(&mut self) {
        while let Some(chunk) = self.sound.as_mut().and_then(Sound::poll) {
            let topic = if chunk.source.is_some() { Topic::AudioSeparate } else { Topic::AudioMixed };
            let track = chunk.source.map(|source| Track { kind: TrackKind::Audio, source });
            self.push(Piece { topic, at: chunk.at, track, buffer: STANDARD.encode(&chunk.pcm), lost: 0 });
        }
    }

    fn push(&mut self, piece: Piece) {
        let left_out = self.shared.backlog().push(piece);
        self.shared.filled.notify_one();
        for one in left_out {
            measure::dropped(one.class, "room", 1);
            if let (Some(pictures), Some(track)) = (&mut self.pictures, one.track) {
                pictures.note_loss(track);
            }
        }
    }
}

/// The next of a tap; for ever if there is none.
async fn next_of(tap: &mut Option<Tap>) -> Drained {
    match tap {
        Some(tap) => tap.next().await,
        None => std::future::pending().await,
    }
}

/// Waits for a moment; for ever if there is none.
async fn reached(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

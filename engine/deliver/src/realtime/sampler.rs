//! What an endpoint wants of the media of its capture, while it is connected: leaves what is ready in a backlog for whoever sends.
//! Sound comes ready from `sounds`, still pictures from whoever makes them (`hub`), and H.264 is passed on as it is.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64_turbo::STANDARD;
use hub::{Drained, Hub, Shown, Still, StillTap, Tap, Tapped};
use live::{Pictures, SoundWant};
use media::{Frame, VideoCodec};
use model::{CaptureId, EndpointWish, Topic, TopicClass};
use tokio::{
    sync::Notify,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    backlog::{Backlog, Piece},
    measure,
    sounds::{Listening, Sounds},
};

/// How often it is looked whether the capture has an owner here, although nobody told.
const OWNER_LOOK: Duration = Duration::from_millis(200);
/// How long the last of the sound is waited for when a capture is over.
const LAST_SOUND: Duration = Duration::from_secs(5);
/// How many frames are taken before others have their turn.
const FRAMES_PER_TURN: u32 = 32;

/// What is made for one connection; it ends when this is dropped.
pub(super) struct Sampler {
    shared: Arc<Shared>,
    end: CancellationToken,
    task: JoinHandle<()>,
}

struct Shared {
    backlog: Mutex<Backlog>,
    filled: Notify,
}

impl Sampler {
    /// For an endpoint; `None` if it wants no media.
    pub(super) fn start(hub: &Hub, sounds: &Arc<Sounds>, capture: CaptureId, wish: &EndpointWish) -> Option<Self> {
        let wants = |topic: Topic| wish.topics.contains(&topic);
        let sound = SoundWant {
            separate: wants(Topic::AudioSeparate),
            mixed: wants(Topic::AudioMixed),
            chunk_ms: wish.chunk_ms,
        };
        let (sound, stills) = ((sound.separate || sound.mixed).then_some(sound), wants(Topic::VideoPng));
        let pictures = wants(Topic::VideoH264).then(Pictures::new);
        if sound.is_none() && pictures.is_none() && !stills {
            return None;
        }
        let shared = Arc::new(Shared { backlog: Mutex::new(Backlog::new(stills)), filled: Notify::new() });
        let end = CancellationToken::new();
        let gatherer = Gatherer {
            hub: hub.clone(),
            sounds: Arc::clone(sounds),
            capture,
            sound,
            stills,
            pictures,
            shared: Arc::clone(&shared),
        };
        let task = tokio::spawn(gatherer.run(end.clone()));
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
        // Its task takes what is there and waits for next to nothing; if it broke off, there is nothing more.
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

/// Gathers pieces of all that is wanted.
struct Gatherer {
    hub: Hub,
    sounds: Arc<Sounds>,
    capture: CaptureId,
    sound: Option<SoundWant>,
    stills: bool,
    pictures: Option<Pictures>,
    shared: Arc<Shared>,
}

/// What is tapped; each is `None` where it is not wanted, or there is nobody who owns the capture.
struct Taps {
    sound: Option<Listening>,
    pictures: Option<Tap>,
    stills: Option<StillTap>,
}

/// What one of them gave.
enum Given {
    Sound(Option<Piece>),
    Picture(Drained),
    Still(Shown),
}

impl Gatherer {
    async fn run(mut self, end: CancellationToken) {
        let mut taps = Taps { sound: None, pictures: None, stills: None };
        let mut frames = 0_u32;
        let hub = self.hub.clone();
        loop {
            let opened = hub.opened();
            let is_complete = self.tap(&mut taps);
            frames = frames.wrapping_add(1);
            if frames.is_multiple_of(FRAMES_PER_TURN) {
                tokio::task::yield_now().await;
            }
            let given = tokio::select! {
                biased;
                () = end.cancelled() => break,
                piece = next_sound(&mut taps.sound) => Given::Sound(piece),
                drained = next_picture(&mut taps.pictures) => Given::Picture(drained),
                shown = next_still(&mut taps.stills) => Given::Still(shown),
                () = opened, if !is_complete => continue,
                () = sleep(OWNER_LOOK), if !is_complete => continue,
            };
            match given {
                Given::Sound(Some(piece)) => self.push(piece),
                Given::Picture(drained) if !matches!(drained, Drained::Closed) => self.take(drained),
                Given::Still(Shown::Still(still)) => self.take_still(&still),
                Given::Still(Shown::Lagged(stills)) => measure::dropped(TopicClass::Passing, "lagged", stills),
                // Whoever owns the capture next is tapped anew.
                Given::Sound(None) => taps.sound = None,
                Given::Picture(_) => taps.pictures = None,
                Given::Still(Shown::Closed) => taps.stills = None,
            }
        }
        self.finish(taps).await;
    }

    /// Taps what is wanted and not tapped yet; whether nothing is left.
    fn tap(&self, taps: &mut Taps) -> bool {
        if let (Some(want), None) = (self.sound, &taps.sound) {
            taps.sound = self.sounds.listen(self.capture, want);
        }
        if self.pictures.is_some() && taps.pictures.is_none() {
            taps.pictures = self.hub.tap(self.capture, Tapped::Pictures);
        }
        if self.stills && taps.stills.is_none() {
            taps.stills = self.hub.tap_stills(self.capture);
        }
        (self.sound.is_none() || taps.sound.is_some())
            && (self.pictures.is_none() || taps.pictures.is_some())
            && (!self.stills || taps.stills.is_some())
    }

    /// Takes what passed by now.
    async fn finish(&mut self, mut taps: Taps) {
        while let Some(drained) = taps.pictures.as_mut().and_then(Tap::next_now) {
            self.take(drained);
        }
        while let Some(still) = taps.stills.as_mut().and_then(StillTap::next_now) {
            self.take_still(&still);
        }
        let Some(mut sound) = taps.sound else { return };
        sound.finish();
        let rest = async {
            while let Some(piece) = sound.next().await {
                self.push(piece);
            }
        };
        if timeout(LAST_SOUND, rest).await.is_err() {
            tracing::warn!("the last sound of a capture was not decoded in time; an endpoint goes without it");
        }
    }

    fn take(&mut self, drained: Drained) {
        match drained {
            Drained::Frame(passing) => self.take_picture(&passing.frame),
            Drained::Lagged(frames) => {
                measure::dropped(TopicClass::Video, "lagged", frames);
                // Of which picture nobody knows, so each begins again.
                self.pictures = self.pictures.as_ref().map(|_| Pictures::new());
            }
            Drained::Closed => {}
        }
    }

    fn take_picture(&mut self, frame: &Frame) {
        if VideoCodec::of_bytes(&frame.payload) == Some(VideoCodec::H264)
            && let Some(unit) = self.pictures.as_mut().and_then(|pictures| pictures.handle_frame(frame))
        {
            let buffer = STANDARD.encode(&unit.payload).into();
            self.push(Piece { topic: Topic::VideoH264, at: frame.at, track: Some(frame.track), buffer, lost: 0 });
        }
    }

    fn take_still(&mut self, still: &Still) {
        let buffer = STANDARD.encode(&still.png).into();
        self.push(Piece { topic: Topic::VideoPng, at: still.at, track: Some(still.track), buffer, lost: 0 });
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

/// The next piece of sound; for ever if none is tapped.
async fn next_sound(tap: &mut Option<Listening>) -> Option<Piece> {
    match tap {
        Some(tap) => tap.next().await,
        None => std::future::pending().await,
    }
}

/// The next of a tap; for ever if there is none.
async fn next_picture(tap: &mut Option<Tap>) -> Drained {
    match tap {
        Some(tap) => tap.next().await,
        None => std::future::pending().await,
    }
}

/// The next still picture of a tap; for ever if there is none.
async fn next_still(tap: &mut Option<StillTap>) -> Shown {
    match tap {
        Some(tap) => tap.next().await,
        None => std::future::pending().await,
    }
}

//! Captures that ended, their logs, and desks for the tests of this crate.

use std::{collections::BTreeMap, fs, num::NonZeroUsize, ops::Range, path::Path, sync::Arc, time::Instant};

use bytes::Bytes;

use catalog::{Catalog, Outcome};
use hub::Hub;
use journal::{DiskPool, LocalDisk, LogDir, LogSettings, LogWriter};
use media::{AudioCodec, AudioFormat, Channels, Format, Frame, SampleRate, SourceTime, Track, TrackKind};
use model::{
    ArtifactState, Capture, CaptureId, CaptureStatus, Control, Edition, Entry, Epoch, Event, EventBody, NewCapture,
    Participant, ParticipantId, Pii, Record, RecordingConfig, RecordingId, RecordingQuality, Retention, StreamRef,
    Utterance, platform::Leg,
};
use store::Store;

use crate::{
    Settings, Workers,
    clock::unix_ms,
    desk::Desk,
    leash::Leash,
    message::{Assignment, Findings},
};

/// What the log of a test holds.
pub(crate) const CANARY: &str = "Nobody must read this again";

/// The capture of stream `n` of one meeting, of which that is wanted and media was received.
pub(crate) async fn begun(catalog: &Catalog, n: u8, config: RecordingConfig) -> CaptureId {
    begun_in("m", catalog, n, config).await
}

/// The same of a meeting.
pub(crate) async fn begun_in(meeting: &str, catalog: &Catalog, n: u8, config: RecordingConfig) -> CaptureId {
    let id = CaptureId::new(u64::from(n), [n; 10]);
    let new = NewCapture {
        id,
        recording_id: RecordingId::new(u64::from(n), [n; 10]),
        project: model::Project::default(),
        stream: StreamRef { app: "first".to_owned(), meeting_uuid: meeting.to_owned(), stream_id: format!("s{n}") },
        server_urls: "wss://one.example".to_owned(),
        signature: None,
        notice: "{}".to_owned(),
        notice_unix_ms: 1,
        operator: Some("user".to_owned()),
        config,
        metadata: BTreeMap::new(),
        now_unix_ms: i64::from(n),
    };
    catalog.start_capture(new).await.unwrap();
    catalog.claim_start(1_000).await.unwrap().unwrap();
    catalog.recording_started(id, SourceTime::from_unix_ms(1), 1).await.unwrap();
    id
}

/// A capture that ended and of which only documents are wanted.
pub(crate) async fn ended(catalog: &Catalog) -> CaptureId {
    let id = start(catalog, 1).await;
    end(catalog, id).await;
    id
}

/// One render at a time, and logs are kept.
pub(crate) fn settings(dir: &Path) -> Settings {
    Settings {
        data_dir: dir.to_owned(),
        keep_log_hours: None,
        renders: NonZeroUsize::MIN,
        rolling: 0,
        pictures: 1,
        workers: Workers::Threads,
        video: render::Settings::default(),
        sound: render::SoundSettings::default(),
    }
}

pub(crate) fn desk(dir: &Path, catalog: &Catalog, store: &Store) -> Desk {
    let (settings, hub) = (Arc::new(settings(dir)), Hub::new());
    Desk { settings, catalog: catalog.clone(), store: store.clone(), hub, rolled: None }
}

pub(crate) fn called_off() -> Arc<Leash> {
    let leash = Leash::default();
    leash.call_off();
    Arc::new(leash)
}

pub(crate) async fn states(catalog: &Catalog, id: CaptureId) -> (CaptureStatus, Vec<ArtifactState>) {
    let capture: Capture = catalog.capture(id).await.unwrap().unwrap();
    let artifacts = capture.recording.as_ref().unwrap().artifacts.iter().map(|artifact| artifact.state).collect();
    (capture.latest().status, artifacts)
}

/// The start of stream `n` of one meeting, of which only documents are wanted.
pub(crate) async fn start(catalog: &Catalog, n: u8) -> CaptureId {
    start_kept(catalog, n, Retention::Forever).await
}

/// The same, kept for as long as that.
pub(crate) async fn start_kept(catalog: &Catalog, n: u8, retention: Retention) -> CaptureId {
    begun(catalog, n, RecordingConfig { video_mixed: false, retention, ..RecordingConfig::of_an_app() }).await
}

/// Writes the log of a capture: somebody says `text` at a second, and the stream ends two seconds later.
pub(crate) async fn write_log(data: &Path, id: CaptureId, second: i64, text: &str) {
    let (pool, now) = (DiskPool::start(Arc::new(LocalDisk), 1).unwrap(), Instant::now());
    let mut log = LogWriter::open(LogDir::of(data, id), pool, LogSettings::default(), Epoch(1), now).unwrap();
    let at = |ms: i64| SourceTime::from_unix_ms(1_767_225_600_000 + second * 1_000 + ms);
    let utterance = Utterance {
        speaker: Some(Participant { id: ParticipantId(7), name: None }),
        text: Pii::new(text.to_owned()),
        start: at(0),
        end: at(1_000),
        language: None,
    };
    let said = Event { at: at(0), body: EventBody::Transcript(utterance) };
    let over = Control::Ended { code: "over".to_owned(), cut_short: false, stop_reason: Some(2), at: Some(at(2_000)) };
    for entry in [Entry::Control(Control::FirstPacket { at: at(0) }), Entry::Event(said), Entry::Control(over)] {
        log.append(&Record { arrived_unix_ns: 1, epoch: Epoch(1), entry }, now).unwrap();
    }
    log.close().await.unwrap();
}

/// A meeting in which one person speaks all the time, written while it goes on.
pub(crate) struct Talk {
    log: LogWriter,
}

impl Talk {
    /// 20 ms of silence in Opus.
    const PACKET: [u8; 3] = [0xF8, 0xFF, 0xFE];

    pub(crate) fn begin(data: &Path, id: CaptureId) -> Self {
        let (pool, now) = (DiskPool::start(Arc::new(LocalDisk), 1).unwrap(), Instant::now());
        let log = LogWriter::open(LogDir::of(data, id), pool, LogSettings::default(), Epoch(1), now).unwrap();
        let mut talk = Self { log };
        let opus = AudioFormat {
            codec: AudioCodec::Opus,
            rate: SampleRate::HZ_48000,
            channels: Channels::Mono,
            packet_ms: 20,
        };
        talk.append(0, Entry::Control(Control::FirstPacket { at: talk_time(0) }));
        talk.append(0, Entry::Control(Control::LegReady { leg: Leg::Audio, format: Some(Format::Audio(opus)) }));
        talk
    }

    /// Says something in these seconds; all of it is in the log then.
    pub(crate) async fn say(&mut self, seconds: Range<i64>) {
        let track = Track { kind: TrackKind::Audio, source: 7 };
        for ms in (seconds.start * 1_000..seconds.end * 1_000).step_by(20) {
            let payload = Bytes::from_static(&Self::PACKET);
            self.append(ms, Entry::Media(Frame { track, at: talk_time(ms), payload }));
        }
        let due = self.log.next_tick().expect("something waits");
        self.log.tick(due).unwrap();
        std::future::poll_fn(|cx| self.log.poll_synced(cx, Instant::now())).await.unwrap();
    }

    pub(crate) async fn end(mut self, second: i64) {
        let at = Some(talk_time(second * 1_000));
        let over = Control::Ended { code: "over".to_owned(), cut_short: false, stop_reason: Some(2), at };
        self.append(second * 1_000, Entry::Control(over));
        self.log.close().await.unwrap();
    }

    fn append(&mut self, ms: i64, entry: Entry) {
        let arrived_unix_ns = talk_time(ms).unix_ms().unsigned_abs() * 1_000_000;
        self.log.append(&Record { arrived_unix_ns, epoch: Epoch(1), entry }, Instant::now()).unwrap();
    }
}

const fn talk_time(ms: i64) -> SourceTime {
    SourceTime::from_unix_ms(1_767_225_600_000 + ms)
}

pub(crate) async fn end(catalog: &Catalog, id: CaptureId) {
    catalog.capture_ended(id, None, Outcome::Ended { code: "over".to_owned(), message: None }, 1).await.unwrap();
}

/// Renders what waits and answers every object of the store as text.
pub(crate) async fn render(data: &Path, catalog: &Catalog, store: &Store) -> String {
    let job = catalog.claim_render(unix_ms()).await.unwrap().expect("a render waits");
    desk(data, catalog, store).run(job, Arc::default()).await;
    everything_below(&data.join("store/objects"))
}

pub(crate) fn everything_below(dir: &Path) -> String {
    let entries = fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path());
    let text = entries.map(|path| {
        if path.is_dir() {
            everything_below(&path)
        } else {
            String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
        }
    });
    text.collect()
}

pub(crate) async fn quality(catalog: &Catalog, id: CaptureId) -> Option<RecordingQuality> {
    catalog.capture(id).await.unwrap().unwrap().recording.unwrap().quality
}

/// How many things wait in the store to be published.
pub(crate) fn staged(dir: &Path) -> usize {
    fs::read_dir(dir.join("store/incoming")).map_or(0, Iterator::count)
}

/// What a worker of captures below `dir` is told, who writes into a directory there.
pub(crate) fn assignment(dir: &Path, captures: &[CaptureId], staging: &Path) -> Assignment {
    let settings = settings(dir);
    Assignment {
        data_dir: settings.data_dir,
        captures: captures.to_vec(),
        is_growing: false,
        meeting_uuid: "m".to_owned(),
        origin: None,
        attempts: 0,
        look: Edition::default(),
        staging: staging.to_owned(),
        findings: Findings::default(),
        video: settings.video,
        sound: settings.sound,
    }
}

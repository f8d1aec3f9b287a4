//! A meeting whose pictures and sound tell their own time, written into a log as it arrives.

use std::{future::poll_fn, process::Command, sync::Arc, time::Instant};

use bytes::Bytes;
use journal::{DiskPool, LocalDisk, LogDir, LogSettings, LogWriter};
use media::{AudioCodec, AudioFormat, Channels, Format, Frame, SampleRate, SourceTime, Track, TrackKind, VideoCodec};
use model::{CaptureId, Control, Entry, Epoch, Record, platform::Leg};

use super::super::{printer::Bench, reel::Reel};

pub(super) const ZERO_MS: i64 = 1_767_225_600_000;
/// How long a picture is shown.
pub(super) const PICTURE_MS: i64 = 40;
/// How many packets of 20 ms a beep has, and how often there is one.
const BEEP_PACKETS: i64 = 5;
pub(super) const BEEP_EVERY_MS: i64 = 3_000;

/// The log of a test.
pub(super) struct Script {
    pub(super) dir: LogDir,
    log: LogWriter,
    epoch: Epoch,
}

impl Script {
    pub(super) fn begin(data: &std::path::Path, epoch: u32) -> Self {
        let dir = LogDir::of(data, CaptureId::new(1, [1; 10]));
        let (pool, now) = (DiskPool::start(Arc::new(LocalDisk), 1).unwrap(), Instant::now());
        let log = LogWriter::open(dir.clone(), pool, LogSettings::default(), Epoch(epoch), now).unwrap();
        let mut script = Self { dir, log, epoch: Epoch(epoch) };
        if epoch == 1 {
            script.control(0, Control::FirstPacket { at: at(0) });
        }
        script
    }

    pub(super) fn connect(&mut self, ms: i64) {
        let sound =
            AudioFormat { codec: AudioCodec::L16, rate: SampleRate::HZ_16000, channels: Channels::Mono, packet_ms: 20 };
        self.control(ms, Control::LegReady { leg: Leg::Audio, format: Some(Format::Audio(sound)) });
        self.control(ms, Control::LegReady { leg: Leg::Video, format: Some(Format::Video(VideoCodec::H264)) });
    }

    pub(super) fn lose(&mut self, ms: i64) {
        for leg in [Leg::Audio, Leg::Video] {
            self.control(ms, Control::LegLost { leg, cause: "zoom_rtms_closed_by_peer".to_owned(), ago_ms: 0 });
        }
    }

    pub(super) fn control(&mut self, ms: i64, control: Control) {
        self.append(ms, Entry::Control(control));
    }

    /// Everything that is heard and seen between two moments; `shown` names the picture of a moment.
    pub(super) fn run(&mut self, ms: std::ops::Range<i64>, shown: impl Fn(i64) -> Option<Bytes>) {
        for ms in ms.step_by(20) {
            let sound = Track { kind: TrackKind::Audio, source: 7 };
            self.append(ms, Entry::Media(Frame { track: sound, at: at(ms), payload: packet(ms) }));
            if ms % PICTURE_MS == 0
                && let Some(payload) = shown(ms)
            {
                let camera = Track { kind: TrackKind::Video, source: 7 };
                self.append(ms, Entry::Media(Frame { track: camera, at: at(ms), payload }));
            }
        }
    }

    /// All of it is in the log then.
    pub(super) async fn sync(&mut self) {
        if let Some(due) = self.log.next_tick() {
            self.log.tick(due).unwrap();
            poll_fn(|cx| self.log.poll_synced(cx, Instant::now())).await.unwrap();
        }
    }

    pub(super) async fn end(mut self, ms: i64) {
        let over = Control::Ended { code: "over".to_owned(), cut_short: false, stop_reason: Some(6), at: Some(at(ms)) };
        self.control(ms, over);
        self.log.close().await.unwrap();
    }

    /// As if the process died: what is synced stays.
    pub(super) fn die(self) {
        drop(self);
    }

    fn append(&mut self, ms: i64, entry: Entry) {
        let arrived_unix_ns = at(ms).unix_ms().unsigned_abs() * 1_000_000;
        self.log.append(&Record { arrived_unix_ns, epoch: self.epoch, entry }, Instant::now()).unwrap();
    }
}

pub(super) fn at(ms: i64) -> SourceTime {
    SourceTime::from_unix_ms(ZERO_MS + ms)
}

/// 20 ms of L16: a tone at the beginning of every third second.
fn packet(ms: i64) -> Bytes {
    let is_beep = ms % BEEP_EVERY_MS < BEEP_PACKETS * 20 && ms >= BEEP_EVERY_MS;
    let sample = |n: i64| {
        let t = (ms * 16 + n) as f64 / 16_000.0;
        let wave = if is_beep { (std::f64::consts::TAU * 1_000.0 * t).sin() * 12_000.0 } else { 0.0 };
        (wave as i16).to_le_bytes()
    };
    (0..320).flat_map(sample).collect::<Vec<u8>>().into()
}

/// Access units of grey pictures, of which number `n` has a brightness of 30 and 10 for each of `n` modulo 20; one in `keys` is a key
/// picture.
pub(super) fn pictures(width: u32, height: u32, count: usize, keys: u32) -> Vec<Bytes> {
    pictures_in_order(width, height, count, keys, 0)
}

/// The same as they are decoded, of which so many between two others are shown before the second of these.
pub(super) fn pictures_in_order(width: u32, height: u32, count: usize, keys: u32, between: u32) -> Vec<Bytes> {
    let source = format!("nullsrc=s={width}x{height}:r=25,geq=lum='30+10*mod(N,20)':cb=128:cr=128");
    let x264 = format!("keyint={keys}:min-keyint={keys}:scenecut=0:bframes={between}:b-adapt=0:aud=1:repeat-headers=1");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", &source, "-frames:v", &count.to_string(), "-pix_fmt", "yuv420p"])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-qp", "16"])
        .args(["-x264-params", &x264, "-f", "h264", "-"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut units: Vec<Vec<u8>> = Vec::new();
    let stream = made.stdout;
    // Every unit begins with a delimiter.
    let delimiter = [0, 0, 0, 1, 9];
    let mut rest = stream.as_slice();
    while !rest.is_empty() {
        let next = rest.windows(5).skip(1).position(|five| five == delimiter).map_or(rest.len(), |at| at + 1);
        units.push(rest[..next].to_vec());
        rest = &rest[next..];
    }
    assert_eq!(units.len(), count);
    units.into_iter().map(Bytes::from).collect()
}

/// Small pictures of the blank screen, so that tests are quick.
pub(super) fn settings() -> render::Settings {
    render::Settings { canvas_width: 320, canvas_height: 180, ..render::Settings::default() }
}

pub(super) fn reel(dir: &LogDir) -> Reel {
    reel_at(dir, Bench::Here)
}

/// A stream whose pictures are made there.
pub(super) fn reel_at(dir: &LogDir, bench: Bench) -> Reel {
    Reel::new(CaptureId::new(1, [1; 10]), dir.clone(), settings(), bench).unwrap()
}

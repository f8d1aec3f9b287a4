//! What the frame path asks of the allocator while nothing unusual happens: message in, frame decoded, record in the log. A
//! program of its own, because its allocator counts.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use journal::{DiskPool, LocalDisk, LogDir, LogSettings, LogWriter};
use model::{
    CaptureId, Entry, Epoch, Record, Secret,
    platform::{Input, Leg, Output, Platform as _},
};
use zoom::{Session, SessionConfig, webhook::StartNotice};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const OFFER: &str = r#"{"msg_type":2,"status_code":0,"media_server":{"server_urls":{"audio":"wss://a.zoom.us","video":"wss://v.zoom.us"}}}"#;
/// How often the circle of messages is gone through before it is counted, and while it is.
const WARM_UP: usize = 20;
const COUNTED: usize = 200;
/// How many messages share a call to the allocator at least: slabs, blocks of the log and tables that grow.
const MESSAGES_PER_ALLOCATION: u64 = 10;

/// A message of a kind, for ever, so that it costs nothing to hand it in once more.
fn message(msg_type: u32, payload: &[u8]) -> Bytes {
    let data = base64_turbo::STANDARD.encode(payload);
    let json = format!(
        r#"{{"msg_type":{msg_type},"content":{{"user_id":16778240,"user_name":"Ada","timestamp":1767225600123,"length":{},"data":"{data}"}}}}"#,
        payload.len()
    );
    Bytes::from_static(Vec::leak(json.into_bytes()))
}

struct Path {
    session: Session,
    log: LogWriter,
    frames: u64,
    dialled: Vec<Leg>,
}

impl Path {
    fn tell(&mut self, input: Input) {
        let now = Instant::now();
        self.session.handle_input(input, now);
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Record(entry) => {
                    self.frames += u64::from(matches!(entry, Entry::Media(_)));
                    let record = Record { arrived_unix_ns: 1, epoch: Epoch(1), entry };
                    self.log.append(&record, now).expect("a record can be written down");
                }
                Output::Open(leg, _) => self.dialled.push(leg),
                _ => {}
            }
        }
    }

    /// Joins a meeting that sends sound and pictures.
    fn join(&mut self) {
        self.tell(Input::Opened(Leg::Signaling));
        self.tell(Input::Message(Leg::Signaling, Bytes::from_static(OFFER.as_bytes())));
        for leg in std::mem::take(&mut self.dialled) {
            self.tell(Input::Opened(leg));
            self.tell(Input::Message(leg, Bytes::from_static(br#"{"msg_type":4,"status_code":0}"#)));
        }
    }
}

#[test]
fn a_message_of_sound_or_of_a_picture_does_not_call_the_allocator() {
    let _counting = dhat::Profiler::builder().testing().build();
    let dir = tempfile::tempdir().expect("a directory");
    let pool = DiskPool::start(Arc::new(LocalDisk), 1).expect("a thread");
    let dir = LogDir::of(dir.path(), CaptureId::new(1, [0; 10]));
    let log = LogWriter::open(dir, pool, LogSettings::default(), Epoch(1), Instant::now()).expect("a log");
    let notice =
        StartNotice::direct("a/B+cD0eFgHiJkLmNoPqRw==", "0123456789abcdef0123456789abcdef", "wss://one.zoom.us");
    let config = SessionConfig::new(&notice.expect("a notice"), "client", Secret::new("signature".to_owned()));
    let mut path = Path { session: Session::new(config, Instant::now()), log, frames: 0, dialled: Vec::new() };
    path.join();
    let (sound, picture) = (message(14, &[7; 640]), message(15, &[&[0, 0, 0, 1, 0x41][..], &[7; 7_000]].concat()));
    let circle = [(Leg::Audio, &sound), (Leg::Audio, &sound), (Leg::Video, &picture)];
    let mut play = |rounds: usize| {
        for (leg, message) in circle.iter().cycle().take(3 * rounds) {
            path.tell(Input::Message(*leg, Bytes::clone(message)));
        }
        path.frames
    };
    assert_eq!(play(WARM_UP), 3 * WARM_UP as u64, "every message is a frame");
    let before = dhat::HeapStats::get().total_blocks;
    let frames = play(COUNTED) - 3 * WARM_UP as u64;
    let asked = dhat::HeapStats::get().total_blocks - before;
    assert_eq!(frames, 3 * COUNTED as u64);
    assert!(asked * MESSAGES_PER_ALLOCATION <= frames, "{asked} calls for {frames} messages");
}

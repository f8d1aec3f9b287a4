//! Scripts of time: at this moment this input, hence exactly these outputs, and the next wake-up then.
//!
//! A [`Script`] is a session with its clock, which never jumps over a wake-up; [`Script::play`] runs a table of [`Line`]s and
//! fails on an output that the table lacks. Elsewhere whoever calls says what follows: these outputs, [`nothing`], or
//! [`whatever`]. That all this fails when it should is shown in `strictness`.

mod calls;
mod cameras;
mod disagreements;
mod ends;
mod evictions;
mod happy;
mod hostile;
mod interruptions;
mod late;
mod losses;
mod people;
mod pictures;
mod products;
mod reasons;
mod refusals;
mod refused_media;
mod rejoins;
mod repeats;
mod restarts;
mod sessions;
mod strictness;
mod timers;
mod unified;
mod windows;

use std::time::{Duration, Instant};

use bytes::Bytes;
use model::{
    Entry, Secret,
    platform::{Ask, Close, EndKind, Input, Leg, Output, Platform},
};

use super::{Session, SessionConfig, ShareWant, VideoWant, Wants};
use crate::webhook::StartNotice;

const UUID: &str = "a/B+cD0eFgHiJkLmNoPqRw==";
const STREAM: &str = "0123456789abcdef0123456789abcdef";
/// The moment of the notice, on Zoom's clock.
const NOTICE_MS: i64 = 1_767_225_600_123;

/// A session and its clock, which stands until it is moved.
struct Script {
    session: Session,
    start: Instant,
    now_ms: u64,
}

/// One line of a script: the moment in milliseconds, what happens, every output (one that ends in `…` is a beginning), and
/// the next wake-up then.
struct Line<'a>(u64, Do, &'a [&'a str], Wake);

/// What happens on a line.
enum Do {
    /// The wake-up that the machine asked for.
    Wake,
    Input(Input),
}

/// When the machine wants to be woken.
enum Wake {
    At(u64),
    /// Jitter is at work.
    In(std::ops::RangeInclusive<u64>),
    Never,
}

fn opened(leg: Leg) -> Do {
    Do::Input(Input::Opened(leg))
}

fn said(leg: Leg, message: &str) -> Do {
    Do::Input(Input::Message(leg, Bytes::from(message.to_owned())))
}

fn heard(leg: Leg) -> Do {
    Do::Input(Input::Heard(leg))
}

fn closed(leg: Leg, close: Close) -> Do {
    Do::Input(Input::Closed(leg, close))
}

fn asked(ask: Ask) -> Do {
    Do::Input(Input::Command(ask))
}

fn unreachable() -> Close {
    Close::Unreachable { code: "connect_failed", message: "It cannot be reached.".to_owned(), permanent: false }
}

/// A configuration that wants these kinds of media only.
fn config(legs: &[Leg]) -> SessionConfig {
    let notice = StartNotice::direct(UUID, STREAM, "wss://one.zoom.us,wss://two.zoom.us").expect("a notice");
    let everything = Wants::default();
    let want = Wants {
        audio: if legs.contains(&Leg::Audio) { everything.audio } else { Vec::new() },
        video: if legs.contains(&Leg::Video) { VideoWant::ActiveSpeaker } else { VideoWant::None },
        share: if legs.contains(&Leg::Share) { ShareWant::Jpeg } else { ShareWant::None },
        transcript: legs.contains(&Leg::Transcript),
        transcript_language: None,
        chat: legs.contains(&Leg::Chat),
    };
    let config = SessionConfig::new(&notice, "client", Secret::new("SIGNATURE".to_owned()));
    SessionConfig { want, notice_unix_ms: NOTICE_MS, seed: 7, ..config }
}

impl Script {
    /// A session just made, and its first outputs.
    fn begin(config: SessionConfig) -> (Self, Vec<String>) {
        let start = Instant::now();
        let mut script = Self { session: Session::new(config, start), start, now_ms: 0 };
        let outputs = script.drain();
        (script, outputs)
    }

    /// A session whose signaling and media connections are ready, at 0 ms.
    fn running(legs: &[Leg]) -> Self {
        let (mut script, _) = Self::begin(config(legs));
        script.join(legs);
        script
    }

    /// Answers both handshakes of a session that is connecting.
    fn join(&mut self, legs: &[Leg]) -> Vec<String> {
        let mut outputs = self.opened(Leg::Signaling);
        outputs.extend(self.message(Leg::Signaling, OFFER_ALL_KINDS));
        for leg in legs {
            outputs.extend(self.opened(*leg));
            outputs.extend(self.message(*leg, r#"{"msg_type":4,"status_code":0}"#));
        }
        outputs
    }

    fn now(&self) -> Instant {
        self.start + Duration::from_millis(self.now_ms)
    }

    #[must_use]
    fn input(&mut self, input: Input) -> Vec<String> {
        let now = self.now();
        self.session.handle_input(input, now);
        self.drain()
    }

    fn opened(&mut self, leg: Leg) -> Vec<String> {
        self.input(Input::Opened(leg))
    }

    #[must_use]
    fn message(&mut self, leg: Leg, message: &str) -> Vec<String> {
        self.input(Input::Message(leg, Bytes::from(message.to_owned())))
    }

    #[must_use]
    fn closed(&mut self, leg: Leg, close: Close) -> Vec<String> {
        self.input(Input::Closed(leg, close))
    }

    #[must_use]
    fn ask(&mut self, ask: Ask) -> Vec<String> {
        self.input(Input::Command(ask))
    }

    /// Runs a table of lines, in which time never jumps over a wake-up.
    #[track_caller]
    fn play(&mut self, lines: &[Line<'_>]) {
        for (index, Line(ms, input, outputs, wake)) in lines.iter().enumerate() {
            let due = self.wake_ms();
            let got = match input {
                Do::Wake => {
                    assert_eq!(due, Some(*ms), "line {index}: the moment of the wake-up");
                    self.wake()
                }
                Do::Input(input) => self.at(*ms).input(input.clone()),
            };
            let fits = |got: &String, wanted: &&str| match wanted.strip_suffix('…') {
                Some(start) => got.starts_with(start),
                None => got == wanted,
            };
            let is_expected =
                got.len() == outputs.len() && got.iter().zip(*outputs).all(|(got, wanted)| fits(got, wanted));
            assert!(is_expected, "line {index} at {ms} ms\n expected {outputs:#?}\n got {got:#?}");
            match wake {
                Wake::At(at) => assert_eq!(self.wake_ms(), Some(*at), "line {index}: the next wake-up"),
                Wake::In(range) => {
                    let at = self.wake_ms().expect("a wake-up");
                    assert!(range.contains(&at), "line {index}: the next wake-up is at {at}, not in {range:?}");
                }
                Wake::Never => assert_eq!(self.wake_ms(), None, "line {index}: nothing is awaited"),
            }
        }
    }

    /// Moves the clock, but not over a wake-up.
    #[track_caller]
    fn at(&mut self, ms: u64) -> &mut Self {
        let due = self.wake_ms();
        assert!(due.is_none_or(|due| due >= ms), "a wake-up at {due:?} is jumped over on the way to {ms}");
        self.set_clock(ms);
        self
    }

    #[track_caller]
    fn set_clock(&mut self, ms: u64) {
        assert!(ms >= self.now_ms, "time goes forward");
        self.now_ms = ms;
    }

    /// The next wake-up, in milliseconds from the beginning.
    fn wake_ms(&self) -> Option<u64> {
        let at = self.session.poll_timeout()?;
        Some(at.saturating_duration_since(self.start).as_micros().div_ceil(1000) as u64)
    }

    /// Moves the clock to the next wake-up and tells the machine.
    #[must_use]
    #[track_caller]
    fn wake(&mut self) -> Vec<String> {
        let at = self.wake_ms().expect("a wake-up");
        self.oversleep(at)
    }

    /// Keeps the connections of `legs` alive and lets time pass until the machine wants something done.
    #[must_use]
    fn stir(&mut self, legs: &[Leg]) -> Vec<String> {
        loop {
            for leg in legs {
                assert_eq!(self.message(*leg, ALIVE), Vec::<String>::new());
            }
            let outputs = self.wake();
            if !outputs.is_empty() {
                return outputs;
            }
        }
    }

    /// The next wake-up, which must be at `ms`.
    #[must_use]
    #[track_caller]
    fn timeout(&mut self, ms: u64) -> Vec<String> {
        assert_eq!(self.wake_ms(), Some(ms), "the moment of the wake-up");
        self.wake()
    }

    /// Wakes the machine at `ms`, over whatever it wanted to be woken for before.
    #[must_use]
    #[track_caller]
    fn oversleep(&mut self, ms: u64) -> Vec<String> {
        self.set_clock(ms);
        let now = self.now();
        self.session.handle_timeout(now);
        self.drain()
    }

    /// Lets time pass until `ms`, waking the machine whenever it wants.
    #[must_use]
    fn pass_until(&mut self, ms: u64) -> Vec<String> {
        let mut outputs = Vec::new();
        while let Some(at) = self.wake_ms().filter(|at| *at <= ms) {
            outputs.extend(self.oversleep(at.max(self.now_ms)));
        }
        self.set_clock(ms);
        outputs
    }

    /// Keeps every connection in `legs` alive and lets time pass until `ms`; everything that happens on the way.
    #[must_use]
    fn live_until(&mut self, ms: u64, legs: &[Leg]) -> Vec<String> {
        let mut outputs = Vec::new();
        while self.now_ms < ms {
            outputs.extend(self.pass_until((self.now_ms + 5_000).min(ms)));
            for leg in legs {
                outputs.extend(self.message(*leg, ALIVE));
            }
        }
        outputs
    }

    #[must_use]
    fn drain(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.session.poll_output()).map(|output| show(&output)).collect()
    }
}

/// Nothing was to follow.
#[track_caller]
fn nothing(outputs: Vec<String>) {
    assert_eq!(outputs, Vec::<String>::new());
}

/// What followed is the business of another test.
fn whatever(_: Vec<String>) {}

impl Drop for Script {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let left = self.drain();
            assert!(left.is_empty(), "nobody read {left:?}");
        }
    }
}

/// An output as one line.
fn show(output: &Output) -> String {
    match output {
        Output::Open(leg, endpoint) => format!("open {leg} {} {}", endpoint.url, endpoint.message_limit_bytes),
        Output::Send(leg, message) => format!("send {leg} {}", String::from_utf8_lossy(message)),
        Output::Ping(leg) => format!("ping {leg}"),
        Output::Close(leg) => format!("close {leg}"),
        Output::Record(Entry::Media(frame)) => {
            format!("media {} {} {}", frame.track, frame.at.unix_ms(), hex::encode(&frame.payload))
        }
        Output::Record(Entry::Control(control)) => serde_json::to_string(control).expect("a control record"),
        Output::Record(Entry::Event(event)) | Output::Event(event) => serde_json::to_string(event).expect("an event"),
        Output::End(end) => {
            let kind = match end.kind {
                EndKind::Ended => "ended",
                EndKind::Revoked => "revoked",
                EndKind::Failed => "failed",
                EndKind::Suspended => "suspended",
            };
            let restart = if end.may_restart { " (may restart)" } else { "" };
            format!("end {kind} {} {}{restart}", end.code, end.message)
        }
    }
}

/// The answer to the signaling handshake that offers everything.
const OFFER_ALL_KINDS: &str = r#"{"msg_type":2,"status_code":0,"media_server":{"server_urls":{
    "audio":"wss://m.zoom.us/audio","video":"wss://m.zoom.us/video","deskshare":"wss://m.zoom.us/share",
    "transcript":"wss://m.zoom.us/transcript","chat":"wss://m.zoom.us/chat","all":"wss://m.zoom.us/all"}}}"#;

/// The answer to the signaling handshake that offers one connection for everything.
const OFFER_ONLY_ALL: &str =
    r#"{"msg_type":2,"status_code":0,"media_server":{"server_urls":{"all":"wss://m.zoom.us/all"}}}"#;
/// The answer to a media handshake that takes everything as it was asked for.
const TAKEN: &str = r#"{"msg_type":4,"status_code":0}"#;
/// Any message that is a sign of life and nothing else: a stream that is active.
const ALIVE: &str = r#"{"msg_type":8,"state":1}"#;
/// Zoom's notice that it lost a media connection.
const INTERRUPTED: &str = r#"{"msg_type":6,"event":{"event_type":7,"timestamp":1767225626000}}"#;
/// The question whether Zoom is there.
const PROBE: &str = r#"send signaling {"msg_type":19,"rtms_stream_id":"0123456789abcdef0123456789abcdef"}"#;
/// What is said when media may flow.
const READY: &str = r#"send signaling {"msg_type":7,"rtms_stream_id":"0123456789abcdef0123456789abcdef"}"#;
const OPEN_AUDIO: &str = "open audio wss://m.zoom.us/audio 1048576";

/// The log's word that a leg was lost just now.
fn lost(leg: &str, cause: &str) -> String {
    lost_before(leg, cause, 0)
}

/// The log's word that a leg was lost so many milliseconds before.
fn lost_before(leg: &str, cause: &str, ago_ms: u64) -> String {
    format!(r#"{{"control":"leg_lost","leg":"{leg}","cause":"{cause}","ago_ms":{ago_ms}}}"#)
}

/// A sound message of participant `user_id`.
fn sound(user_id: i64, timestamp_ms: i64) -> String {
    format!(
        r#"{{"msg_type":14,"content":{{"user_id":{user_id},"user_name":"Ada","timestamp":{timestamp_ms},"data":"AAEC"}}}}"#
    )
}

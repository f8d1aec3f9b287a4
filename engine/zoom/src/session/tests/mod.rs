//! Scripts of time: at this moment this input, hence exactly these outputs, and the next wake-up then.

mod ends;
mod happy;
mod hostile;
mod losses;
mod people;
mod refusals;
mod timers;

use std::time::{Duration, Instant};

use bytes::Bytes;
use model::{
    Entry, Secret,
    platform::{Ask, Close, EndKind, Input, Leg, Output, Platform},
};

use super::{Session, SessionConfig, Wants};
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

/// A configuration that wants these kinds of media only.
fn config(legs: &[Leg]) -> SessionConfig {
    let notice = StartNotice::direct(UUID, STREAM, "wss://one.zoom.us,wss://two.zoom.us").expect("a notice");
    let everything = Wants::default();
    let want = Wants {
        audio: if legs.contains(&Leg::Audio) { everything.audio } else { Vec::new() },
        video: legs.contains(&Leg::Video),
        share: legs.contains(&Leg::Share),
        transcript: legs.contains(&Leg::Transcript),
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

    fn input(&mut self, input: Input) -> Vec<String> {
        let now = self.now();
        self.session.handle_input(input, now);
        self.drain()
    }

    fn opened(&mut self, leg: Leg) -> Vec<String> {
        self.input(Input::Opened(leg))
    }

    fn message(&mut self, leg: Leg, message: &str) -> Vec<String> {
        self.input(Input::Message(leg, Bytes::from(message.to_owned())))
    }

    fn closed(&mut self, leg: Leg, close: Close) -> Vec<String> {
        self.input(Input::Closed(leg, close))
    }

    fn ask(&mut self, ask: Ask) -> Vec<String> {
        self.input(Input::Command(ask))
    }

    /// Moves the clock without telling the machine.
    fn at(&mut self, ms: u64) -> &mut Self {
        assert!(ms >= self.now_ms, "time goes forward");
        self.now_ms = ms;
        self
    }

    /// The next wake-up, in milliseconds from the beginning.
    fn wake_ms(&self) -> Option<u64> {
        let at = self.session.poll_timeout()?;
        Some(at.saturating_duration_since(self.start).as_micros().div_ceil(1000) as u64)
    }

    /// Moves the clock to the next wake-up and tells the machine.
    fn wake(&mut self) -> Vec<String> {
        let at = self.wake_ms().expect("a wake-up");
        self.timeout(at)
    }

    /// Moves the clock to `ms` and tells the machine.
    fn timeout(&mut self, ms: u64) -> Vec<String> {
        self.at(ms);
        let now = self.now();
        self.session.handle_timeout(now);
        self.drain()
    }

    /// Lets time pass until `ms`, waking the machine whenever it wants.
    fn pass_until(&mut self, ms: u64) -> Vec<String> {
        let mut outputs = Vec::new();
        while let Some(at) = self.wake_ms().filter(|at| *at <= ms) {
            outputs.extend(self.timeout(at.max(self.now_ms)));
        }
        self.at(ms);
        outputs
    }

    fn drain(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.session.poll_output()).map(|output| show(&output)).collect()
    }
}

/// An output as one line.
fn show(output: &Output) -> String {
    match output {
        Output::Open(leg, endpoint) => format!("open {leg} {} {}", endpoint.url, endpoint.message_limit_bytes),
        Output::Send(leg, message) => format!("send {leg} {}", String::from_utf8_lossy(message)),
        Output::Close(leg) => format!("close {leg}"),
        Output::Record(Entry::Media(frame)) => {
            format!("media {} {} {}", frame.track, frame.at.unix_ms(), hex::encode(&frame.payload))
        }
        Output::Record(Entry::Control(control)) => serde_json::to_string(control).expect("a control record"),
        Output::Record(Entry::Event(event)) | Output::Event(event) => serde_json::to_string(event).expect("an event"),
        Output::End(end) => {
            let kind = match end.kind {
                EndKind::Ended => "ended",
                EndKind::Failed => "failed",
                EndKind::Suspended => "suspended",
            };
            format!("end {kind} {} {}", end.code, end.message)
        }
    }
}

/// The answer to the signaling handshake that offers everything.
const OFFER_ALL_KINDS: &str = r#"{"msg_type":2,"status_code":0,"media_server":{"server_urls":{
    "audio":"wss://m.zoom.us/audio","video":"wss://m.zoom.us/video","deskshare":"wss://m.zoom.us/share",
    "transcript":"wss://m.zoom.us/transcript","chat":"wss://m.zoom.us/chat","all":"wss://m.zoom.us/all"}}}"#;

/// A sound message of participant `user_id`.
fn sound(user_id: i64, timestamp_ms: i64) -> String {
    format!(
        r#"{{"msg_type":14,"content":{{"user_id":{user_id},"user_name":"Ada","timestamp":{timestamp_ms},"data":"AAEC"}}}}"#
    )
}

//! The machine itself: its state, and which part of it takes which input. Connections are made and lost in `connect`, the
//! end is made in `conclude`, messages are understood in `signaling` and `streams`.

use std::time::Instant;

use bytes::Bytes;
use media::Pool;
use model::platform::{Ask, Input, Leg, Output, Platform};

use super::{
    config::{PROBE_SILENCE, SIGNALING_WINDOW, SKIP_INTERVAL, SessionConfig, split_urls},
    ending::{Phase, Verdict},
    legs::Legs,
    meeting::Meeting,
    outbox::Outbox,
    retry::Jitter,
    timer::{Timer, Timers},
};
use crate::wire::{self, Incoming, outgoing::Identity, scan};

/// What a session has read so far, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages of all kinds.
    pub messages: u64,
    /// Media messages that took the slow road.
    pub slow: u64,
    /// Messages of unknown types, and events of unknown kinds.
    pub unknown: u64,
    /// Messages that could not be read.
    pub bad: u64,
    /// Payloads of another length than their message says.
    pub contradicting: u64,
}

/// The capture of one stream: an implementation of [`Platform`].
///
/// It does not record [`model::Control::Started`]: whoever owns the capture does, and knows the epoch.
#[derive(Debug)]
pub struct Session {
    pub(super) identity: Identity,
    pub(super) client_id: String,
    pub(super) phase: Phase,
    pub(super) legs: Legs,
    pub(super) timers: Timers,
    pub(super) out: Outbox,
    pub(super) meeting: Meeting,
    pub(super) pool: Pool,
    pub(super) jitter: Jitter,
    pub(super) counters: Counters,
    /// Addresses of signaling that may still be tried.
    pub(super) urls: Vec<String>,
    /// Which of them is next.
    pub(super) url: usize,
    /// Why the latest attempt at signaling failed.
    pub(super) last_failure: Option<(&'static str, String)>,
    /// When Zoom was last asked whether it is there.
    pub(super) probed_at: Option<Instant>,
}

impl Session {
    /// A session that begins to connect at once: its first output is ready.
    pub fn new(config: SessionConfig, now: Instant) -> Self {
        let identity = Identity {
            id_field: config.id_field,
            meeting_uuid: config.meeting_uuid,
            stream_id: config.stream_id,
            signature: config.signature,
        };
        let mut session = Self {
            identity,
            client_id: config.client_id,
            phase: Phase::Running,
            legs: Legs::new(&config.want, now),
            timers: Timers::new(),
            out: Outbox::default(),
            meeting: Meeting::new(config.notice_unix_ms, &config.present, config.sharer, now),
            pool: Pool::new(config.slab_bytes),
            jitter: Jitter::new(config.seed),
            counters: Counters::default(),
            urls: config.server_urls,
            url: 0,
            last_failure: None,
            probed_at: None,
        };
        session.timers.set(Timer::GiveUp(Leg::Signaling), now + SIGNALING_WINDOW);
        session.retry(Leg::Signaling, now);
        session
    }

    /// What was read so far.
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    fn on_message(&mut self, leg: Leg, message: &Bytes, now: Instant) {
        self.counters.messages += 1;
        self.legs[leg].heard_at = now;
        if leg != Leg::Signaling
            && let Some(media) = scan(message)
        {
            return self.on_media(leg, &media, now);
        }
        let incoming = match wire::read(message) {
            Ok(incoming) => incoming,
            Err(error) => return self.on_bad(leg, &error, now),
        };
        if let Incoming::Media(media) = &incoming {
            self.counters.slow += 1;
            return self.on_media(leg, media, now);
        }
        self.legs[leg].skips.end_run();
        match &incoming {
            Incoming::KeepAlive(request) => {
                self.out.push(Output::Send(leg, wire::outgoing::keep_alive_reply(request)));
            }
            Incoming::SignalingReply(reply) => self.on_signaling_reply(leg, reply, now),
            Incoming::MediaReply(reply) => self.on_media_reply(leg, reply, now),
            Incoming::Event(event) => self.on_event(leg, event, message, now),
            Incoming::StreamState(update) => self.on_stream_state(*update, now),
            Incoming::SessionState(update) => self.on_session_state(*update, now),
            Incoming::CloseReply { .. } => self.on_close_reply(now),
            Incoming::Transcript(content) => {
                if !self.meeting.transcript(content, now, &mut self.out) {
                    self.note(leg, message);
                }
            }
            Incoming::Chat(content) => {
                if !self.meeting.chat(content, now, &mut self.out) {
                    self.note(leg, message);
                }
            }
            Incoming::Note => self.note(leg, message),
            Incoming::Unknown { .. } | Incoming::Media(_) => self.counters.unknown += 1,
        }
    }

    fn on_ask(&mut self, ask: Ask, now: Instant) {
        match (ask, &mut self.phase) {
            (Ask::Suspend, Phase::Draining(verdict)) => {
                let verdict = verdict.clone();
                self.end(verdict);
            }
            (Ask::Suspend, _) => self.end(Verdict::suspended()),
            (Ask::Stopped { reason }, Phase::Draining(verdict)) => verdict.learn(reason, None),
            (Ask::Stopped { reason }, Phase::Closing(verdict)) => {
                verdict.learn(reason, None);
                let verdict = verdict.clone();
                self.finish(verdict, now);
            }
            (Ask::Stopped { reason }, _) => self.finish(Verdict::stopped(reason, None), now),
            (Ask::Stop, Phase::Running | Phase::Terminating(_)) => self.ask_to_close(now),
            (Ask::Moved { url }, Phase::Running) => self.move_to(split_urls(&url), now),
            (Ask::Stop | Ask::Moved { .. }, _) => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, now: Instant) {
        match timer {
            Timer::Handshake(leg) => {
                let message = format!("Zoom did not answer the {leg} handshake in time.");
                self.fail(leg, "zoom_rtms_handshake_timeout", message, now);
            }
            Timer::Retry(leg) => self.open(leg, now),
            Timer::GiveUp(leg) => self.give_up(leg, now),
            Timer::Silence(leg) => self.on_silence(leg, now),
            Timer::Skips(leg) => {
                if self.declare_skips(leg) {
                    self.timers.set(timer, now + SKIP_INTERVAL);
                }
            }
            Timer::Roster => self.meeting.settle(now, &mut self.out),
            Timer::CloseReply | Timer::Terminating | Timer::Drain => self.on_overdue_end(now),
        }
    }

    /// Asks Zoom whether it is there, unless it was asked a moment ago.
    pub(super) fn probe(&mut self, now: Instant) {
        let is_due = self.probed_at.is_none_or(|at| now.saturating_duration_since(at) >= PROBE_SILENCE / 2);
        if is_due && self.legs[Leg::Signaling].is_ready() {
            self.probed_at = Some(now);
            self.out.push(Output::Send(Leg::Signaling, self.identity.stream_state_request()));
        }
    }
}

impl Platform for Session {
    fn handle_input(&mut self, input: Input, now: Instant) {
        if matches!(self.phase, Phase::Over) {
            return;
        }
        match input {
            Input::Opened(leg) => self.on_opened(leg, now),
            Input::Message(leg, message) => {
                if self.legs[leg].is_open() {
                    self.on_message(leg, &message, now);
                }
            }
            Input::Closed(leg, close) => self.on_closed(leg, close, now),
            Input::Command(ask) => self.on_ask(ask, now),
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.expired(now) {
            self.on_timer(timer, now);
        }
    }
}

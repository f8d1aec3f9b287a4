//! The machine itself: its state, and which part of it takes which input. Connections are made and lost in `connect`, kept
//! or given up in `repair`, the end is made in `conclude`, messages are understood in `handshake`, `signaling`, `streams` and
//! `viewing`.

use std::time::Instant;

use bytes::Bytes;
use media::Pool;
use model::platform::{Ask, Counters, Input, Leg, Output, Platform};

use super::{
    config::{SKIP_INTERVAL, SessionConfig, split_urls},
    ending::{Phase, Verdict},
    failure::Failure,
    kinds::Kinds,
    legs::Legs,
    meeting::Meeting,
    outbox::Outbox,
    retry::Jitter,
    timer::{Timer, Timers},
    watch::Watch,
};
use crate::{
    Product,
    wire::{self, Incoming, MediaUrls, outgoing::Identity, scan},
};

/// The capture of one stream: an implementation of [`Platform`].
///
/// It does not record [`model::Control::Started`]: whoever owns the capture does, and knows the epoch.
#[derive(Debug)]
pub struct Session {
    pub(super) product: Product,
    pub(super) identity: Identity,
    pub(super) client_id: String,
    pub(super) phase: Phase,
    pub(super) legs: Legs,
    pub(super) kinds: Kinds,
    pub(super) watch: Watch,
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
    /// Where media is, as signaling said the last time.
    pub(super) media_urls: MediaUrls,
    /// Whether an earlier owner may have joined the stream.
    pub(super) rejoins: bool,
    /// Whether an earlier owner certainly did.
    pub(super) was_held_before: bool,
    /// When Zoom last closed signaling as if all was said.
    pub(super) evicted_at: Option<Instant>,
    /// Whether the camera events are subscribed on this signaling connection.
    pub(super) are_camera_events_subscribed: bool,
    /// Whether chat shall be received, and so the events that belong to it.
    pub(super) wants_chat: bool,
}

impl Session {
    /// A session that begins to connect at once: its first output is ready.
    pub fn new(config: SessionConfig, now: Instant) -> Self {
        let meeting = Meeting::new(&config, now);
        let identity = Identity {
            id_field: config.id_field,
            meeting_uuid: config.meeting_uuid,
            stream_id: config.stream_id,
            signature: config.signature,
        };
        let want = match config.product {
            Product::ContactCenter | Product::Phone => config.want.of_a_call(),
            Product::Meeting | Product::Webinar | Product::VideoSdk => config.want,
        };
        let mut session = Self {
            product: config.product,
            identity,
            client_id: config.client_id,
            phase: Phase::Running,
            legs: Legs::new(now),
            kinds: Kinds::new(&want),
            watch: Watch::new(),
            timers: Timers::new(),
            out: Outbox::default(),
            meeting,
            pool: Pool::new(config.slab_bytes),
            jitter: Jitter::new(config.seed),
            counters: Counters::default(),
            urls: config.server_urls,
            url: 0,
            media_urls: MediaUrls::default(),
            rejoins: config.rejoins,
            was_held_before: config.was_held,
            evicted_at: None,
            are_camera_events_subscribed: false,
            wants_chat: want.chat,
        };
        session.retry(Leg::Signaling, now);
        session
    }

    fn on_message(&mut self, leg: Leg, message: &Bytes, now: Instant) {
        self.counters.messages += 1;
        self.legs[leg].hear(now);
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
                self.witness(leg, Leg::Transcript);
                if !self.meeting.transcript(content, now, &mut self.out) {
                    self.note(leg, message);
                }
            }
            Incoming::Chat(content) => {
                self.witness(leg, Leg::Chat);
                if !self.meeting.chat(content, now, &mut self.out) || content.says_more {
                    self.note(leg, message);
                }
            }
            Incoming::Note => self.note(leg, message),
            Incoming::VideoReply(reply) => self.on_video_reply(leg, reply, message, now),
            Incoming::Unknown { .. } | Incoming::Media(_) => self.counters.unknown += 1,
        }
    }

    fn on_ask(&mut self, ask: Ask, now: Instant) {
        match (ask, &mut self.phase) {
            (Ask::Suspend, Phase::Draining(verdict)) => {
                let verdict = verdict.clone();
                self.end(verdict);
            }
            (Ask::Suspend, _) => {
                // Whoever goes on knows of a pause only what was told.
                self.meeting.tell_stop(&mut self.out);
                self.end(Verdict::suspended());
            }
            (Ask::Stopped { reason }, _) => self.on_stopped(reason, now),
            (Ask::Stop, Phase::Running | Phase::Grace | Phase::Terminating(_)) => self.ask_to_close(now),
            (Ask::Moved { url }, Phase::Running | Phase::Grace) => self.move_to(split_urls(&url), now),
            (Ask::Interrupted, Phase::Running | Phase::Grace) => self.on_notice(now),
            (Ask::Watch { participant }, _) => {
                self.watch.want(participant.map(|id| id.0));
                self.view(now);
            }
            (Ask::Stop | Ask::Moved { .. } | Ask::Interrupted, _) => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, now: Instant) {
        match timer {
            Timer::Handshake(leg) => {
                let message = format!("Zoom did not answer the {leg} handshake in time.");
                self.fail(leg, Failure::new("zoom_rtms_handshake_timeout", message), now);
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
            Timer::Cameras => self.settle_cameras(now),
            Timer::NextSession => self.meeting.tell_stop(&mut self.out),
            Timer::Subscription => self.on_subscription_overdue(now),
            Timer::Grace => self.on_grace_over(now),
            Timer::CloseReply | Timer::Terminating | Timer::Drain => self.on_overdue_end(now),
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
            Input::Late(leg, message) => self.on_late(leg, &message, now),
            Input::Heard(leg) => self.legs[leg].hear(now),
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

    fn counters(&self) -> Counters {
        self.counters
    }
}

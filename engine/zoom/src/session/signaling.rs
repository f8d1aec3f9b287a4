//! What Zoom says on the signaling connection once it stands, and what follows from it (protocol §5). Its handshake is in
//! `handshake`.

use std::time::Instant;

use bytes::Bytes;
use media::SourceTime;
use model::{Control, platform::Leg};

use super::{
    clock::source_time,
    config::NEXT_SESSION_LIMIT,
    ending::{Phase, Verdict},
    machine::Session,
    meeting::Consequence,
    timer::Timer,
};
use crate::{
    Product,
    wire::{EventUpdate, StateUpdate},
};

/// The longest message that is kept word for word, in bytes.
const NOTE_LIMIT_BYTES: usize = 64 << 10;

impl Session {
    /// Whether this is a call, whose events have numbers of their own (protocol §15.3).
    fn is_voice(&self) -> bool {
        matches!(self.product, Product::ContactCenter | Product::Phone)
    }

    /// The events to subscribe on a new signaling connection. The first packet and interrupted media come unasked, and
    /// cameras are asked for when they can be received (protocol §5.4).
    pub(super) fn events(&self) -> Vec<i64> {
        if self.is_voice() {
            return (8..=29).collect();
        }
        // Active speaker, join, leave, share on, share off; then the groups of chat.
        (2..=6).chain((10..=14).filter(|_| self.wants_chat)).collect()
    }

    pub(super) fn on_event(&mut self, leg: Leg, event: &EventUpdate<'_>, message: &Bytes, now: Instant) {
        match self.meeting.event(event, self.is_voice(), now, &mut self.out) {
            Consequence::None => {}
            Consequence::Interrupted => self.on_interrupted(event.media_type, now),
            Consequence::Cameras { are_on, at } => self.on_cameras(event, are_on, at, now),
            Consequence::Left => self.on_left(event, now),
            Consequence::Keep => self.note(leg, message),
            Consequence::Unknown => self.counters.unknown += 1,
        }
    }

    pub(super) fn on_stream_state(&mut self, update: StateUpdate, now: Instant) {
        let at = self.meeting.clock.read(update.timestamp, now);
        let said_at = update.timestamp.and_then(|raw| source_time(raw, None));
        match update.state {
            1 => self.meeting.is_ending &= !matches!(self.phase, Phase::Running),
            2 => self.on_interrupted(None, now),
            3 => self.on_terminating(Verdict::stopped(update.stop_reason, said_at), now),
            4 => self.on_terminated(Verdict::stopped(update.stop_reason, said_at), now),
            5 => self.pause(true, at),
            6 => self.pause(false, at),
            _ => {}
        }
    }

    pub(super) fn on_session_state(&mut self, update: StateUpdate, now: Instant) {
        let at = self.meeting.clock.read(update.timestamp, now);
        match update.state {
            // A session, perhaps a new one within the same stream; nobody paused that.
            2 => {
                self.meeting.is_ending &= !matches!(self.phase, Phase::Running);
                self.pause(false, at);
            }
            3 => self.pause(true, at),
            4 => self.pause(false, at),
            5 => {
                let verdict = Verdict::stopped(update.stop_reason, source_time(update.timestamp.unwrap_or(-1), None));
                if verdict.is_revocation() {
                    return self.end(verdict);
                }
                self.meeting.is_ending = true;
                if matches!(self.phase, Phase::Running) {
                    self.meeting.stop(at);
                    self.timers.advance(Timer::NextSession, now + NEXT_SESSION_LIMIT);
                }
            }
            _ => {}
        }
    }

    /// Media is withheld, or flows again.
    fn pause(&mut self, is_paused: bool, at: SourceTime) {
        self.meeting.pause(is_paused, at, &mut self.out);
        self.timers.clear(Timer::NextSession);
    }

    /// Keeps a message word for word.
    pub(super) fn note(&mut self, leg: Leg, message: &Bytes) {
        match str::from_utf8(message) {
            Ok(text) if text.len() <= NOTE_LIMIT_BYTES => {
                self.out.control(Control::Note { leg, message: text.to_owned() });
            }
            _ => self.counters.unknown += 1,
        }
    }
}

//! What Zoom says on the signaling connection, and what follows from it (protocol §5).

use std::time::Instant;

use bytes::Bytes;
use model::{
    Control,
    platform::{Leg, Output},
};

use super::{
    clock::source_time,
    config::{ROSTER_LIMIT, SUSPECT_SILENCE, split_urls},
    ending::{Phase, Verdict, capitalized},
    legs::{Stage, media_legs},
    machine::Session,
    meeting::Consequence,
    offers,
    retry::duplicate_delay,
    timer::Timer,
};
use crate::{
    codes::{self, Refusal},
    wire::{EventUpdate, MediaUrls, SignalingReply, StateUpdate, outgoing},
};

/// The events that are subscribed: active speaker, join, leave, share on, share off (protocol §5.5).
const EVENTS: [i64; 5] = [2, 3, 4, 5, 6];
/// The longest message that is kept word for word, in bytes.
const NOTE_LIMIT_BYTES: usize = 64 << 10;

/// What the refusal calls for, by its number or, since numbers have changed, by its words (protocol §14.6).
pub(super) fn refusal(status: i64, reason: &str) -> Refusal {
    if reason.to_ascii_lowercase().contains("duplicate") { Refusal::Duplicate } else { codes::status(status).refusal }
}

/// What to tell about a refusal.
pub(super) fn refusal_message(status: i64, reason: &str) -> String {
    let words: String = reason.chars().filter(|letter| !letter.is_control()).take(200).collect();
    let words = if words.is_empty() { words } else { format!(", \"{words}\"") };
    format!("{} (status {status}{words})", codes::status(status).sentence)
}

impl Session {
    pub(super) fn on_signaling_reply(&mut self, leg: Leg, reply: &SignalingReply<'_>, now: Instant) {
        if leg != Leg::Signaling || self.legs[leg].stage != Stage::Handshaking {
            return;
        }
        if reply.status == 0 {
            return self.on_signaling_ready(&reply.urls, now);
        }
        let code = codes::status(reply.status).code;
        let mut message = format!("{}.", capitalized(&refusal_message(reply.status, &reply.reason)));
        match refusal(reply.status, &reply.reason) {
            Refusal::Duplicate => {
                let delay = duplicate_delay(self.legs[leg].duplicates);
                self.legs[leg].duplicates += 1;
                self.out.push(Output::Close(leg));
                self.detach(leg);
                self.last_failure = Some((codes::status(8).code, message));
                self.retry_after(leg, delay, now);
            }
            Refusal::Permanent | Refusal::Parameters
                if self.identity.id_field == "webinar_uuid" && matches!(reply.status, 2 | 4) =>
            {
                // Some webinars are known by the other name (protocol §15.1).
                self.identity.id_field = "meeting_uuid";
                self.fail(leg, code, message, now);
            }
            Refusal::Permanent | Refusal::Parameters => {
                if reply.status == 3 {
                    message.push_str(&format!(" The client id is {}.", self.client_id));
                }
                self.finish(Verdict::failed(code, message), now);
            }
            Refusal::Temporary => self.fail(leg, code, message, now),
        }
    }

    fn on_signaling_ready(&mut self, urls: &MediaUrls, now: Instant) {
        let leg = Leg::Signaling;
        self.hold(leg, now);
        self.out.control(Control::LegReady { leg, format: None });
        self.out.push(Output::Send(leg, outgoing::subscription(&EVENTS)));
        if !self.meeting.roster.is_empty() {
            self.meeting.roster.expect_all();
            self.timers.set(Timer::Roster, now + ROSTER_LIMIT);
        }
        for leg in media_legs() {
            self.start_media(leg, offers::url(leg, urls), now);
        }
        if !self.legs.any_media(|state| state.is_alive()) {
            let message = "Zoom offers none of the wanted kinds of media; add the scopes for audio, video, screen share, \
                           transcript and chat to the Zoom app and have it approved again.";
            self.finish(Verdict::failed("zoom_rtms_no_media", message.to_owned()), now);
        }
    }

    fn start_media(&mut self, leg: Leg, url: Option<&str>, now: Instant) {
        let state = &mut self.legs[leg];
        if state.offers.is_empty() || state.stage == Stage::Refused {
            return;
        }
        let url = url.and_then(|url| split_urls(url).into_iter().next());
        let Some(url) = url else {
            state.stage = Stage::Idle;
            if !std::mem::replace(&mut state.is_declared_absent, true) {
                let reason = format!("Zoom does not offer {leg}; the app may lack the scope");
                self.out.control(Control::LegRefused { leg, status: None, reason });
            }
            return;
        };
        state.url = url;
        state.attempts = 0;
        state.duplicates = 0;
        self.retry(leg, now);
    }

    /// A handshake succeeded.
    pub(super) fn hold(&mut self, leg: Leg, now: Instant) {
        self.timers.clear(Timer::Handshake(leg));
        self.timers.clear(Timer::GiveUp(leg));
        let state = &mut self.legs[leg];
        state.stage = Stage::Ready { since: now };
        state.was_ready = true;
        state.duplicates = 0;
    }

    pub(super) fn on_event(&mut self, leg: Leg, event: &EventUpdate<'_>, message: &Bytes, now: Instant) {
        let is_voice = matches!(self.identity.id_field, "engagement_id" | "call_id");
        match self.meeting.event(event, is_voice, now, &mut self.out) {
            Consequence::None => {}
            Consequence::Interrupted => self.on_interrupted(now),
            Consequence::Keep => self.note(leg, message),
            Consequence::Unknown => self.counters.unknown += 1,
        }
    }

    pub(super) fn on_stream_state(&mut self, update: StateUpdate, now: Instant) {
        let at = self.meeting.clock.read(update.timestamp, now);
        let said_at = update.timestamp.and_then(|raw| source_time(raw, None));
        match update.state {
            2 => self.on_interrupted(now),
            3 => self.on_terminating(Verdict::stopped(update.stop_reason, said_at), now),
            4 => self.on_terminated(Verdict::stopped(update.stop_reason, said_at), now),
            5 => self.meeting.pause(true, at, &mut self.out),
            6 => self.meeting.pause(false, at, &mut self.out),
            _ => {}
        }
    }

    pub(super) fn on_session_state(&mut self, update: StateUpdate, now: Instant) {
        let at = self.meeting.clock.read(update.timestamp, now);
        match update.state {
            // A new session within the same stream.
            2 => self.meeting.is_ending = !matches!(self.phase, Phase::Running),
            3 => self.meeting.pause(true, at, &mut self.out),
            4 => self.meeting.pause(false, at, &mut self.out),
            5 => self.meeting.is_ending = true,
            _ => {}
        }
    }

    /// Zoom lost one of our media connections and does not say which: those that are silent are taken as lost.
    fn on_interrupted(&mut self, now: Instant) {
        if !matches!(self.phase, Phase::Running) {
            return;
        }
        for leg in media_legs() {
            let silence = now.saturating_duration_since(self.legs[leg].heard_at);
            if self.legs[leg].is_ready() && silence >= SUSPECT_SILENCE {
                let message = format!("Zoom reported an interruption while {leg} was silent.");
                self.fail(leg, "zoom_rtms_interrupted", message, now);
            }
        }
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

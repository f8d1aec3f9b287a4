//! What Zoom says on the media connections: parameters, frames, and what cannot be read (protocol §6, §8).

use std::time::Instant;

use media::{Frame, SourceTime, Track, TrackKind};
use model::{
    Control, Entry, Fault,
    platform::{Leg, Output},
};

use super::{
    config::{BAD_RUN_LIMIT, SKIP_INTERVAL},
    ending::Phase,
    legs::Stage,
    machine::Session,
    retry::duplicate_delay,
    signaling::{refusal, refusal_message},
    timer::Timer,
};
use crate::{
    WireError,
    codes::{self, Refusal},
    wire::{
        MediaReply,
        media::{MediaMessage, decode},
    },
};

impl Session {
    pub(super) fn on_media_reply(&mut self, leg: Leg, reply: &MediaReply<'_>, now: Instant) {
        if leg == Leg::Signaling || self.legs[leg].stage != Stage::Handshaking {
            return;
        }
        if reply.status != 0 {
            return self.on_media_refusal(leg, reply, now);
        }
        if reply.encrypted {
            return self.refuse(leg, None, "Zoom encrypts the payloads, which was not asked for".to_owned(), now);
        }
        let offer = self.legs[leg].offers.get(self.legs[leg].offer);
        let format = match offer.map(|offer| offer.negotiated(leg, reply)) {
            Some(Ok(format)) => format,
            Some(Err(field)) => {
                return self.refuse(leg, None, format!("Zoom chose a {field} for {leg} that is not known"), now);
            }
            None => None,
        };
        self.hold(leg, now);
        self.out.control(Control::LegReady { leg, format });
        if self.legs[Leg::Signaling].is_ready() {
            self.out.push(Output::Send(Leg::Signaling, self.identity.client_ready()));
        }
    }

    fn on_media_refusal(&mut self, leg: Leg, reply: &MediaReply<'_>, now: Instant) {
        let message = refusal_message(reply.status, &reply.reason);
        match refusal(reply.status, &reply.reason) {
            Refusal::Permanent => self.refuse(leg, Some(reply.status), message, now),
            Refusal::Parameters => {
                let state = &mut self.legs[leg];
                if state.offer + 1 >= state.offers.len() {
                    return self.refuse(leg, Some(reply.status), message, now);
                }
                state.offer += 1;
                self.out.push(Output::Close(leg));
                self.detach(leg);
                self.open(leg, now);
            }
            Refusal::Duplicate => {
                let state = &mut self.legs[leg];
                let delay = duplicate_delay(state.duplicates);
                state.duplicates += 1;
                // Counts as a loss, so that it is given up some day.
                state.attempts = state.attempts.max(2);
                self.out.push(Output::Close(leg));
                self.detach(leg);
                self.retry_after(leg, delay, now);
            }
            Refusal::Temporary => self.fail(leg, codes::status(reply.status).code, message, now),
        }
    }

    pub(super) fn on_media(&mut self, leg: Leg, message: &MediaMessage<'_>, now: Instant) {
        let payload = match decode(&mut self.pool, message) {
            Ok(payload) => payload,
            Err(error) => return self.on_bad(leg, &error, now),
        };
        self.legs[leg].skips.end_run();
        if message.contradicts(&payload) {
            self.counters.contradicting += 1;
        }
        let at = SourceTime::from_unix_ms(message.timestamp_ms);
        // Names on pictures are stale at times (protocol §8.2), and a picture does not prove that somebody is still here.
        if message.kind == TrackKind::Audio && !self.meeting.is_ending {
            self.meeting.hear(message.user_id, message.user_name.as_deref(), at, &mut self.out);
        }
        let track = Track { kind: message.kind, source: message.user_id };
        self.out.push(Output::Record(Entry::Media(Frame { track, at, payload })));
    }

    /// A message could not be read. It is skipped and counted; too many in a row, and the connection is made anew.
    pub(super) fn on_bad(&mut self, leg: Leg, error: &WireError, now: Instant) {
        self.counters.bad += 1;
        let run = self.legs[leg].skips.add(error.code());
        if !self.timers.is_set(Timer::Skips(leg)) {
            self.declare_skips(leg);
            self.timers.set(Timer::Skips(leg), now + SKIP_INTERVAL);
        }
        if run >= BAD_RUN_LIMIT && matches!(self.phase, Phase::Running) {
            self.fail(leg, "zoom_rtms_unreadable", format!("{run} messages in a row could not be read: {error}."), now);
        }
    }

    /// Declares what was skipped since the last time; whether there was anything.
    pub(super) fn declare_skips(&mut self, leg: Leg) -> bool {
        let Some((code, count)) = self.legs[leg].skips.take() else { return false };
        self.out.control(Control::Skipped { leg, code: code.to_owned(), count });
        true
    }
}

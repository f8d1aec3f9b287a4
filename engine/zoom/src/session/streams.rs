//! What Zoom says on the media connections once they stand: frames, and what cannot be read (protocol §8). Their handshakes
//! are in `handshake`.

use std::time::Instant;

use bytes::Bytes;
use media::{Frame, SourceTime, Track, TrackKind, VideoCodec};
use model::{
    Control, Entry, Fault,
    platform::{Leg, Output},
};

use super::{
    config::{BAD_RUN_LIMIT, SKIP_INTERVAL},
    ending::Phase,
    failure::Failure,
    machine::Session,
    offers::Offer,
    timer::Timer,
};
use crate::{
    WireError,
    wire::media::{MediaMessage, decode},
};

/// The kind of media that a track is of.
const fn kind_of(track: TrackKind) -> Leg {
    match track {
        TrackKind::Audio => Leg::Audio,
        TrackKind::Video => Leg::Video,
        TrackKind::Share => Leg::Share,
    }
}

impl Session {
    pub(super) fn on_media(&mut self, leg: Leg, message: &MediaMessage<'_>, now: Instant) {
        let payload = match decode(&mut self.pool, message) {
            Ok(payload) => payload,
            Err(error) => return self.on_bad(leg, &error, now),
        };
        self.legs[leg].skips.end_run();
        let at = self.meet(message, &payload, now);
        self.witness(leg, kind_of(message.kind));
        self.sniff(message.kind, &payload);
        self.keep(message, at, payload);
    }

    /// What a frame says of the meeting, and when it is from.
    pub(super) fn meet(&mut self, message: &MediaMessage<'_>, payload: &[u8], now: Instant) -> SourceTime {
        if message.contradicts(payload) {
            self.counters.contradicting += 1;
        }
        let at = SourceTime::from_unix_ms(message.timestamp_ms);
        // Names on pictures are stale at times (protocol §8.2), and a picture does not prove that somebody is still here.
        // That a session stopped is not the end, and who speaks until the next one begins is here.
        let is_running = matches!(self.phase, Phase::Running);
        if message.kind == TrackKind::Audio && (is_running || !self.meeting.is_ending) {
            self.meeting.hear(message.user_id, message.user_name.as_deref(), at, &mut self.out);
        }
        self.meeting.clock.hear(at, now);
        if self.meeting.witness_media(at, &mut self.out) {
            self.timers.clear(Timer::NextSession);
            self.meeting.is_ending &= !is_running;
        }
        at
    }

    /// Puts a frame in the log.
    pub(super) fn keep(&mut self, message: &MediaMessage<'_>, at: SourceTime, payload: Bytes) {
        let track = Track { kind: message.kind, source: message.user_id };
        self.out.push(Output::Record(Entry::Media(Frame { track, at, payload })));
    }

    /// Something of a kind came. On a connection for all media, that proves that the kind flows after all.
    pub(super) fn witness(&mut self, leg: Leg, kind: Leg) {
        if leg == Leg::All && self.legs[leg].is_ready() && !self.kinds[kind].is_up && self.kinds[kind].is_wanted() {
            let agreement = self.kinds[kind].offer().map(Offer::as_asked).unwrap_or_default();
            self.declare_ready(kind, agreement);
        }
    }

    /// Declares pictures that are coded otherwise than was agreed.
    fn sniff(&mut self, track: TrackKind, payload: &[u8]) {
        if track == TrackKind::Audio {
            return;
        }
        let leg = kind_of(track);
        if let Some(found) = VideoCodec::of_bytes(payload)
            && let Some(agreed) = self.kinds[leg].contradiction(found)
        {
            self.out.control(Control::Contradicted { leg, agreed, found });
        }
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
            let message = format!("{run} messages in a row could not be read: {error}.");
            self.fail(leg, Failure::new("zoom_rtms_unreadable", message), now);
        }
    }

    /// Declares what was skipped since the last time; whether there was anything.
    pub(super) fn declare_skips(&mut self, leg: Leg) -> bool {
        let Some((code, count)) = self.legs[leg].skips.take() else { return false };
        self.out.control(Control::Skipped { leg, code: code.to_owned(), count });
        true
    }
}

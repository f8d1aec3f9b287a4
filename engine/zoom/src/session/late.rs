//! What was on its way on a connection when we closed it: media and text are kept, whatever else it says is stale. What
//! comes on connections that hold is in `machine` and `streams`.

use std::time::Instant;

use bytes::Bytes;
use model::platform::Leg;

use super::machine::Session;
use crate::{
    WireError,
    wire::{
        self, Incoming,
        media::{MediaMessage, decode},
        scan,
    },
};

impl Session {
    /// Keeps a message that arrives behind our good-bye. Once the next connection of that leg holds, what it replaced is
    /// declared missing, so nothing is taken any more.
    pub(super) fn on_late(&mut self, leg: Leg, message: &Bytes, now: Instant) {
        if leg == Leg::Signaling || self.legs[leg].is_ready() {
            return;
        }
        self.counters.messages += 1;
        if self.keep_late(leg, message, now).is_err() {
            self.counters.bad += 1;
        }
    }

    fn keep_late(&mut self, leg: Leg, message: &Bytes, now: Instant) -> Result<(), WireError> {
        if let Some(media) = scan(message) {
            return self.keep_late_media(&media, now);
        }
        match wire::read(message)? {
            Incoming::Media(media) => {
                self.counters.slow += 1;
                self.keep_late_media(&media, now)?;
            }
            Incoming::Transcript(content) => {
                let is_told = self.meeting.transcript(&content, now, &mut self.out);
                self.note_unless(is_told, leg, message);
            }
            Incoming::Chat(content) => {
                let is_told = self.meeting.chat(&content, now, &mut self.out) && !content.says_more;
                self.note_unless(is_told, leg, message);
            }
            _ => {}
        }
        Ok(())
    }

    fn note_unless(&mut self, is_told: bool, leg: Leg, message: &Bytes) {
        if !is_told {
            self.note(leg, message);
        }
    }

    fn keep_late_media(&mut self, message: &MediaMessage<'_>, now: Instant) -> Result<(), WireError> {
        let payload = decode(&mut self.pool, message)?;
        let at = self.meet(message, &payload, now);
        self.keep(message, at, payload);
        Ok(())
    }
}

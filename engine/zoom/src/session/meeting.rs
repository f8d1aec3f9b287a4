//! What happens in the meeting: messages in, events out. States of the stream itself are in `signaling`.

use std::{borrow::Cow, time::Instant};

use media::SourceTime;
use model::{ChatMessage, ChatOperation, Control, EventBody, Participant, ParticipantId, Pii, Utterance};

use super::{
    clock::{Clock, source_time},
    outbox::Outbox,
    recent::Recent,
    roster::{Change, Roster},
};
use crate::wire::{self, ChatContent, EventUpdate, Person, TranscriptContent};

/// The meeting as far as it was told.
#[derive(Debug)]
pub(super) struct Meeting {
    pub(super) clock: Clock,
    pub(super) roster: Roster,
    /// The platform's moment of the first packet.
    origin: Option<SourceTime>,
    speaker: Option<i64>,
    sharer: Option<i64>,
    is_paused: bool,
    /// While the stream ends, everybody leaves, and that means nothing.
    pub(super) is_ending: bool,
    recent: Recent,
}

/// What an event means to the machine rather than to the listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consequence {
    /// Nothing.
    None,
    /// Zoom lost one of our media connections.
    Interrupted,
    /// It shall be kept word for word.
    Keep,
    /// It is not known.
    Unknown,
}

impl Meeting {
    /// A meeting in which these people are known to be, and one of them to share a screen.
    pub(super) fn new(
        notice_unix_ms: i64,
        present: &[Participant],
        sharer: Option<ParticipantId>,
        now: Instant,
    ) -> Self {
        let mut roster = Roster::default();
        for Participant { id, name } in present {
            roster.hear(id.0, name.as_ref().map(|name| name.expose().as_str()));
        }
        Self {
            clock: Clock::new(notice_unix_ms, now),
            roster,
            origin: None,
            speaker: None,
            sharer: sharer.map(|id| id.0),
            is_paused: false,
            is_ending: false,
            recent: Recent::default(),
        }
    }

    /// Takes an event. `is_voice` tells that numbers from 8 on are those of the Contact Center (protocol §15.3).
    pub(super) fn event(
        &mut self,
        event: &EventUpdate<'_>,
        is_voice: bool,
        now: Instant,
        out: &mut Outbox,
    ) -> Consequence {
        let at = self.clock.read(event.timestamp, now);
        let first = event.people.first().filter(|person| person.user_id > 0);
        match event.event_type {
            1 => self.first_packet(event.timestamp, out),
            2 => {
                let Some(person) = first else { return Consequence::None };
                self.hear(person.user_id, person.user_name.as_deref(), at, out);
                if self.speaker.replace(person.user_id) != Some(person.user_id) {
                    out.event(at, EventBody::ActiveSpeaker { id: ParticipantId(person.user_id) });
                }
            }
            3 => event.people.iter().for_each(|person| self.join(person, at, out)),
            4 => event.people.iter().for_each(|person| self.leave(person.user_id, at, out)),
            5 => {
                let Some(person) = first else { return Consequence::None };
                self.hear(person.user_id, person.user_name.as_deref(), at, out);
                if self.sharer.replace(person.user_id) != Some(person.user_id) {
                    out.event(at, EventBody::ShareOn { id: ParticipantId(person.user_id) });
                }
            }
            6 => {
                let sharer = self.sharer.take();
                let id = first.map(|person| person.user_id).or(sharer).map(ParticipantId);
                out.event(at, EventBody::ShareOff { id });
            }
            7 => return Consequence::Interrupted,
            8.. if is_voice => return Consequence::Keep,
            8 => event.people.iter().for_each(|person| {
                out.event(at, EventBody::VideoOn { id: ParticipantId(person.user_id) });
            }),
            9 => event.people.iter().for_each(|person| {
                out.event(at, EventBody::VideoOff { id: ParticipantId(person.user_id) });
            }),
            10..=14 => return Consequence::Keep,
            _ => return Consequence::Unknown,
        }
        Consequence::None
    }

    /// Second 0 is not guessed: without a time the event says nothing.
    fn first_packet(&mut self, timestamp: Option<i64>, out: &mut Outbox) {
        let at = timestamp.and_then(|raw| source_time(raw, None));
        if let (None, Some(at)) = (self.origin, at) {
            self.origin = Some(at);
            out.control(Control::FirstPacket { at });
        }
    }

    fn join(&mut self, person: &Person<'_>, at: SourceTime, out: &mut Outbox) {
        let change = self.roster.announce(person.user_id, person.user_name.as_deref());
        self.tell(change, person.user_id, at, out);
    }

    fn leave(&mut self, id: i64, at: SourceTime, out: &mut Outbox) {
        if !self.is_ending && self.roster.leave(id) {
            out.event(at, EventBody::Left { id: ParticipantId(id) });
        }
    }

    /// Somebody sends sound, speaks or shares.
    pub(super) fn hear(&mut self, id: i64, name: Option<&str>, at: SourceTime, out: &mut Outbox) {
        let change = self.roster.hear(id, name);
        self.tell(change, id, at, out);
    }

    fn tell(&self, change: Option<Change>, id: i64, at: SourceTime, out: &mut Outbox) {
        let Some(change) = change else { return };
        let name = self.roster.name(id).map(|name| Pii::new(name.to_owned()));
        let participant = Participant { id: ParticipantId(id), name };
        out.event(
            at,
            match change {
                Change::Joined => EventBody::Joined { participant },
                Change::Renamed => EventBody::Renamed { participant },
            },
        );
    }

    /// The participants had time to be announced on a new connection.
    pub(super) fn settle(&mut self, now: Instant, out: &mut Outbox) {
        let at = self.clock.estimate(now);
        for id in self.roster.settle() {
            out.event(at, EventBody::Left { id: ParticipantId(id) });
        }
    }

    /// Media is withheld, or flows again.
    pub(super) fn pause(&mut self, is_paused: bool, at: SourceTime, out: &mut Outbox) {
        if self.is_paused != is_paused {
            self.is_paused = is_paused;
            out.event(at, if is_paused { EventBody::Paused } else { EventBody::Resumed });
        }
    }

    /// Takes a piece of transcript; whether it was one that is told.
    pub(super) fn transcript(&mut self, content: &TranscriptContent<'_>, now: Instant, out: &mut Outbox) -> bool {
        if content.attribute == Some(3) {
            return false;
        }
        let time = |raw: Option<i64>| raw.and_then(|raw| source_time(raw, self.origin));
        let made = time(content.timestamp);
        let (start, end) = match (time(content.start_time).or(made), time(content.end_time)) {
            (Some(start), Some(end)) if end >= start => (start, end),
            (start, _) => {
                let at = made.or(start).unwrap_or_else(|| self.clock.estimate(now));
                (at, at)
            }
        };
        let speaker = content.speaker.as_ref();
        let piece = (speaker.map(|person| person.user_id), start.unix_ms(), end.unix_ms(), &*content.text);
        if !content.text.trim().is_empty() && self.recent.is_new(&piece) {
            let language = content.language.and_then(wire::bcp47).map(str::to_owned);
            let speaker = speaker.map(|person| self.participant(person));
            let text = Pii::new(content.text.clone().into_owned());
            out.event(start, EventBody::Transcript(Utterance { speaker, text, start, end, language }));
        }
        true
    }

    /// Takes a chat message, or a change to one; whether it was one that is told.
    pub(super) fn chat(&mut self, content: &ChatContent<'_>, now: Instant, out: &mut Outbox) -> bool {
        let operation = match content.operation {
            1 => ChatOperation::New,
            2 => ChatOperation::Delete,
            3 => ChatOperation::Update,
            4 => ChatOperation::AddEmoji,
            5 => ChatOperation::RemoveEmoji,
            _ => return false,
        };
        let at = self.clock.read(content.timestamp, now);
        let sender = content.sender.as_ref();
        let piece = (
            content.message_id.as_deref(),
            content.operation,
            content.timestamp,
            sender.map(|person| person.user_id),
            &*content.text,
        );
        if self.recent.is_new(&piece) {
            let owned = |id: &Option<Cow<'_, str>>| id.as_deref().map(str::to_owned);
            let message = ChatMessage {
                message_id: owned(&content.message_id),
                parent_id: owned(&content.parent_id),
                operation,
                sender: sender.map(|person| self.participant(person)),
                receiver: content.receiver.as_ref().map(|person| self.participant(person)),
                text: Pii::new(content.text.clone().into_owned()),
            };
            out.event(at, EventBody::Chat(message));
        }
        true
    }

    fn participant(&self, person: &Person<'_>) -> Participant {
        let name = person.user_name.as_deref().or_else(|| self.roster.name(person.user_id));
        Participant { id: ParticipantId(person.user_id), name: name.map(|name| Pii::new(name.to_owned())) }
    }
}

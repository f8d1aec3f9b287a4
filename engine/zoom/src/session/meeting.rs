//! What happens in the meeting: messages in, events out. States of the stream itself are in `signaling`.

use std::{borrow::Cow, time::Instant};

use media::SourceTime;
use model::{Audience, ChatMessage, ChatOperation, Control, EventBody, Participant, ParticipantId, Pii, Utterance};

use super::{
    clock::{Clock, source_time},
    config::SessionConfig,
    outbox::Outbox,
    recent::Recent,
    roster::{Change, Roster},
};
use crate::wire::{self, ChatContent, EventUpdate, Person, TranscriptContent};

/// How long after a pause began media may still have been made, in milliseconds: other servers hear of it later.
const PAUSE_MARGIN_MS: i64 = 5_000;
/// How long after a pause began media is believed to have been made, in milliseconds; beyond it the time is absurd.
const PAUSE_LIMIT_MS: i64 = 24 * 3_600_000;

/// The meeting as far as it was told.
#[derive(Debug)]
pub(super) struct Meeting {
    pub(super) clock: Clock,
    pub(super) roster: Roster,
    /// The platform's moment of the first packet, or what an earlier owner took for it.
    origin: Option<SourceTime>,
    /// Whether the log has that moment from us.
    is_origin_told: bool,
    pub(super) speaker: Option<i64>,
    sharer: Option<i64>,
    /// Since when media is withheld.
    paused_at: Option<SourceTime>,
    /// When a session stopped, as long as it may mean the end, which is no pause.
    pub(super) stopped_at: Option<SourceTime>,
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
    /// Cameras were turned on or off.
    Cameras {
        /// Which of the two.
        are_on: bool,
        /// When.
        at: SourceTime,
    },
    /// People left, and their cameras with them.
    Left,
    /// It shall be kept word for word.
    Keep,
    /// It is not known.
    Unknown,
}

/// Who may read a chat message, by Zoom's number (protocol §8.5).
const fn audience(circle: i64) -> Audience {
    match circle {
        1 => Audience::Everyone,
        2 => Audience::Individual,
        3 => Audience::Group,
        4 => Audience::HostsAndPanelists,
        5 => Audience::IndividualWithHostsAndPanelists,
        _ => Audience::Other,
    }
}

impl Meeting {
    /// The meeting as an earlier owner left it, if there was one.
    pub(super) fn new(config: &SessionConfig, now: Instant) -> Self {
        let mut roster = Roster::default();
        for Participant { id, name } in &config.present {
            roster.hear(id.0, name.as_ref().map(|name| name.expose().as_str()));
        }
        Self {
            clock: Clock::new(config.notice_unix_ms, now),
            roster,
            origin: config.origin,
            is_origin_told: false,
            speaker: None,
            sharer: config.sharer.map(|id| id.0),
            paused_at: config.paused_at,
            stopped_at: None,
            is_ending: false,
            recent: Recent::of(&config.told),
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
            3 => return self.join(&event.people, at, out),
            4 => {
                event.people.iter().for_each(|person| self.leave(person.user_id, at, out));
                return Consequence::Left;
            }
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
            // The parties of a call come and go by these numbers; the rest of them is kept (protocol §15.3).
            8 | 10 if is_voice && !event.people.is_empty() => return self.join(&event.people, at, out),
            9 | 11 | 29 if is_voice && !event.people.is_empty() => {
                event.people.iter().for_each(|person| self.leave(person.user_id, at, out));
            }
            8.. if is_voice => return Consequence::Keep,
            8 | 9 => return Consequence::Cameras { are_on: event.event_type == 8, at },
            10..=14 => return Consequence::Keep,
            _ => return Consequence::Unknown,
        }
        Consequence::None
    }

    /// Second 0 is not guessed: without a time the event says nothing.
    fn first_packet(&mut self, timestamp: Option<i64>, out: &mut Outbox) {
        let at = timestamp.and_then(|raw| source_time(raw, None));
        if let (false, Some(at)) = (self.is_origin_told, at) {
            self.is_origin_told = true;
            self.origin = Some(at);
            out.control(Control::FirstPacket { at });
        }
    }

    /// People are here. Those for whom the roster has no room are told to nobody, so what says it of them is kept.
    fn join(&mut self, people: &[Person<'_>], at: SourceTime, out: &mut Outbox) -> Consequence {
        let mut consequence = Consequence::None;
        for person in people {
            let change = self.roster.announce(person.user_id, person.user_name.as_deref());
            self.tell(change, person.user_id, at, out);
            if change == Some(Change::Unlisted) {
                consequence = Consequence::Keep;
            }
        }
        consequence
    }

    fn leave(&mut self, id: i64, at: SourceTime, out: &mut Outbox) {
        if !self.is_ending && self.roster.leave(id) {
            self.tell_left(id, at, out);
        }
    }

    /// Whoever leaves shares nothing any more, even if nobody says so.
    fn tell_left(&mut self, id: i64, at: SourceTime, out: &mut Outbox) {
        let id = ParticipantId(id);
        if self.sharer == Some(id.0) {
            self.sharer = None;
            out.event(at, EventBody::ShareOff { id: Some(id) });
        }
        out.event(at, EventBody::Left { id });
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
                Change::Unlisted => return,
            },
        );
    }

    /// The participants had time to be announced on a new connection.
    pub(super) fn settle(&mut self, now: Instant, out: &mut Outbox) {
        let at = self.clock.estimate(now);
        for id in self.roster.settle() {
            self.tell_left(id, at, out);
        }
    }

    /// Media is withheld, or flows again.
    pub(super) fn pause(&mut self, is_paused: bool, at: SourceTime, out: &mut Outbox) {
        if is_paused || self.stopped_at.is_some_and(|since| since < at) {
            self.tell_stop(out);
        }
        self.stopped_at = None;
        if self.paused_at.is_some() != is_paused {
            self.paused_at = is_paused.then_some(at);
            out.event(at, if is_paused { EventBody::Paused } else { EventBody::Resumed });
        }
    }

    /// A session stopped: media is withheld until the next one begins, if the stream does not end with it.
    pub(super) fn stop(&mut self, at: SourceTime) {
        if self.paused_at.is_none() {
            self.stopped_at.get_or_insert(at);
        }
    }

    /// The stream did not end with the session that stopped, so that it was a pause.
    pub(super) fn tell_stop(&mut self, out: &mut Outbox) {
        if let Some(at) = self.stopped_at.take() {
            self.pause(true, at, out);
        }
    }

    /// Media was made at `at`; whether that ends a pause. None is made during one, so if it was made well after the beginning
    /// of one, the message that ended the pause got lost, as it does with a signaling connection.
    pub(super) fn witness_media(&mut self, at: SourceTime, out: &mut Outbox) -> bool {
        let since = self.paused_at.or(self.stopped_at);
        let is_over = since.is_some_and(|since| (PAUSE_MARGIN_MS..PAUSE_LIMIT_MS).contains(&at.ms_since(since)));
        if is_over {
            self.pause(false, at, out);
        }
        is_over
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
        if content.text.trim().is_empty() {
            return true;
        }
        let language = content.language.and_then(wire::bcp47).map(str::to_owned);
        let speaker = speaker.map(|person| self.participant(person));
        let text = Pii::new(content.text.clone().into_owned());
        let utterance = Utterance { speaker, text, start, end, language };
        if self.recent.is_new_utterance(&utterance) {
            out.event(start, EventBody::Transcript(utterance));
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
        let owned = |id: &Option<Cow<'_, str>>| id.as_deref().map(str::to_owned);
        let message = ChatMessage {
            message_id: owned(&content.message_id),
            parent_id: owned(&content.parent_id),
            operation,
            sender: content.sender.as_ref().map(|person| self.participant(person)),
            receiver: content.receiver.as_ref().map(|person| self.participant(person)),
            audience: content.circle.map(audience),
            text: Pii::new(content.text.clone().into_owned()),
        };
        let said_at = content.timestamp.and_then(|raw| source_time(raw, None));
        if self.recent.is_new_message(&message, said_at) {
            out.event(at, EventBody::Chat(message));
        }
        true
    }

    fn participant(&self, person: &Person<'_>) -> Participant {
        let name = person.user_name.as_deref().or_else(|| self.roster.name(person.user_id));
        Participant { id: ParticipantId(person.user_id), name: name.map(|name| Pii::new(name.to_owned())) }
    }
}

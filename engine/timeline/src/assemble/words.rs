//! Puts events and transcript in order and learns who is who.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

use media::{Position, SourceTime};
use model::{Event, EventBody, Participant, ParticipantId, Utterance};

use crate::{
    AudioTrack, Counts,
    clock::{Admission, Clock},
    place::Placed,
};

/// How many events of one moment that say nearly the same are compared with the next one.
const MOST_ALIKE: usize = 64;

/// Events, transcript and people.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) events: Vec<Event>,
    pub(crate) utterances: Vec<Utterance>,
    pub(crate) people: BTreeMap<ParticipantId, Participant>,
    /// Where the last of them lies that carries the platform's time.
    pub(crate) last: Position,
}

impl Words {
    /// Orders by time, then by place in the log, and drops what says the same again: after a power cut the newest events
    /// are written a second time.
    pub(crate) fn of(events: Vec<Placed<Event>>, audio: &[AudioTrack], clock: Clock, counts: &mut Counts) -> Self {
        let mut words =
            Self { events: Vec::new(), utterances: Vec::new(), people: BTreeMap::new(), last: Position::ZERO };
        let mut placed = events;
        placed.sort_by(|a, b| {
            (a.what.at, a.order(), rank(&a.what.body)).cmp(&(b.what.at, b.order(), rank(&b.what.body)))
        });
        let mut kept: HashMap<u64, Vec<usize>> = HashMap::new();
        for Placed { what: event, .. } in placed {
            if let EventBody::Transcript(utterance) = event.body {
                words.utterances.push(timed(utterance, event.at, clock));
                continue;
            }
            let alike = kept.entry(print(&event)).or_default();
            if !alike.iter().rev().take(MOST_ALIKE).any(|index| words.events.get(*index) == Some(&event)) {
                alike.push(words.events.len());
                words.events.push(event);
            }
        }
        words.utterances.sort_by(|a, b| identity(a).cmp(&identity(b)));
        words.utterances.dedup_by(|next, last| identity(next) == identity(last));
        words.utterances.retain(|utterance| {
            let inside = clock.admit(utterance.start) != Admission::Absurd;
            counts.absurd += u64::from(!inside);
            inside
        });
        words.meet(audio);
        let status = |event: &&Event| !matches!(event.body, EventBody::Status { .. });
        let moments = words.events.iter().filter(status).map(|event| event.at);
        let moments = moments.chain(words.utterances.iter().map(|utterance| utterance.end));
        let inside = moments.filter(|at| clock.admit(*at) == Admission::Inside);
        words.last = inside.map(|at| clock.position(at)).max().unwrap_or(Position::ZERO);
        words
    }

    /// Learns names: joins and renames tell the latest, words only fill in what is missing (a name beside media can be
    /// stale, protocol §8.2).
    fn meet(&mut self, audio: &[AudioTrack]) {
        for event in &self.events {
            match &event.body {
                EventBody::Joined { participant } | EventBody::Renamed { participant } => {
                    let known = somebody(&mut self.people, participant.id);
                    if participant.name.is_some() {
                        known.name.clone_from(&participant.name);
                    }
                }
                EventBody::Left { id }
                | EventBody::ActiveSpeaker { id }
                | EventBody::VideoOn { id }
                | EventBody::VideoOff { id }
                | EventBody::ShareOn { id }
                | EventBody::ShareOff { id: Some(id) } => {
                    somebody(&mut self.people, *id);
                }
                _ => {}
            }
        }
        let chatting = self.events.iter().filter_map(|event| match &event.body {
            EventBody::Chat(message) => Some(message.sender.iter().chain(&message.receiver)),
            _ => None,
        });
        let speaking = self.utterances.iter().filter_map(|utterance| utterance.speaker.as_ref());
        for told in chatting.flatten().chain(speaking) {
            let known = somebody(&mut self.people, told.id);
            if known.name.is_none() {
                known.name.clone_from(&told.name);
            }
        }
        for id in audio.iter().filter_map(AudioTrack::who) {
            somebody(&mut self.people, id);
        }
    }
}

/// What was said stays even where its times cannot be true: it then lies where its message does, and an end that is none
/// is its start.
fn timed(mut utterance: Utterance, at: SourceTime, clock: Clock) -> Utterance {
    let told = |time: SourceTime| clock.admit(time) != Admission::Absurd;
    if !told(utterance.start) {
        utterance.start = at;
    }
    if !told(utterance.end) || utterance.end < utterance.start {
        utterance.end = utterance.start;
    }
    utterance
}

/// Equal events have equal prints.
fn print(event: &Event) -> u64 {
    let mut hasher = DefaultHasher::new();
    (event.at, rank(&event.body)).hash(&mut hasher);
    hasher.finish()
}

fn somebody(people: &mut BTreeMap<ParticipantId, Participant>, id: ParticipantId) -> &mut Participant {
    people.entry(id).or_insert_with(|| Participant { id, name: None })
}

/// What makes two utterances the same one (protocol §8.4).
fn identity(utterance: &Utterance) -> (SourceTime, SourceTime, Option<ParticipantId>, &str) {
    let speaker = utterance.speaker.as_ref().map(|speaker| speaker.id);
    (utterance.start, utterance.end, speaker, utterance.text.expose())
}

/// Orders events of one moment and one place in the log.
fn rank(body: &EventBody) -> (u8, i64, &str) {
    match body {
        EventBody::Status { status, .. } => (0, *status as i64, ""),
        EventBody::Joined { participant } => (1, participant.id.0, name(participant)),
        EventBody::Renamed { participant } => (2, participant.id.0, name(participant)),
        EventBody::ActiveSpeaker { id } => (3, id.0, ""),
        EventBody::VideoOff { id } => (4, id.0, ""),
        EventBody::VideoOn { id } => (5, id.0, ""),
        EventBody::ShareOff { id } => (6, id.map_or(0, |id| id.0), ""),
        EventBody::ShareOn { id } => (7, id.0, ""),
        EventBody::Transcript(utterance) => (8, 0, utterance.text.expose()),
        EventBody::Chat(message) => (9, 0, message.text.expose()),
        EventBody::Paused => (10, 0, ""),
        EventBody::Resumed => (11, 0, ""),
        EventBody::Left { id } => (12, id.0, ""),
    }
}

fn name(participant: &Participant) -> &str {
    participant.name.as_ref().map_or("", |name| name.expose())
}

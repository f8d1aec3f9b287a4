//! Who is who in a meeting that is over: which numbers are one person, by what name, and how readers tell people apart. Names
//! as they become known live are in [`crate::event`].

use std::collections::{BTreeMap, HashSet};

use media::SourceTime;
use model::{Event, EventBody, Participant, ParticipantId, Turn, Utterance};

use super::line;
use crate::person::Person;

/// How much of a name is kept, in characters: several times what platforms let people enter.
const LONGEST_NAME_CHARS: usize = 256;

/// Everybody who was in a meeting, one entry a person.
///
/// The platform's number says who somebody is, never the name. One number is one person, also where that person left and
/// came back; but if somebody comes back under a number with another name than the one that left, they are two, because
/// words under a wrong name are worse than one person listed twice. Whoever comes back under another number is somebody
/// else: no platform says otherwise. Of several names of a person the last counts, for all that the person ever did.
#[derive(Clone, Default)]
pub struct Attendance {
    attendees: Vec<Attendee>,
    /// Of each number, from when on it is which of the attendees; never empty, ordered.
    stays: BTreeMap<ParticipantId, Vec<(SourceTime, usize)>>,
}

/// One person.
#[derive(Clone)]
pub(super) struct Attendee {
    pub(super) person: Person,
    /// The name in one line, with a number behind it where somebody else has the same.
    pub(super) label: String,
}

/// A number between a join and the next one that follows a leave.
#[derive(Clone)]
struct Stay {
    from: SourceTime,
    first_name: Option<String>,
    last_name: Option<String>,
    is_over: bool,
}

impl Attendance {
    /// Tells who is who among `people`, which knows the name of each number as far as anything tells it; what people did
    /// and said decides who came first. `events` are in the order of time.
    pub fn of(
        origin: SourceTime,
        people: &BTreeMap<ParticipantId, Participant>,
        events: &[Event],
        utterances: &[Utterance],
        speech: &[Turn],
    ) -> Self {
        let stays = stays(events);
        let mut attendance = Self::default();
        for participant in people.values() {
            attendance.enter(participant, stays.get(&participant.id).map_or(&[], Vec::as_slice));
        }
        let of_events = events.iter().map(|event| (mentioned(&event.body), event.at));
        let of_words = utterances.iter().map(|said| (said.speaker.as_ref().map(|who| who.id), said.start));
        let of_speech = speech.iter().map(|turn| (Some(turn.who), origin.plus_ms(turn.start.ms())));
        let mut first = vec![None::<SourceTime>; attendance.attendees.len()];
        for (id, at) in of_events.chain(of_words).chain(of_speech) {
            let index = id.and_then(|id| attendance.index(id, at));
            if let Some(first) = index.and_then(|index| first.get_mut(index)) {
                *first = Some(first.map_or(at, |first| first.min(at)));
            }
        }
        attendance.tell_apart(&first);
        attendance
    }

    /// How many people there were.
    pub fn count(&self) -> usize {
        self.attendees.len()
    }

    /// Which of the attendees a number was at a moment; `None` for a number that nobody has.
    pub fn index(&self, id: ParticipantId, at: SourceTime) -> Option<usize> {
        let stays = self.stays.get(&id)?;
        let begun = stays.partition_point(|(from, _)| *from <= at);
        stays.get(begun.saturating_sub(1)).map(|(_, index)| *index)
    }

    /// The name of one of the attendees, as it was last.
    pub fn name(&self, index: usize) -> Option<&str> {
        self.attendees.get(index)?.person.name()
    }

    /// Every name that a number had from one moment to a later one, both included; `None` for one that has none.
    pub fn names(&self, id: ParticipantId, from: SourceTime, to: SourceTime) -> impl Iterator<Item = Option<&str>> {
        let first = self.index(id, from);
        let later = self.stays.get(&id).into_iter().flatten().filter(move |(at, _)| from < *at && *at <= to);
        let all = std::iter::once(first).chain(later.map(|(_, index)| Some(*index)));
        all.map(|index| self.name(index?))
    }

    /// Who a number was at a moment.
    pub(super) fn person(&self, id: ParticipantId, at: SourceTime) -> Person {
        self.attendee(id, at).map_or_else(|| Person::numbered(id), |attendee| attendee.person.clone())
    }

    /// Who an event names, and nobody where it names nobody.
    pub(super) fn person_of(&self, who: Option<&Participant>, at: SourceTime) -> Person {
        who.map_or_else(Person::nobody, |who| self.person(who.id, at))
    }

    /// How readers tell apart whom an event names; `None` where it names nobody.
    pub(super) fn label_of(&self, who: Option<&Participant>, at: SourceTime) -> Option<&str> {
        self.attendee(who?.id, at).map(|attendee| attendee.label.as_str())
    }

    /// Everybody, by number.
    pub(super) fn attendees(&self) -> &[Attendee] {
        &self.attendees
    }

    fn attendee(&self, id: ParticipantId, at: SourceTime) -> Option<&Attendee> {
        self.attendees.get(self.index(id, at)?)
    }

    /// Adds the people that a number was, of whom there are several only if names differ over a leave.
    fn enter(&mut self, participant: &Participant, stays: &[Stay]) {
        let mut persons: Vec<Stay> = Vec::new();
        for stay in stays {
            match persons.last_mut() {
                Some(last) if !differ(last.last_name.as_ref(), stay.first_name.as_ref()) => {
                    last.first_name = last.first_name.take().or_else(|| stay.first_name.clone());
                    last.last_name = stay.last_name.clone().or_else(|| last.last_name.take());
                }
                _ => persons.push(stay.clone()),
            }
        }
        if persons.is_empty() {
            let from = SourceTime::from_unix_ms(i64::MIN);
            persons.push(Stay { from, first_name: None, last_name: None, is_over: false });
        }
        let told = participant.name.as_ref().map(|name| name.expose().clone());
        for stay in persons {
            let name = stay.last_name.or_else(|| told.clone());
            let person = Person::named(participant.id, name.map(|name| shortened(&name)));
            self.stays.entry(participant.id).or_default().push((stay.from, self.attendees.len()));
            self.attendees.push(Attendee { person, label: String::new() });
        }
    }

    /// Gives everybody a label of their own, in the order of when they were first heard of.
    fn tell_apart(&mut self, first: &[Option<SourceTime>]) {
        let mut order: Vec<usize> = (0..self.attendees.len()).collect();
        order.sort_by_key(|index| {
            let first = first.get(*index).copied().flatten();
            (first.is_none(), first, *index)
        });
        let mut taken = HashSet::new();
        let mut next: BTreeMap<String, u32> = BTreeMap::new();
        for index in order {
            let Some(attendee) = self.attendees.get_mut(index) else { continue };
            let name = attendee.person.name().map(line::label).filter(|name| !name.is_empty());
            let name = name.unwrap_or_else(|| format!("Participant {}", attendee.person.number().unwrap_or_default()));
            let count = next.entry(line::folded(&name)).or_insert(1);
            let mut label = if *count == 1 { name.clone() } else { format!("{name} ({count})") };
            while !taken.insert(line::folded(&label)) {
                *count += 1;
                label = format!("{name} ({count})");
            }
            *count += 1;
            attendee.label = label;
        }
    }
}

/// The stays of each number; a join without a leave before it begins none.
fn stays(events: &[Event]) -> BTreeMap<ParticipantId, Vec<Stay>> {
    let mut stays: BTreeMap<ParticipantId, Vec<Stay>> = BTreeMap::new();
    for event in events {
        match &event.body {
            EventBody::Joined { participant } | EventBody::Renamed { participant } => {
                let of_number = stays.entry(participant.id).or_default();
                if of_number.last().is_none_or(|last| last.is_over) {
                    of_number.push(Stay { from: event.at, first_name: None, last_name: None, is_over: false });
                }
                if let (Some(stay), Some(name)) = (of_number.last_mut(), &participant.name) {
                    stay.first_name.get_or_insert_with(|| name.expose().clone());
                    stay.last_name = Some(name.expose().clone());
                }
            }
            EventBody::Left { id } => {
                if let Some(stay) = stays.get_mut(id).and_then(|of_number| of_number.last_mut()) {
                    stay.is_over = true;
                }
            }
            _ => {}
        }
    }
    stays
}

/// Whether two names are known and are not the same one.
fn differ(one: Option<&String>, other: Option<&String>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

/// Who did something.
fn mentioned(body: &EventBody) -> Option<ParticipantId> {
    match body {
        EventBody::Joined { participant } | EventBody::Renamed { participant } => Some(participant.id),
        EventBody::Left { id }
        | EventBody::ActiveSpeaker { id }
        | EventBody::VideoOn { id }
        | EventBody::VideoOff { id }
        | EventBody::ShareOn { id } => Some(*id),
        EventBody::ShareOff { id } => *id,
        EventBody::Chat(message) => message.sender.as_ref().map(|who| who.id),
        EventBody::Status { .. } | EventBody::Transcript(_) | EventBody::Paused | EventBody::Resumed => None,
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(LONGEST_NAME_CHARS).collect()
}

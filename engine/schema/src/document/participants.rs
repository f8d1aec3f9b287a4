//! Who was there and what they did: `participants.json` and `participant_events.json`.

use media::{Position, SourceTime};
use model::{ChatOperation, Event, EventBody, ParticipantId, Turn};
use serde::Serialize;

use super::{chat::ChatBody, people::People};
use crate::{json::text_of, person::Person, time::Stamp};

/// Makes `participants.json` (recording-api §6.1), ordered by the platform's number.
pub fn participants_json(people: &People) -> String {
    let entries: Vec<Person> = people.iter().map(Person::from).collect();
    text_of(&entries)
}

#[derive(Serialize)]
struct Entry {
    id: String,
    action: &'static str,
    participant: Person,
    timestamp: Stamp,
    data: Option<ChatBody>,
}

/// One happening before it has its number; at one moment the lower rank comes first.
struct Happening {
    at: Position,
    rank: u8,
    action: &'static str,
    participant: Person,
    data: Option<ChatBody>,
}

/// Makes `participant_events.json` (recording-api §6.2), ordered by time. Speech events come from `speech`; a message that
/// was changed or deleted later appears as it was first written (all of it is in `chat.json`).
pub fn participant_events_json(origin: SourceTime, people: &People, events: &[Event], speech: &[Turn]) -> String {
    let mut happenings = Vec::with_capacity(events.len() + 2 * speech.len());
    let mut ordered: Vec<&Event> = events.iter().collect();
    ordered.sort_by_key(|event| event.at);
    let mut sharing: Option<ParticipantId> = None;
    for event in ordered {
        let happening = |rank, action, participant, data| Happening {
            at: event.at.position(origin),
            rank,
            action,
            participant,
            data,
        };
        happenings.extend(match &event.body {
            EventBody::Joined { participant } => Some(happening(0, "join", people.person_as_told(participant), None)),
            EventBody::Renamed { participant } => {
                Some(happening(1, "update", people.person_as_told(participant), None))
            }
            EventBody::VideoOff { id } => Some(happening(2, "webcam_off", people.person(*id), None)),
            EventBody::ShareOff { id } => {
                let whose = id.or(sharing).map_or_else(Person::nobody, |id| people.person(id));
                sharing = None;
                Some(happening(2, "screenshare_off", whose, None))
            }
            EventBody::VideoOn { id } => Some(happening(3, "webcam_on", people.person(*id), None)),
            EventBody::ShareOn { id } => {
                sharing = Some(*id);
                Some(happening(3, "screenshare_on", people.person(*id), None))
            }
            EventBody::Chat(message) if message.operation == ChatOperation::New => {
                let sender = message.sender.as_ref().map_or_else(Person::nobody, |who| people.person_as_told(who));
                Some(happening(4, "chat_message", sender, Some(ChatBody::of(message))))
            }
            EventBody::Left { id } => Some(happening(5, "leave", people.person(*id), None)),
            EventBody::Chat(_)
            | EventBody::Status { .. }
            | EventBody::ActiveSpeaker { .. }
            | EventBody::Transcript(_)
            | EventBody::Paused
            | EventBody::Resumed => None,
        });
    }
    for turn in speech {
        let participant = people.person(turn.who);
        happenings.push(Happening {
            at: turn.start,
            rank: 3,
            action: "speech_on",
            participant: participant.clone(),
            data: None,
        });
        happenings.push(Happening { at: turn.end, rank: 2, action: "speech_off", participant, data: None });
    }
    happenings.sort_by_key(|happening| (happening.at, happening.rank));
    let entries: Vec<Entry> = happenings
        .into_iter()
        .enumerate()
        .map(|(index, happening)| Entry {
            id: (index + 1).to_string(),
            action: happening.action,
            participant: happening.participant,
            timestamp: Stamp::of_position(origin, happening.at),
            data: happening.data,
        })
        .collect();
    text_of(&entries)
}

//! Who was there and what they did: `participants.json` and `participant_events.json`.

use media::Position;
use model::{Event, EventBody, Participant, ParticipantId};
use serde::Serialize;

use super::{
    attendance::Attendance,
    chat::{ChatBody, messages},
    proceedings::Proceedings,
};
use crate::{json::text_of, person::Person, time::Stamp};

/// Makes `participants.json` (recording-api §6.1): everybody once, ordered by the platform's number.
pub fn participants_json(proceedings: &Proceedings<'_>) -> String {
    let entries: Vec<&Person> = proceedings.attendance.attendees().iter().map(|attendee| &attendee.person).collect();
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

/// Makes `participant_events.json` (recording-api §6.2), ordered by time. A join or a new name tells the name of that moment.
/// A chat message has its last text, and none once it is deleted; a change to a message is no event (all of it is in
/// `chat.json`).
pub fn participant_events_json(proceedings: &Proceedings<'_>) -> String {
    let Proceedings { origin, attendance, events, speech, .. } = proceedings;
    let origin = *origin;
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
            EventBody::Joined { participant } => {
                Some(happening(0, "join", as_told(attendance, participant, event), None))
            }
            EventBody::Renamed { participant } => {
                Some(happening(1, "update", as_told(attendance, participant, event), None))
            }
            EventBody::VideoOff { id } => Some(happening(2, "webcam_off", attendance.person(*id, event.at), None)),
            EventBody::ShareOff { id } => {
                let whose = id.or(sharing).map_or_else(Person::nobody, |id| attendance.person(id, event.at));
                sharing = None;
                Some(happening(2, "screenshare_off", whose, None))
            }
            EventBody::VideoOn { id } => Some(happening(3, "webcam_on", attendance.person(*id, event.at), None)),
            EventBody::ShareOn { id } => {
                sharing = Some(*id);
                Some(happening(3, "screenshare_on", attendance.person(*id, event.at), None))
            }
            EventBody::Left { id } => Some(happening(5, "leave", attendance.person(*id, event.at), None)),
            EventBody::Chat(_)
            | EventBody::Status { .. }
            | EventBody::ActiveSpeaker { .. }
            | EventBody::Transcript(_)
            | EventBody::Paused
            | EventBody::Resumed => None,
        });
    }
    for message in messages(events).into_iter().filter(|message| !message.is_original_missing) {
        happenings.push(Happening {
            at: message.at.position(origin),
            rank: 4,
            action: "chat_message",
            participant: attendance.person_of(message.written.sender.as_ref(), message.at),
            data: Some(ChatBody::reading(message.written, message.text.unwrap_or_default())),
        });
    }
    for turn in *speech {
        let participant = attendance.person(turn.who, origin.plus_ms(turn.start.ms()));
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

/// Somebody by the name that an event told, or else by the one that is known.
fn as_told(attendance: &Attendance, told: &Participant, event: &Event) -> Person {
    if told.name.is_some() { Person::from(told) } else { attendance.person(told.id, event.at) }
}

//! Tells the events of one capture in order: remembers who is who, who speaks and who shares.

use std::sync::Arc;

use media::SourceTime;
use model::{
    Artifact, Capture, CaptureStatus, ChatOperation, Cursor, Event, EventBody, ParticipantId, SequencedEvent,
    StatusChange,
};

use super::{body::Body, envelope::Owners, people::People};
use crate::{document::ChatBody, person::Person, time::Stamp};

/// One event as customers read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Where a reader that has seen it goes on; `None` if another one of the same moment follows, or where it is none of the meeting's.
    pub cursor: Option<Cursor>,
    /// Its name, such as `transcript.data`.
    pub event: String,
    /// The whole envelope as JSON text.
    pub json: String,
}

/// Tells the events of one capture. It must hear every event from the first one on, in order, so that a reader who joins
/// late gets the same names as one who listened all the time.
#[derive(Clone, Debug)]
pub struct Narrator {
    voice: Voice,
    has_alias: bool,
    people: People,
    speaking: Option<ParticipantId>,
    sharing: Option<ParticipantId>,
}

/// What narrators of one capture differ in: two with the same voice tell the next event in the same words, because both heard every
/// event from the same one on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Voice {
    /// The first event that was heard; `None` before it.
    since: Option<Cursor>,
    owners: Arc<Owners>,
    origin: Option<SourceTime>,
}

impl Narrator {
    /// Begins with what is known of the capture.
    pub fn new(capture: &Capture) -> Self {
        Self {
            voice: Voice { since: None, owners: Arc::new(Owners::of(capture, true)), origin: origin(capture) },
            has_alias: true,
            people: People::new(),
            speaking: None,
            sharing: None,
        }
    }

    /// Whether second 0 is unknown still, so that a fresh look at the capture may help.
    pub fn lacks_origin(&self) -> bool {
        self.voice.origin.is_none()
    }

    /// Takes in what is known of the capture by now.
    pub fn refresh(&mut self, capture: &Capture) {
        let owners = Owners::of(capture, self.has_alias);
        if owners != *self.voice.owners {
            self.voice.owners = Arc::new(owners);
        }
        self.voice.origin = origin(capture).or(self.voice.origin);
    }

    /// Whether the capture stands under the older name `bot` as well, which it does unless somebody says otherwise.
    pub fn with_alias(mut self, has_alias: bool, capture: &Capture) -> Self {
        self.has_alias = has_alias;
        self.refresh(capture);
        self
    }

    /// Tells one event; nothing if customers are not told of its kind.
    pub fn tell(&mut self, sequenced: &SequencedEvent) -> Vec<Told> {
        let mut told: Vec<Told> = self
            .bodies_of(sequenced)
            .into_iter()
            .map(|(name, body)| Told { cursor: None, json: self.owners().envelope(&name, &body), event: name })
            .collect();
        if let Some(last) = told.last_mut() {
            last.cursor = Some(sequenced.cursor);
        }
        told
    }

    /// Takes one event in that is not to be told, or is told already.
    pub fn hear(&mut self, sequenced: &SequencedEvent) {
        self.learn(sequenced);
        self.turn(&sequenced.event);
    }

    /// What there is to tell of one event, each by its name.
    pub(super) fn bodies_of(&mut self, sequenced: &SequencedEvent) -> Vec<(String, Body)> {
        self.learn(sequenced);
        let bodies = self.bodies(&sequenced.event);
        self.turn(&sequenced.event);
        bodies
    }

    /// How it tells what it hears next.
    pub(super) const fn voice(&self) -> &Voice {
        &self.voice
    }

    /// Takes on a voice that is equal to its own, and that others have.
    pub(super) fn join(&mut self, voice: &Voice) {
        self.voice.clone_from(voice);
    }

    /// Second 0, where it is known.
    pub(super) const fn origin(&self) -> Option<SourceTime> {
        self.voice.origin
    }

    /// Whose events they are.
    pub(super) fn owners(&self) -> &Owners {
        &self.voice.owners
    }

    /// Somebody as far as is known by now.
    pub(super) fn person(&self, id: ParticipantId) -> Person {
        self.people.person(id)
    }

    /// Tells a change of status that is not in the capture's event log; a reader that has seen it goes on at `cursor`.
    pub fn tell_status(&self, change: &StatusChange, cursor: Cursor) -> Told {
        let event = status_event(change.status);
        Told { cursor: Some(cursor), json: self.owners().envelope(&event, &Body::status(change)), event }
    }

    /// Tells how much of an artifact is made, from 0 to 1. It has no place among the events: a reader that comes back later is told how
    /// far it is then.
    pub fn tell_progress(&self, artifact: &Artifact, progress: f64) -> Told {
        let event = "artifact.progress".to_owned();
        Told { cursor: None, json: self.owners().envelope(&event, &Body::progress(artifact, progress)), event }
    }

    /// Remembers who is who.
    fn learn(&mut self, sequenced: &SequencedEvent) {
        self.voice.since.get_or_insert(sequenced.cursor);
        self.people.learn(&sequenced.event);
    }

    /// Remembers who speaks and who shares.
    fn turn(&mut self, event: &Event) {
        match &event.body {
            EventBody::Left { id } => drop(self.speaking.take_if(|speaking| speaking == id)),
            EventBody::ActiveSpeaker { id } => self.speaking = Some(*id),
            EventBody::ShareOn { id } => self.sharing = Some(*id),
            EventBody::ShareOff { .. } => self.sharing = None,
            _ => {}
        }
    }

    fn bodies(&self, event: &Event) -> Vec<(String, Body)> {
        match &event.body {
            EventBody::Status { status, sub_code } => {
                let change = StatusChange {
                    status: *status,
                    sub_code: sub_code.clone(),
                    message: None,
                    at_unix_ms: event.at.unix_ms(),
                };
                vec![(status_event(*status), Body::status(&change))]
            }
            EventBody::Joined { participant } => vec![self.did("join", self.people.person_as_told(participant), event)],
            EventBody::Renamed { participant } => {
                vec![self.did("update", self.people.person_as_told(participant), event)]
            }
            EventBody::Left { id } => {
                let silence =
                    self.speaking.filter(|speaking| speaking == id).map(|id| self.act("speech_off", id, event));
                silence.into_iter().chain([self.act("leave", *id, event)]).collect()
            }
            EventBody::ActiveSpeaker { id } => {
                if self.speaking == Some(*id) {
                    return Vec::new();
                }
                let silence = self.speaking.map(|before| self.act("speech_off", before, event));
                silence.into_iter().chain([self.act("speech_on", *id, event)]).collect()
            }
            EventBody::VideoOn { id } => vec![self.act("webcam_on", *id, event)],
            EventBody::VideoOff { id } => vec![self.act("webcam_off", *id, event)],
            EventBody::ShareOn { id } => vec![self.act("screenshare_on", *id, event)],
            EventBody::ShareOff { id } => {
                let whose = id.or(self.sharing).map_or_else(Person::nobody, |id| self.people.person(id));
                vec![self.did("screenshare_off", whose, event)]
            }
            EventBody::Transcript(utterance) => {
                let speaker = self.told(utterance.speaker.as_ref());
                vec![("transcript.data".to_owned(), Body::transcript(utterance, speaker, self.origin()))]
            }
            EventBody::Chat(message) if message.operation == ChatOperation::New => {
                let body = Body::Participant {
                    participant: self.told(message.sender.as_ref()),
                    timestamp: Stamp::perhaps(self.origin(), event.at),
                    data: Some(ChatBody::of(message)),
                };
                vec![("participant_events.chat_message".to_owned(), body)]
            }
            EventBody::Chat(_) | EventBody::Paused | EventBody::Resumed => Vec::new(),
        }
    }

    fn told(&self, who: Option<&model::Participant>) -> Person {
        who.map_or_else(Person::nobody, |who| self.people.person_as_told(who))
    }

    fn act(&self, action: &str, id: ParticipantId, event: &Event) -> (String, Body) {
        self.did(action, self.people.person(id), event)
    }

    fn did(&self, action: &str, participant: Person, event: &Event) -> (String, Body) {
        let timestamp = Stamp::perhaps(self.origin(), event.at);
        (format!("participant_events.{action}"), Body::Participant { participant, timestamp, data: None })
    }
}

fn status_event(status: CaptureStatus) -> String {
    format!("meeting_direct_connect.{}", status.code())
}

fn origin(capture: &Capture) -> Option<SourceTime> {
    capture.recording.as_ref().and_then(|recording| recording.started_at)
}

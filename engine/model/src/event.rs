//! What happens in a meeting, as every downstream crate sees it. How customers see it is in `schema`.

use media::SourceTime;
use serde::{Deserialize, Serialize};

use crate::{CaptureStatus, Cursor, Participant, ParticipantId, Pii};

/// One happening of a meeting, on the platform's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When it happened, on the platform's clock.
    pub at: SourceTime,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventBody {
    /// The capture's public status changed. `at` is then this machine's clock.
    Status {
        /// The new status.
        status: CaptureStatus,
        /// The reason as a stable code, where there is one.
        sub_code: Option<String>,
    },
    /// Somebody came.
    Joined {
        /// Who.
        participant: Participant,
    },
    /// Somebody left.
    Left {
        /// Who.
        id: ParticipantId,
    },
    /// A name became known or changed.
    Renamed {
        /// Who, with the new name.
        participant: Participant,
    },
    /// The platform considers somebody the active speaker.
    ActiveSpeaker {
        /// Who.
        id: ParticipantId,
    },
    /// A camera was turned on.
    VideoOn {
        /// Whose.
        id: ParticipantId,
    },
    /// A camera was turned off.
    VideoOff {
        /// Whose.
        id: ParticipantId,
    },
    /// Somebody began to share a screen.
    ShareOn {
        /// Who.
        id: ParticipantId,
    },
    /// A screen share ended.
    ShareOff {
        /// Whose, where the platform says so.
        id: Option<ParticipantId>,
    },
    /// Somebody said something.
    Transcript(Utterance),
    /// Somebody wrote something, or changed what was written.
    Chat(ChatMessage),
    /// Media is withheld from here on.
    Paused,
    /// Media flows again.
    Resumed,
}

impl Event {
    /// About how much memory it takes, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let name = |who: &Participant| who.name.as_ref().map_or(0, |name| name.expose().len());
        let person = |who: &Option<Participant>| who.as_ref().map_or(0, name);
        let beside_bytes = match &self.body {
            EventBody::Status { sub_code, .. } => length(sub_code),
            EventBody::Joined { participant } | EventBody::Renamed { participant } => name(participant),
            EventBody::Transcript(Utterance { speaker, text, language, .. }) => {
                person(speaker) + text.expose().len() + length(language)
            }
            EventBody::Chat(ChatMessage { message_id, parent_id, sender, receiver, text, .. }) => {
                length(message_id) + length(parent_id) + person(sender) + person(receiver) + text.expose().len()
            }
            EventBody::Left { .. }
            | EventBody::ActiveSpeaker { .. }
            | EventBody::VideoOn { .. }
            | EventBody::VideoOff { .. }
            | EventBody::ShareOn { .. }
            | EventBody::ShareOff { .. }
            | EventBody::Paused
            | EventBody::Resumed => 0,
        };
        size_of::<Self>() + beside_bytes
    }
}

/// One finished piece of transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Utterance {
    /// Who spoke, where the platform says so.
    pub speaker: Option<Participant>,
    /// The words.
    pub text: Pii<String>,
    /// When the first word begins.
    pub start: SourceTime,
    /// When the last word ends; not before `start`.
    pub end: SourceTime,
    /// BCP 47 language, where known.
    pub language: Option<String>,
}

/// One chat message, or a change to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// The platform's id of the message that this is or changes, where it has one.
    pub message_id: Option<String>,
    /// The message that this one answers.
    pub parent_id: Option<String>,
    /// What was done.
    pub operation: ChatOperation,
    /// Who wrote it.
    pub sender: Option<Participant>,
    /// Whom it was written to, where that is one person.
    pub receiver: Option<Participant>,
    /// Who could read it, where the platform says so.
    #[serde(default)]
    pub audience: Option<Audience>,
    /// The text.
    pub text: Pii<String>,
}

impl ChatMessage {
    /// Whether everyone could read it: as the platform says, and else if it was written to nobody in particular.
    pub fn is_for_everyone(&self) -> bool {
        self.audience.map_or(self.receiver.is_none(), |audience| audience == Audience::Everyone)
    }
}

/// Who could read a chat message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everyone in the meeting.
    Everyone,
    /// One person.
    Individual,
    /// The people of a chat group.
    Group,
    /// The hosts and panelists of a webinar.
    HostsAndPanelists,
    /// One person, and the hosts and panelists of a webinar with them.
    IndividualWithHostsAndPanelists,
    /// Some circle that has no name here.
    Other,
}

/// What was done to a chat message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatOperation {
    /// Written.
    New,
    /// Changed.
    Update,
    /// Deleted.
    Delete,
    /// An emoji was added.
    AddEmoji,
    /// An emoji was removed.
    RemoveEmoji,
}

/// An event with its place in the capture's event log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequencedEvent {
    /// Its place; never used for two different events.
    pub cursor: Cursor,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

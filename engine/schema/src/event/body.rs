//! The bodies of live events (recording-api §4.3).

use media::SourceTime;
use model::{Artifact, StatusChange, Utterance};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    document::ChatBody,
    person::Person,
    time::{Stamp, iso_of_unix_ms},
};

/// The body of an event.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Body {
    /// Something that a participant did.
    Participant { participant: Person, timestamp: Stamp, data: Option<ChatBody> },
    /// Something that was said.
    Transcript { words: [Word; 1], language_code: Option<String>, participant: Person },
    /// What whoever transcribes said, in its own words.
    Provider(Value),
    /// Sound or pictures, in base64.
    Media {
        buffer: String,
        timestamp: Stamp,
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        kind: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        participant: Option<Person>,
    },
    /// How much of an artifact is made, from 0 to 1.
    Progress { artifact: ProgressOf, progress: f64 },
    /// A new status of the capture.
    Status { code: &'static str, sub_code: Option<String>, updated_at: String },
}

/// The artifact that is being made.
#[derive(Serialize)]
pub(super) struct ProgressOf {
    id: String,
    kind: &'static str,
    format: Option<&'static str>,
}

/// One word; captions come as whole utterances, so it holds all of one.
#[derive(Serialize)]
pub(super) struct Word {
    text: String,
    start_timestamp: Stamp,
    end_timestamp: Stamp,
}

impl Body {
    pub(super) fn transcript(utterance: &Utterance, participant: Person, origin: Option<SourceTime>) -> Self {
        Self::Transcript {
            words: [Word {
                text: utterance.text.expose().clone(),
                start_timestamp: Stamp::perhaps(origin, utterance.start),
                end_timestamp: Stamp::perhaps(origin, utterance.end),
            }],
            language_code: utterance.language.clone(),
            participant,
        }
    }

    /// What the platform said; whoever reads it knows the platform.
    pub(super) fn provider(utterance: &Utterance) -> Self {
        let speaker = utterance.speaker.as_ref();
        Self::Provider(json!({
            "user_id": speaker.map(|speaker| speaker.id.0),
            "user_name": speaker.and_then(|speaker| speaker.name.as_ref()).map(|name| name.expose()),
            "data": utterance.text.expose(),
            "language": utterance.language,
            "start_time": utterance.start.unix_ms(),
            "end_time": utterance.end.unix_ms(),
        }))
    }

    pub(super) fn progress(artifact: &Artifact, progress: f64) -> Self {
        let format = artifact.format.map(|format| format.name());
        Self::Progress {
            artifact: ProgressOf { id: artifact.id.to_string(), kind: artifact.kind.name(), format },
            progress,
        }
    }

    pub(super) fn status(change: &StatusChange) -> Self {
        Self::Status {
            code: change.status.code(),
            sub_code: change.sub_code.clone(),
            updated_at: iso_of_unix_ms(change.at_unix_ms),
        }
    }
}

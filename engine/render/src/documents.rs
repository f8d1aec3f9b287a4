//! Which documents an artifact has. What is in each of them is in `schema::document`.

use bytes::Bytes;
use model::{ArtifactKind, ChatOperation, EventBody};
use schema::{
    document::{
        MeetingFacts, People, chat_json, meeting_json, participant_events_json, participants_json, quality_json,
        speaker_timeline_json, transcript_json, transcript_vtt,
    },
    file,
};
use timeline::Timeline;

use crate::{Outcome, SoundOutcome, quality};

const JSON: &str = "application/json";
const VTT: &str = "text/vtt";

/// One finished text file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its name within the artifact.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: Bytes,
}

/// What documents say of a meeting that its timeline does not tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meeting {
    /// The platform's opaque meeting id.
    pub meeting_uuid: String,
    /// Its title, where the platform tells it.
    pub title: Option<String>,
    /// How the mixed video came out, for the quality report; `None` if there is none.
    pub mixed: Option<Outcome>,
    /// How everything that sounds came out, for the quality report.
    pub sound: SoundOutcome,
    /// What was asked for and could not be made.
    pub unmade: Vec<ArtifactKind>,
}

/// Makes all documents of an artifact; media has none.
pub fn documents(timeline: &Timeline, meeting: &Meeting, kind: ArtifactKind) -> Vec<Document> {
    let origin = timeline.origin;
    let people = People::from(timeline.people.clone());
    match kind {
        ArtifactKind::VideoMixed
        | ArtifactKind::AudioMixed
        | ArtifactKind::VideoSeparate
        | ArtifactKind::AudioSeparate => Vec::new(),
        ArtifactKind::Transcript => vec![
            json(file::TRANSCRIPT, transcript_json(origin, &people, &timeline.utterances)),
            Document {
                name: file::TRANSCRIPT_VTT,
                media_type: VTT,
                bytes: transcript_vtt(origin, &people, &timeline.utterances).into(),
            },
        ],
        ArtifactKind::ParticipantEvents => {
            vec![
                json(file::PARTICIPANTS, participants_json(&people)),
                json(
                    file::PARTICIPANT_EVENTS,
                    participant_events_json(origin, &people, &timeline.events, &timeline.speech),
                ),
                json(file::SPEAKER_TIMELINE, speaker_timeline_json(origin, &people, &timeline.speech)),
                json(file::CHAT, chat_json(origin, &people, &timeline.events)),
            ]
        }
        ArtifactKind::MeetingMetadata => vec![
            json(file::MEETING, meeting_json(&facts(timeline, meeting))),
            json(
                file::QUALITY,
                quality_json(&quality(timeline, meeting.mixed.as_ref(), &meeting.sound, &meeting.unmade)),
            ),
        ],
    }
}

fn facts(timeline: &Timeline, meeting: &Meeting) -> MeetingFacts {
    let written = timeline
        .events
        .iter()
        .filter(|event| matches!(&event.body, EventBody::Chat(message) if message.operation == ChatOperation::New));
    let media = timeline.has_media();
    MeetingFacts {
        meeting_uuid: meeting.meeting_uuid.clone(),
        title: meeting.title.clone(),
        started_at: media.then_some(timeline.origin),
        ended_at: media.then(|| timeline.ended_at()),
        participants: timeline.people.len(),
        utterances: timeline.utterances.len(),
        chat_messages: written.count(),
    }
}

fn json(name: &'static str, text: String) -> Document {
    Document { name, media_type: JSON, bytes: text.into() }
}

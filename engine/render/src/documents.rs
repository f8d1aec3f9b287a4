//! Which documents an artifact has. What is in each of them is in `schema::document`.

use bytes::Bytes;
use model::ArtifactKind;
use schema::{
    document::{
        Attendance, MeetingFacts, Proceedings, chat_json, chat_message_count, chat_text, meeting_json,
        participant_events_json, participants_json, quality_json, speaker_timeline_json, talk_time_json,
        transcript_json, transcript_jsonl, transcript_markdown, transcript_srt, transcript_text, transcript_vtt,
    },
    file,
};
use timeline::Timeline;

use crate::{Outcome, SoundOutcome, quality};

const JSON: &str = "application/json";
const JSONL: &str = "application/jsonl";
const VTT: &str = "text/vtt";
const SRT: &str = "application/x-subrip";
const TEXT: &str = "text/plain; charset=utf-8";
const MARKDOWN: &str = "text/markdown; charset=utf-8";

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
    match kind {
        ArtifactKind::VideoMixed
        | ArtifactKind::AudioMixed
        | ArtifactKind::VideoSeparate
        | ArtifactKind::AudioSeparate => Vec::new(),
        ArtifactKind::Transcript => {
            let told = proceedings(timeline, meeting.title.as_deref());
            vec![
                json(file::TRANSCRIPT, transcript_json(&told)),
                text(file::TRANSCRIPT_JSONL, JSONL, transcript_jsonl(&told)),
                text(file::TRANSCRIPT_VTT, VTT, transcript_vtt(&told)),
                text(file::TRANSCRIPT_SRT, SRT, transcript_srt(&told)),
                text(file::TRANSCRIPT_TEXT, TEXT, transcript_text(&told)),
                text(file::TRANSCRIPT_MARKDOWN, MARKDOWN, transcript_markdown(&told)),
            ]
        }
        ArtifactKind::ParticipantEvents => {
            let told = proceedings(timeline, meeting.title.as_deref());
            vec![
                json(file::PARTICIPANTS, participants_json(&told)),
                json(file::PARTICIPANT_EVENTS, participant_events_json(&told)),
                json(file::SPEAKER_TIMELINE, speaker_timeline_json(&told)),
                json(file::TALK_TIME, talk_time_json(&told)),
                json(file::CHAT, chat_json(&told)),
                text(file::CHAT_TEXT, TEXT, chat_text(&told)),
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

/// Everything that documents tell of a timeline.
pub(crate) fn proceedings<'a>(timeline: &'a Timeline, title: Option<&'a str>) -> Proceedings<'a> {
    let Timeline { origin, end, people, events, utterances, speech, .. } = timeline;
    Proceedings {
        origin: *origin,
        end: *end,
        title,
        attendance: Attendance::of(*origin, people, events, utterances, speech),
        events,
        utterances,
        speech,
    }
}

fn facts(timeline: &Timeline, meeting: &Meeting) -> MeetingFacts {
    let media = timeline.has_media();
    MeetingFacts {
        meeting_uuid: meeting.meeting_uuid.clone(),
        title: meeting.title.clone(),
        started_at: media.then_some(timeline.origin),
        ended_at: media.then(|| timeline.ended_at()),
        participants: proceedings(timeline, None).attendance.count(),
        utterances: timeline.utterances.len(),
        chat_messages: chat_message_count(&timeline.events),
    }
}

fn json(name: &'static str, content: String) -> Document {
    text(name, JSON, content)
}

fn text(name: &'static str, media_type: &'static str, content: String) -> Document {
    Document { name, media_type, bytes: content.into() }
}

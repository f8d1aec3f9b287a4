//! The facts of a meeting: `meeting.json`.

use media::{Position, SourceTime};
use serde::Serialize;

use crate::{json::text_of, time::iso_of_unix_ms};

/// What is known of a meeting as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeetingFacts {
    /// The platform's opaque meeting id.
    pub meeting_uuid: String,
    /// Its title, where the platform tells it.
    pub title: Option<String>,
    /// Second 0 of the recording; `None` if no media was received.
    pub started_at: Option<SourceTime>,
    /// The end of the recording.
    pub ended_at: Option<SourceTime>,
    /// How many participants there were; somebody who rejoins counts again.
    pub participants: usize,
    /// How many utterances the transcript has.
    pub utterances: usize,
    /// How many chat messages were written.
    pub chat_messages: usize,
}

/// Makes `meeting.json`.
pub fn meeting_json(facts: &MeetingFacts) -> String {
    #[derive(Serialize)]
    struct Zoom<'a> {
        meeting_uuid: &'a str,
    }
    #[derive(Serialize)]
    struct Meeting<'a> {
        title: Option<&'a str>,
        zoom: Zoom<'a>,
        started_at: Option<String>,
        ended_at: Option<String>,
        duration_seconds: Option<f64>,
        participant_count: usize,
        utterance_count: usize,
        chat_message_count: usize,
    }
    let duration = facts.started_at.zip(facts.ended_at).map(|(start, end)| end.position(start).max(Position::ZERO));
    text_of(&Meeting {
        title: facts.title.as_deref(),
        zoom: Zoom { meeting_uuid: &facts.meeting_uuid },
        started_at: facts.started_at.map(|at| iso_of_unix_ms(at.unix_ms())),
        ended_at: facts.ended_at.map(|at| iso_of_unix_ms(at.unix_ms())),
        duration_seconds: duration.map(Position::seconds),
        participant_count: facts.participants,
        utterance_count: facts.utterances,
        chat_message_count: facts.chat_messages,
    })
}

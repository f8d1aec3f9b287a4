//! The transcript for programs: `transcript.json` and `transcript.jsonl`.

use media::SourceTime;
use model::Utterance;
use serde::Serialize;

use crate::{
    document::{attendance::Attendance, proceedings::Proceedings},
    json::text_of,
    person::Person,
    time::Stamp,
};

#[derive(Serialize)]
struct Entry<'a> {
    participant: Person,
    language_code: Option<&'a str>,
    words: [Word<'a>; 1],
}

#[derive(Serialize)]
struct Word<'a> {
    text: &'a str,
    start_timestamp: Stamp,
    end_timestamp: Stamp,
}

impl<'a> Entry<'a> {
    fn of(utterance: &'a Utterance, origin: SourceTime, attendance: &Attendance) -> Self {
        Self {
            participant: attendance.person_of(utterance.speaker.as_ref(), utterance.start),
            language_code: utterance.language.as_deref(),
            words: [Word {
                text: utterance.text.expose(),
                start_timestamp: Stamp::of_moment(origin, utterance.start),
                end_timestamp: Stamp::of_moment(origin, utterance.end),
            }],
        }
    }
}

/// Makes `transcript.json` (recording-api §6.4): one entry an utterance, ordered by start. Captions come as whole
/// utterances, so each entry has one word that holds all of it; times are as they were told, and a caption without an end
/// ends where it starts.
pub fn transcript_json(proceedings: &Proceedings<'_>) -> String {
    text_of(&entries(proceedings))
}

/// Makes `transcript.jsonl`: the entries of `transcript.json`, each on a line of its own.
pub fn transcript_jsonl(proceedings: &Proceedings<'_>) -> String {
    entries(proceedings).iter().map(|entry| text_of(entry) + "\n").collect()
}

fn entries<'a>(proceedings: &Proceedings<'a>) -> Vec<Entry<'a>> {
    let mut ordered: Vec<&Utterance> = proceedings.utterances.iter().collect();
    ordered.sort_by_key(|utterance| utterance.start);
    let entry = |utterance| Entry::of(utterance, proceedings.origin, &proceedings.attendance);
    ordered.into_iter().map(entry).collect()
}

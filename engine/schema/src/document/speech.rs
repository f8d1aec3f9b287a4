//! Who spoke when, as a document. Which stretches are one turn is decided in `timeline`.

use media::SourceTime;
use model::Turn;
use serde::Serialize;

use super::people::People;
use crate::{json::text_of, person::Person, time::Stamp};

/// Makes `speaker_timeline.json` (recording-api §6.3): one entry a turn, ordered by start; entries of different people may
/// overlap.
pub fn speaker_timeline_json(origin: SourceTime, people: &People, speech: &[Turn]) -> String {
    #[derive(Serialize)]
    struct Entry {
        participant: Person,
        start_timestamp: Stamp,
        end_timestamp: Stamp,
    }
    let entries: Vec<Entry> = speech
        .iter()
        .map(|turn| Entry {
            participant: people.person(turn.who),
            start_timestamp: Stamp::of_position(origin, turn.start),
            end_timestamp: Stamp::of_position(origin, turn.end),
        })
        .collect();
    text_of(&entries)
}

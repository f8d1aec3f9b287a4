//! Who spoke when, as a document. Which stretches are one turn is decided in `timeline`.

use serde::Serialize;

use super::proceedings::Proceedings;
use crate::{json::text_of, person::Person, time::Stamp};

/// Makes `speaker_timeline.json` (recording-api §6.3): one entry a turn, ordered by start; entries of different people may
/// overlap.
pub fn speaker_timeline_json(proceedings: &Proceedings<'_>) -> String {
    #[derive(Serialize)]
    struct Entry {
        participant: Person,
        start_timestamp: Stamp,
        end_timestamp: Stamp,
    }
    let origin = proceedings.origin;
    let entry = |turn: &model::Turn| Entry {
        participant: proceedings.attendance.person(turn.who, origin.plus_ms(turn.start.ms())),
        start_timestamp: Stamp::of_position(origin, turn.start),
        end_timestamp: Stamp::of_position(origin, turn.end),
    };
    text_of(&proceedings.speech.iter().map(entry).collect::<Vec<_>>())
}

//! Who spoke when: the spans that the speaker timeline and the speech events are made of.

use media::{Position, SourceTime};
use model::ParticipantId;
use serde::Serialize;

use super::people::People;
use crate::{json::text_of, person::Person, time::Stamp};

/// Pauses shorter than this do not end a turn (recording-api §6.3).
const SHORTEST_PAUSE_MICROS: i64 = 300_000;

/// A stretch of time in which somebody spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Who.
    pub who: ParticipantId,
    /// Where it begins.
    pub start: Position,
    /// Where it ends; not before `start`.
    pub end: Position,
}

/// The spans in order of time, each person's own joined where the pause between is below 300 ms.
pub(super) fn turns(speech: &[Span]) -> Vec<Span> {
    let mut spans = speech.to_vec();
    spans.sort_by_key(|span| (span.who, span.start, span.end));
    let mut turns: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match turns.last_mut() {
            Some(last) if last.who == span.who && span.start.micros_since(last.end) < SHORTEST_PAUSE_MICROS => {
                last.end = last.end.max(span.end);
            }
            _ => turns.push(span),
        }
    }
    turns.sort_by_key(|turn| (turn.start, turn.who));
    turns
}

/// Makes `speaker_timeline.json` (recording-api §6.3): one entry a turn, ordered by start; entries of different people may
/// overlap.
pub fn speaker_timeline_json(origin: SourceTime, people: &People, speech: &[Span]) -> String {
    #[derive(Serialize)]
    struct Turn {
        participant: Person,
        start_timestamp: Stamp,
        end_timestamp: Stamp,
    }
    let entries: Vec<Turn> = turns(speech)
        .iter()
        .map(|turn| Turn {
            participant: people.person(turn.who),
            start_timestamp: Stamp::of_position(origin, turn.start),
            end_timestamp: Stamp::of_position(origin, turn.end),
        })
        .collect();
    text_of(&entries)
}

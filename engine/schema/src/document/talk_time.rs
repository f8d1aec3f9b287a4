//! How long everybody spoke: `talk_time.json`. What counts as speech is decided in `timeline`.

use std::collections::BTreeMap;

use media::Position;
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use super::proceedings::Proceedings;
use crate::{json::text_of, person::Person, time::Stamp};

/// Pauses shorter than this do not end what counts as one turn here.
const SHORTEST_SILENCE_MS: i64 = 2_000;

/// The sums of one person, in milliseconds where they are times.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    spoken: i64,
    overlap: i64,
    turns: u64,
    longest_turn: i64,
    interruptions: u64,
    words: u64,
    first: Option<i64>,
    last: Option<i64>,
    /// Where the turn began that may still go on.
    turn_from: i64,
}

#[derive(Serialize)]
struct Document<'a> {
    duration_seconds: f64,
    speech_seconds: f64,
    silence_seconds: f64,
    overlap_seconds: f64,
    participants: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    participant: &'a Person,
    label: &'a str,
    spoken_seconds: f64,
    share: Option<f64>,
    turns: u64,
    longest_turn_seconds: f64,
    words: u64,
    words_per_minute: Option<f64>,
    interruptions: u64,
    overlap_seconds: f64,
    first_spoke: Option<Stamp>,
    last_spoke: Option<Stamp>,
}

/// Makes `talk_time.json`: for the meeting and for everybody in it, ordered by the platform's number.
///
/// All sums are of whole milliseconds. `speech_seconds` and `silence_seconds` together are the whole; the `spoken_seconds`
/// of all exceed the former by what was said at once. A turn is speech with pauses below 2 s; it interrupts if somebody
/// else is speaking, and has been, when it begins. Words are those of the transcript (UAX #29).
pub fn talk_time_json(proceedings: &Proceedings<'_>) -> String {
    let end_ms = proceedings.end.ms();
    let mut sums = vec![Sums::default(); proceedings.attendance.attendees().len()];
    let (speech_ms, overlap_ms) = sweep(&edges(proceedings, end_ms), &mut sums);
    for utterance in proceedings.utterances {
        let speaker = utterance.speaker.as_ref();
        let index = speaker.and_then(|who| proceedings.attendance.index(who.id, utterance.start));
        if let Some(sums) = index.and_then(|index| sums.get_mut(index)) {
            sums.words += utterance.text.expose().unicode_words().count() as u64;
        }
    }
    let total_ms: i64 = sums.iter().map(|sums| sums.spoken).sum();
    let stamp = |ms: i64| Stamp::of_position(proceedings.origin, Position::from_ms(ms));
    let attendees = proceedings.attendance.attendees().iter().zip(&sums);
    let participants = attendees.map(|(attendee, sums)| Entry {
        participant: &attendee.person,
        label: &attendee.label,
        spoken_seconds: seconds(sums.spoken),
        share: ratio(sums.spoken, 10_000, total_ms).map(|share| share as f64 / 10_000.0),
        turns: sums.turns,
        longest_turn_seconds: seconds(sums.longest_turn),
        words: sums.words,
        words_per_minute: ratio(i64::try_from(sums.words).unwrap_or(i64::MAX), 600_000, sums.spoken)
            .map(|tenths| tenths as f64 / 10.0),
        interruptions: sums.interruptions,
        overlap_seconds: seconds(sums.overlap),
        first_spoke: sums.first.map(stamp),
        last_spoke: sums.last.map(stamp),
    });
    text_of(&Document {
        duration_seconds: seconds(end_ms),
        speech_seconds: seconds(speech_ms),
        silence_seconds: seconds(end_ms - speech_ms),
        overlap_seconds: seconds(overlap_ms),
        participants: participants.collect(),
    })
}

/// A moment at which somebody begins or ceases to speak; of one moment, who ceases comes first.
type Edge = (i64, bool, usize);

fn edges(proceedings: &Proceedings<'_>, end_ms: i64) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::with_capacity(2 * proceedings.speech.len());
    for turn in proceedings.speech {
        let at = proceedings.origin.plus_ms(turn.start.ms());
        let (from_ms, to_ms) = (turn.start.ms().clamp(0, end_ms), turn.end.ms().clamp(0, end_ms));
        if let Some(index) = proceedings.attendance.index(turn.who, at).filter(|_| from_ms < to_ms) {
            edges.extend([(from_ms, true, index), (to_ms, false, index)]);
        }
    }
    edges.sort_unstable();
    edges
}

/// Adds up what lies between the edges; answers for how long anybody spoke, and for how long several did.
fn sweep(edges: &[Edge], sums: &mut [Sums]) -> (i64, i64) {
    let (mut speech, mut overlap) = (0, 0);
    // Who speaks, and since when; a person may do so more than once.
    let mut speaking: BTreeMap<usize, (i64, u32)> = BTreeMap::new();
    let mut last_ms = 0;
    for (at, begins, index) in edges {
        let lasted = at - last_ms;
        last_ms = *at;
        speech += if speaking.is_empty() { 0 } else { lasted };
        overlap += if speaking.len() > 1 { lasted } else { 0 };
        for index in speaking.keys() {
            if let Some(sums) = sums.get_mut(*index) {
                sums.spoken += lasted;
                sums.overlap += if speaking.len() > 1 { lasted } else { 0 };
            }
        }
        let Some(sums) = sums.get_mut(*index) else { continue };
        if *begins {
            let is_turn = sums.last.is_none_or(|last| at - last >= SHORTEST_SILENCE_MS);
            if is_turn && !speaking.contains_key(index) {
                sums.turns += 1;
                sums.turn_from = *at;
                sums.interruptions += u64::from(speaking.values().any(|(since, _)| since < at));
            }
            sums.first.get_or_insert(*at);
            speaking.entry(*index).or_insert((*at, 0)).1 += 1;
        } else {
            sums.last = Some(*at);
            sums.longest_turn = sums.longest_turn.max(at - sums.turn_from);
            if let Some((_, times)) = speaking.get_mut(index) {
                *times -= 1;
                if *times == 0 {
                    speaking.remove(index);
                }
            }
        }
    }
    (speech, overlap)
}

/// `part * times / whole`, rounded to the nearest; `None` of nothing.
fn ratio(part: i64, times: i64, whole: i64) -> Option<i64> {
    let (part, times, whole) = (i128::from(part), i128::from(times), i128::from(whole));
    (whole > 0).then(|| i64::try_from((part * times * 2 + whole) / (whole * 2)).unwrap_or(i64::MAX))
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

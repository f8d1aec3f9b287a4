//! What was said, in order, and for how long it is shown. How it is written is in the file of each format.

use media::Position;
use model::Utterance;

use crate::document::{line, proceedings::Proceedings};

/// How long a caption without an end is shown: by the time it takes to read it, within these bounds.
const READING_MS_PER_CHAR: i64 = 60;
const SHORTEST_READING_MS: i64 = 1_000;
const LONGEST_READING_MS: i64 = 7_000;

/// One utterance that has text.
pub(super) struct Cue<'a> {
    /// Which attendee speaks, where the platform says so.
    pub(super) speaker: Option<usize>,
    /// How readers tell the speaker apart.
    pub(super) label: Option<&'a str>,
    /// Where it begins, in milliseconds from second 0; not negative.
    pub(super) start_ms: i64,
    /// Where it ends; after `start_ms`.
    pub(super) end_ms: i64,
    /// What was said, on one line; not empty.
    pub(super) text: String,
}

/// Everything that was said and has text, ordered by start.
///
/// What was said before second 0 begins there. A caption without an end, or with one that is not after its start, is shown
/// for as long as it takes to read it, but not into the next one. Cues that overlap stay as they are: people do.
pub(super) fn cues<'a>(proceedings: &'a Proceedings<'_>) -> Vec<Cue<'a>> {
    let mut cues: Vec<Cue<'a>> =
        proceedings.utterances.iter().filter_map(|utterance| cue(proceedings, utterance)).collect();
    cues.sort_by_key(|cue| cue.start_ms);
    let mut next_ms = i64::MAX;
    let mut at_ms = i64::MAX;
    for cue in cues.iter_mut().rev() {
        if cue.start_ms < at_ms {
            (next_ms, at_ms) = (at_ms, cue.start_ms);
        }
        if cue.end_ms <= cue.start_ms {
            let chars = i64::try_from(cue.text.chars().count()).unwrap_or(i64::MAX);
            let reading_ms = chars.saturating_mul(READING_MS_PER_CHAR).clamp(SHORTEST_READING_MS, LONGEST_READING_MS);
            cue.end_ms = cue.start_ms.saturating_add(reading_ms).min(next_ms);
        }
    }
    cues.retain(|cue| cue.start_ms < cue.end_ms);
    cues
}

fn cue<'a>(proceedings: &'a Proceedings<'_>, utterance: &Utterance) -> Option<Cue<'a>> {
    let text = line::one_line(utterance.text.expose());
    let ms = |at: media::SourceTime| at.position(proceedings.origin).max(Position::ZERO).ms();
    let attendance = &proceedings.attendance;
    let speaker = utterance.speaker.as_ref();
    (!text.is_empty()).then(|| Cue {
        speaker: speaker.and_then(|speaker| attendance.index(speaker.id, utterance.start)),
        label: attendance.label_of(speaker, utterance.start),
        start_ms: ms(utterance.start),
        end_ms: ms(utterance.end),
        text,
    })
}

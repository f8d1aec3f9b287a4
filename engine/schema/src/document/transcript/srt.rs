//! The transcript as SubRip: `transcript.srt`.

use super::{
    cue::{Cue, cues},
    wrap::wrapped,
};
use crate::document::{line::exact_clock, proceedings::Proceedings};

/// How wide a line is, in columns, and how many a cue has: what fits below a picture.
const LINE_COLUMNS: usize = 42;
const CUE_LINES: usize = 2;

/// Makes `transcript.srt`: cues of at most two lines of 42 columns, in which the speaker is named first. A long utterance
/// has several cues one after the other, which share its time by their length; the first begins and the last ends when
/// the utterance does. Only one that lasts fewer milliseconds than it has cues is one cue of more lines.
pub fn transcript_srt(proceedings: &Proceedings<'_>) -> String {
    let mut srt = String::new();
    let mut number = 0_u64;
    for cue in cues(proceedings) {
        let text = match cue.label {
            Some(label) => format!("{label}: {}", cue.text),
            None => cue.text.clone(),
        };
        let lines = wrapped(&harmless(&text), LINE_COLUMNS);
        for (start_ms, end_ms, lines) in pieces(&cue, &lines) {
            number += 1;
            let (start, end) = (exact_clock(start_ms, ','), exact_clock(end_ms, ','));
            srt.push_str(&format!("{number}\n{start} --> {end}\n{}\n\n", lines.join("\n")));
        }
    }
    srt
}

/// The pieces of a cue: from when to when, and which lines.
fn pieces<'a>(cue: &Cue<'_>, lines: &'a [String]) -> Vec<(i64, i64, &'a [String])> {
    let pieces: Vec<&[String]> = lines.chunks(CUE_LINES).collect();
    let chars = |piece: &[String]| piece.iter().map(|line| line.chars().count() as i64).sum::<i64>();
    let (lasts_ms, count) = (cue.end_ms - cue.start_ms, pieces.len() as i64);
    if lasts_ms < count {
        return vec![(cue.start_ms, cue.end_ms, lines)];
    }
    let total = pieces.iter().map(|piece| chars(piece)).sum::<i64>().max(1);
    let (mut written, mut from_ms) = (0, cue.start_ms);
    let mut timed = Vec::with_capacity(pieces.len());
    for (index, piece) in (1..).zip(pieces) {
        written += chars(piece);
        let share_ms = (i128::from(lasts_ms) * i128::from(written) / i128::from(total)) as i64;
        // Each lasts 1 ms at least, and so does each that follows.
        let to_ms = (cue.start_ms + share_ms).clamp(from_ms + 1, cue.end_ms - (count - index));
        timed.push((from_ms, to_ms, piece));
        from_ms = to_ms;
    }
    timed
}

/// Text in which no player finds markup. SubRip has no escape, so what players interpret is replaced by what looks like
/// it, and a backslash is kept from what follows it.
fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => harmless.push('‹'),
            '>' => harmless.push('›'),
            '{' => harmless.push('('),
            '}' => harmless.push(')'),
            '\\' => harmless.push_str("\\\u{2060}"),
            other => harmless.push(other),
        }
    }
    harmless
}

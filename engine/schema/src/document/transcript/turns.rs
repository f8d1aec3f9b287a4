//! What one person said without a break, for documents that are read.

use super::cue::Cue;

/// After a pause of this length what the same person says begins anew, so that its time can be found.
const LONGEST_PAUSE_MS: i64 = 10_000;
/// And so does what is said this long after the beginning.
const LONGEST_PARAGRAPH_MS: i64 = 60_000;

/// A paragraph: who, from when on, and all that was said.
pub(super) struct Paragraph<'a> {
    pub(super) label: Option<&'a str>,
    pub(super) start_ms: i64,
    pub(super) text: String,
}

/// Joins what the same person says one after the other.
pub(super) fn paragraphs<'a>(cues: &[Cue<'a>]) -> Vec<Paragraph<'a>> {
    let mut paragraphs: Vec<Paragraph<'a>> = Vec::new();
    let mut last: Option<(Option<usize>, i64)> = None;
    for cue in cues {
        let goes_on = last.is_some_and(|(speaker, end_ms)| {
            let begun_ms = paragraphs.last().map_or(cue.start_ms, |paragraph| paragraph.start_ms);
            speaker == cue.speaker
                && cue.start_ms - end_ms < LONGEST_PAUSE_MS
                && cue.start_ms - begun_ms < LONGEST_PARAGRAPH_MS
        });
        match paragraphs.last_mut().filter(|_| goes_on) {
            Some(paragraph) => {
                paragraph.text.push(' ');
                paragraph.text.push_str(&cue.text);
            }
            None => {
                paragraphs.push(Paragraph { label: cue.label, start_ms: cue.start_ms, text: cue.text.clone() });
            }
        }
        let end_ms = last.map_or(i64::MIN, |(_, end_ms)| end_ms).max(cue.end_ms);
        last = Some((cue.speaker, end_ms));
    }
    paragraphs
}

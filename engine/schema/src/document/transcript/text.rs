//! The transcript as plain text: `transcript.txt`.

use media::Position;

use super::{cue::cues, turns::paragraphs};
use crate::document::{line::clock, proceedings::Proceedings};

/// Makes `transcript.txt`: a line for each paragraph of one person, with the time at which it begins. Nothing that was said
/// can begin a line.
pub fn transcript_text(proceedings: &Proceedings<'_>) -> String {
    let mut text = String::new();
    for paragraph in paragraphs(&cues(proceedings)) {
        let at = clock(Position::from_ms(paragraph.start_ms));
        let label = paragraph.label.map(|label| format!("{label}: ")).unwrap_or_default();
        text.push_str(&format!("[{at}] {label}{}\n", paragraph.text));
    }
    text
}

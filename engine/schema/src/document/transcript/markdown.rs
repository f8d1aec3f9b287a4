//! The transcript as Markdown (CommonMark): `transcript.md`.

use media::Position;

use super::{cue::cues, turns::paragraphs};
use crate::{
    document::{line, proceedings::Proceedings},
    time::iso_of_unix_ms,
};

/// Makes `transcript.md`: a heading with title, date, length and people, then a paragraph for each stretch in which one
/// person spoke, with name and time above it.
pub fn transcript_markdown(proceedings: &Proceedings<'_>) -> String {
    let title = proceedings.title.map(line::one_line).filter(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| "Transcript".to_owned());
    let began = iso_of_unix_ms(proceedings.origin.unix_ms());
    let (date, time) = (began.get(..10).unwrap_or_default(), began.get(11..19).unwrap_or_default());
    let attendees = proceedings.attendance.attendees();
    let people: Vec<String> = attendees.iter().map(|attendee| escaped(&attendee.label)).collect();
    let mut markdown = format!("# {}\n\n", escaped(&title));
    markdown.push_str(&format!("- Date: {date} {time} UTC\n- Length: {}\n", line::clock(proceedings.end)));
    if !people.is_empty() {
        markdown.push_str(&format!("- People: {}\n", people.join(", ")));
    }
    for paragraph in paragraphs(&cues(proceedings)) {
        let label = paragraph.label.map(|label| format!("**{}** ", escaped(label))).unwrap_or_default();
        let at = line::clock(Position::from_ms(paragraph.start_ms));
        markdown.push_str(&format!("\n{label}{at}\n\n{}\n", escaped(&paragraph.text)));
    }
    markdown
}

/// One line of text that Markdown, GitHub's tables and strikethrough included, shows as it is.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    for (index, char) in text.char_indices() {
        let begins_block = index == 0 && matches!(char, '+' | '-' | '=' | ':');
        let begins_list = index == digits && digits > 0 && matches!(char, '.' | ')');
        let is_inline = matches!(char, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '$' | '#');
        if begins_block || begins_list || is_inline {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

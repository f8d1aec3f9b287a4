//! Lines of readable documents: text that stays on its line, names, clocks. What each format escapes is in its own file.

use media::Position;

/// How much of a name stands before what somebody said, in characters.
const LONGEST_LABEL_CHARS: usize = 64;

/// Text on one line: white space and line breaks collapsed, control characters left out. Marks of direction stay, because
/// text that is written from right to left needs them.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|char: char| char.is_whitespace() || char.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// A name on one line, which neither turns what follows it nor hides that it is another one than it looks.
pub(super) fn label(name: &str) -> String {
    let visible: String = name.chars().filter(|char| !is_invisible(*char)).collect();
    let line = one_line(&visible);
    match line.char_indices().nth(LONGEST_LABEL_CHARS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default().trim_end()),
        None => line,
    }
}

/// What two names have in common that readers cannot tell apart.
pub(super) fn folded(label: &str) -> String {
    label.chars().filter(|char| !is_joiner(*char)).flat_map(char::to_lowercase).collect()
}

/// Characters without a shape that no script needs within a name.
fn is_invisible(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Characters without a shape of their own that scripts and emoji need.
fn is_joiner(char: char) -> bool {
    matches!(char, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// `HH:MM:SS`, with as many digits of hours as it takes and a minus before second 0.
pub(super) fn clock(at: Position) -> String {
    let seconds = at.ms().unsigned_abs() / 1000;
    let sign = if at.ms() <= -1000 { "-" } else { "" };
    format!("{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `HH:MM:SS.mmm` with the given mark before the milliseconds, and with as many digits of hours as it takes.
pub(super) fn exact_clock(at_ms: i64, mark: char) -> String {
    let ms = at_ms.max(0);
    let seconds = ms / 1000;
    format!("{:02}:{:02}:{:02}{mark}{:03}", seconds / 3600, seconds / 60 % 60, seconds % 60, ms % 1000)
}

//! Cuts text into lines of a bounded width, between words where there are any.

use unicode_linebreak::linebreaks;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Lines of at most `columns` columns, cut where the Unicode line breaking algorithm (UAX #14) allows it, and between
/// grapheme clusters where it does not. A letter of Chinese or Japanese and an emoji are two columns wide.
pub(super) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Lines { columns, done: Vec::new(), line: String::new(), line_columns: 0 };
    let mut from = 0;
    for (to, _) in linebreaks(text) {
        let piece = text.get(from..to).unwrap_or_default();
        from = to;
        if !lines.push(piece) {
            lines.finish();
            for cluster in piece.graphemes(true) {
                if !lines.push(cluster) {
                    lines.finish();
                    lines.push(cluster);
                }
            }
        }
    }
    lines.finish();
    lines.done
}

/// Lines that are done, and the one that grows.
struct Lines {
    columns: usize,
    done: Vec<String>,
    line: String,
    line_columns: usize,
}

impl Lines {
    /// Adds a piece to the line, if there is room for it without the space at its end, or if the line is empty and nothing
    /// shorter can be made of the piece.
    fn push(&mut self, piece: &str) -> bool {
        let fits = self.line_columns + piece.trim_end().width() <= self.columns;
        let is_taken = fits || self.line.is_empty() && piece.graphemes(true).nth(1).is_none();
        if is_taken {
            self.line.push_str(piece);
            self.line_columns += piece.width();
        }
        is_taken
    }

    fn finish(&mut self) {
        let line = self.line.trim();
        if !line.is_empty() {
            self.done.push(line.to_owned());
        }
        self.line.clear();
        self.line_columns = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_cut_between_words_and_long_words_within() {
        assert_eq!(wrapped("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(wrapped("abcdefghijkl mn", 5), ["abcde", "fghij", "kl mn"]);
        assert_eq!(wrapped("", 10), Vec::<String>::new());
    }

    #[test]
    fn chinese_is_cut_between_letters_and_never_before_a_full_stop() {
        assert_eq!(wrapped("我们开始吧。好的。", 10), ["我们开始", "吧。好的。"]);
    }

    #[test]
    fn an_emoji_of_several_characters_stays_whole() {
        let family = "👨‍👩‍👧‍👦";
        assert!(wrapped(&family.repeat(5), 4).iter().all(|line| line.replace(family, "").is_empty()));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_line_is_too_wide(text in "[a-z一-三🙂א-ד ]{0,200}", columns in 2_usize..50) {
            let lines = wrapped(&text, columns);
            let solid = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(solid(&lines.concat()), solid(&text));
            prop_assert!(lines.iter().all(|line| line.width() <= columns));
        }
    }
}

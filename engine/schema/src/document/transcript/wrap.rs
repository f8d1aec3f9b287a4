//! Cuts text into lines of a bounded width, between words where there are any.

use unicode_linebreak::linebreaks;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Lines of at most `columns` columns, cut where the Unicode line breaking algorithm (UAX #14) allows it, and between
/// grapheme clusters where it does not. A letter of Chinese or Japanese and an emoji are two columns wide.
pub(super) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut from = 0;
    for (to, _) in linebreaks(text) {
        let piece = text.get(from..to).unwrap_or_default();
        from = to;
        if fits(&line, piece, columns) {
            line.push_str(piece);
            continue;
        }
        finish(&mut lines, &mut line);
        for cluster in piece.graphemes(true) {
            if !fits(&line, cluster, columns) {
                finish(&mut lines, &mut line);
            }
            line.push_str(cluster);
        }
    }
    finish(&mut lines, &mut line);
    lines
}

fn fits(line: &str, piece: &str, columns: usize) -> bool {
    line.is_empty() && piece.trim_end().width() <= columns || line.width() + piece.trim_end().width() <= columns
}

fn finish(lines: &mut Vec<String>, line: &mut String) {
    let whole = std::mem::take(line);
    let whole = whole.trim();
    if !whole.is_empty() {
        lines.push(whole.to_owned());
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

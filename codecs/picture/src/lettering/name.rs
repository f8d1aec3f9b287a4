//! What is drawn of a name: bounded, in one line, and without what would draw outside of its order. How it looks is decided
//! in the parent.

use unicode_bidi::{BidiClass, bidi_class};
use unicode_segmentation::UnicodeSegmentation;

/// How much of a name is looked at; the rest is nothing but a burden.
const MAX_SCANNED_CHARS: usize = 4096;
/// The longest name that is laid out; what is longer ends with [`ELLIPSIS`].
pub(super) const MAX_GRAPHEMES: usize = 80;
/// A family of four emoji with skin tones has 11, a syllable of Devanagari 10.
const MAX_GRAPHEME_CHARS: usize = 16;
/// Marks one upon the other; a Tibetan stack has 4.
const MAX_MARKS: usize = 4;
/// Stands for what is left out.
pub(super) const ELLIPSIS: char = '…';

/// The part of a name that is drawn: at most [`MAX_GRAPHEMES`] of at most 16 characters and [`ELLIPSIS`], words parted by
/// single spaces, without controls, embeddings and overrides of direction, and towers of marks. Empty if nothing is left.
pub(super) fn presentable(name: &str) -> String {
    let tame = tamed(name);
    let mut graphemes = tame.graphemes(true);
    let mut shown = String::new();
    for grapheme in graphemes.by_ref().take(MAX_GRAPHEMES) {
        shown.extend(grapheme.chars().take(MAX_GRAPHEME_CHARS));
    }
    shown.truncate(shown.trim_end().len());
    if graphemes.next().is_some() {
        shown.push(ELLIPSIS);
    }
    shown
}

fn tamed(name: &str) -> String {
    let mut tame = String::new();
    let mut marks = 0;
    for char in name.chars().take(MAX_SCANNED_CHARS) {
        if char.is_whitespace() {
            if !tame.is_empty() && !tame.ends_with(' ') {
                tame.push(' ');
            }
            marks = 0;
            continue;
        }
        let class = bidi_class(char);
        marks = if class == BidiClass::NSM { marks + 1 } else { 0 };
        if !char.is_control() && !turns(class) && marks <= MAX_MARKS {
            tame.push(char);
        }
    }
    tame.truncate(tame.trim_end().len());
    tame
}

/// Whether a character of this class does nothing but turn the order of those around it.
fn turns(class: BidiClass) -> bool {
    use BidiClass::{B, FSI, LRE, LRI, LRO, PDF, PDI, RLE, RLI, RLO};
    matches!(class, B | FSI | LRE | LRI | LRO | PDF | PDI | RLE | RLI | RLO)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_stays_as_it_is() {
        for name in ["Анна Ångström", "محمد علي", "क्षत्रिय", "👨‍👩‍👧‍👦", "O’Brien (host)", "می‌خواهم", "Nguyễn Thị Bưởi"]
        {
            assert_eq!(presentable(name), name);
        }
    }

    #[test]
    fn lines_and_spaces_become_one_space_each() {
        assert_eq!(presentable("\u{feff} \t\n").trim_matches('\u{feff}'), "");
        assert_eq!(presentable("  Ada\r\n\tLovelace\u{2028}\u{a0}II\u{3000} "), "Ada Lovelace II");
    }

    #[test]
    fn controls_and_overrides_of_direction_are_left_out() {
        assert_eq!(presentable("a\0b\u{1b}c\u{7f}d\u{9f}e"), "abcde");
        assert_eq!(
            presentable("\u{202e}gpj.exe\u{202c}\u{2066}x\u{2067}y\u{2068}z\u{2069}\u{202a}\u{202b}\u{202d}"),
            "gpj.exexyz"
        );
    }

    #[test]
    fn a_tower_of_marks_is_cut() {
        let zalgo = format!("Z{}a{}", "\u{301}".repeat(500), "\u{323}".repeat(3));
        assert_eq!(presentable(&zalgo), format!("Z{}a{}", "\u{301}".repeat(MAX_MARKS), "\u{323}".repeat(3)));
    }

    #[test]
    fn a_long_name_is_cut_between_graphemes_and_says_so() {
        let name = "e\u{301}".repeat(10_000);
        assert_eq!(presentable(&name), format!("{}{ELLIPSIS}", "e\u{301}".repeat(MAX_GRAPHEMES)));
        assert_eq!(presentable(&"x".repeat(MAX_GRAPHEMES)), "x".repeat(MAX_GRAPHEMES));
        let joined = "\u{200d}👩".repeat(10_000);
        assert!(presentable(&joined).chars().count() <= MAX_GRAPHEMES * MAX_GRAPHEME_CHARS + 1);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_bounded_and_tame(name in "\\PC{0,100}|.{0,5000}") {
            let shown = presentable(&name);
            prop_assert!(shown.chars().count() <= MAX_GRAPHEMES * MAX_GRAPHEME_CHARS + 1);
            prop_assert!(!shown.chars().any(|char| char.is_control() || turns(bidi_class(char))));
            prop_assert_eq!(shown.trim(), &shown);
        }
    }
}

//! Zoom's numbers for languages (protocol §14.9) as BCP 47 tags.

/// In the order of Zoom's numbers, from 0.
const TAGS: [&str; 37] = [
    "ar", "bn", "yue", "ca", "zh-Hans", "zh-Hant", "cs", "da", "nl", "en", "et", "fi", "fr-CA", "fr-FR", "de", "he",
    "hi", "hu", "id", "it", "ja", "ko", "ms", "fa", "pl", "pt", "ro", "ru", "es", "sv", "tl", "ta", "te", "th", "tr",
    "uk", "vi",
];

/// The tag of Zoom's language number; `None` for -1 (none) and for numbers not known.
pub fn bcp47(language: i64) -> Option<&'static str> {
    TAGS.get(usize::try_from(language).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_at_both_ends_and_beyond() {
        let cases = [(-1, None), (0, Some("ar")), (9, Some("en")), (14, Some("de")), (36, Some("vi")), (37, None)];
        for (number, tag) in cases {
            assert_eq!(bcp47(number), tag, "{number}");
        }
    }
}

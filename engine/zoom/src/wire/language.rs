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

/// Zoom's number for the language that `tag` names, in any case; a primary subtag alone is enough where Zoom has one
/// language of it, and `zh` or `fr` alone is not. `None` for a language that Zoom does not know.
pub fn language_number(tag: &str) -> Option<i64> {
    let number = |place: usize| i64::try_from(place).ok();
    if let Some(place) = TAGS.iter().position(|known| known.eq_ignore_ascii_case(tag)) {
        return number(place);
    }
    let mut of_primary = TAGS.iter().enumerate().filter(|(_, known)| primary(known).eq_ignore_ascii_case(tag));
    match (of_primary.next(), of_primary.next()) {
        (Some((place, _)), None) => number(place),
        _ => None,
    }
}

/// A tag up to its first hyphen.
fn primary(tag: &str) -> &str {
    tag.split_once('-').map_or(tag, |(primary, _)| primary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_finds_its_number_again_in_any_case() {
        for (place, tag) in TAGS.iter().enumerate() {
            let number = i64::try_from(place).expect("a small number");
            for spelled in [(*tag).to_owned(), tag.to_uppercase(), tag.to_lowercase()] {
                assert_eq!(language_number(&spelled), Some(number), "{spelled}");
            }
            assert_eq!(bcp47(number), Some(*tag));
        }
    }

    #[test]
    fn a_tag_that_could_mean_two_languages_or_none_has_no_number() {
        for tag in ["zh", "fr", "FR", "fr-BE", "en-GB", "", "-", "e", "none", "xx"] {
            assert_eq!(language_number(tag), None, "{tag}");
        }
    }

    #[test]
    fn numbers_at_both_ends_and_beyond() {
        let cases = [(-1, None), (0, Some("ar")), (9, Some("en")), (14, Some("de")), (36, Some("vi")), (37, None)];
        for (number, tag) in cases {
            assert_eq!(bcp47(number), tag, "{number}");
        }
    }
}

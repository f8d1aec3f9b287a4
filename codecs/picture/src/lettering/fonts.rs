//! The bundled fonts, and which of them writes what. What is drawn with them is in the parent; where they come from is in
//! `fonts/README.md`.

use std::sync::Arc;

use cosmic_text::{
    Fallback, FontSystem, Weight,
    fontdb::{Database, ID, Source},
};
use unicode_bidi::{BidiClass, bidi_class};
use unicode_script::Script;

use crate::PictureError;

/// Writes Latin, Greek and Cyrillic, and stands in for what no font has.
pub(super) const DEFAULT_FAMILY: &str = "Noto Sans";
const CHINESE_JAPANESE_KOREAN: &str = "Droid Sans Fallback";

macro_rules! font {
    ($file:literal) => {
        include_bytes!(concat!("../../fonts/", $file, ".ttf"))
    };
}

/// Every bundled font: the name of its family and its file.
pub(super) const FONTS: [(&str, &[u8]); 27] = [
    (DEFAULT_FAMILY, font!("NotoSans")),
    ("Noto Sans Arabic", font!("NotoSansArabic")),
    ("Noto Sans Armenian", font!("NotoSansArmenian")),
    ("Noto Sans Bengali", font!("NotoSansBengali")),
    ("Noto Sans Devanagari", font!("NotoSansDevanagari")),
    ("Noto Sans Ethiopic", font!("NotoSansEthiopic")),
    ("Noto Sans Georgian", font!("NotoSansGeorgian")),
    ("Noto Sans Gujarati", font!("NotoSansGujarati")),
    ("Noto Sans Gurmukhi", font!("NotoSansGurmukhi")),
    ("Noto Sans Hebrew", font!("NotoSansHebrew")),
    ("Noto Sans Kannada", font!("NotoSansKannada")),
    ("Noto Sans Khmer", font!("NotoSansKhmer")),
    ("Noto Sans Lao", font!("NotoSansLao")),
    ("Noto Sans Malayalam", font!("NotoSansMalayalam")),
    ("Noto Sans Myanmar", font!("NotoSansMyanmar")),
    ("Noto Sans Oriya", font!("NotoSansOriya")),
    ("Noto Sans Sinhala", font!("NotoSansSinhala")),
    ("Noto Sans Tamil", font!("NotoSansTamil")),
    ("Noto Sans Telugu", font!("NotoSansTelugu")),
    ("Noto Sans Thaana", font!("NotoSansThaana")),
    ("Noto Sans Thai", font!("NotoSansThai")),
    ("Noto Serif Tibetan", font!("NotoSerifTibetan")),
    (CHINESE_JAPANESE_KOREAN, font!("DroidSansFallback")),
    ("Noto Emoji", font!("NotoEmoji")),
    ("Noto Sans Symbols", font!("NotoSansSymbols")),
    ("Noto Sans Symbols2", font!("NotoSansSymbols2")),
    ("Noto Sans Math", font!("NotoSansMath")),
];

/// The bundled fonts and nothing else.
///
/// # Errors
/// [`PictureError::FontUnreadable`] if one of them is not what it is listed as.
pub(super) fn bundled() -> Result<FontSystem, PictureError> {
    let mut database = Database::new();
    for (family, bytes) in FONTS {
        let ids = database.load_font_source(Source::Binary(Arc::new(bytes)));
        let face = ids.first().and_then(|id| database.face(*id));
        if !face.is_some_and(|face| face.families.iter().any(|(name, _)| name == family)) {
            return Err(PictureError::FontUnreadable { family });
        }
    }
    // The language of a name is not known, and none of the fonts asks for it.
    Ok(FontSystem::new_with_locale_and_db_and_fallback("en".to_owned(), database, Bundled))
}

/// The name with U+FFFD, which looks like a question mark in a diamond, for each character that no bundled font has.
///
/// The shaper would try every font for each of them, and draw an empty box in the end. What has no shape of its own stays, as
/// a joiner between two emoji does.
pub(super) fn with_substitutes(fonts: &mut FontSystem, name: &str) -> String {
    let has_shape = |char: &char| !matches!(bidi_class(*char), BidiClass::BN | BidiClass::NSM);
    let mut missing: Vec<char> = name.chars().filter(has_shape).collect();
    let ids: Vec<ID> = fonts.db().faces().map(|face| face.id).collect();
    for id in ids {
        if missing.is_empty() {
            return name.to_owned();
        }
        if let Some(font) = fonts.get_font(id, Weight::NORMAL) {
            let glyphs = font.as_swash().charmap();
            missing.retain(|char| glyphs.map(*char) == 0);
        }
    }
    missing.sort_unstable();
    let shown = |char| if missing.binary_search(&char).is_ok() { char::REPLACEMENT_CHARACTER } else { char };
    name.chars().map(shown).collect()
}

/// Which font follows where the default one has no glyph.
struct Bundled;

impl Fallback for Bundled {
    fn common_fallback(&self) -> &[&'static str] {
        &["Noto Emoji", "Noto Sans Symbols", "Noto Sans Symbols2", "Noto Sans Math", CHINESE_JAPANESE_KOREAN]
    }

    fn forbidden_fallback(&self) -> &[&'static str] {
        &[]
    }

    fn script_fallback(&self, script: Script, _locale: &str) -> &[&'static str] {
        match script {
            Script::Arabic => &["Noto Sans Arabic"],
            Script::Armenian => &["Noto Sans Armenian"],
            Script::Bengali => &["Noto Sans Bengali"],
            Script::Bopomofo | Script::Han | Script::Hangul | Script::Hiragana | Script::Katakana => {
                &[CHINESE_JAPANESE_KOREAN]
            }
            Script::Devanagari => &["Noto Sans Devanagari"],
            Script::Ethiopic => &["Noto Sans Ethiopic"],
            Script::Georgian => &["Noto Sans Georgian"],
            Script::Gujarati => &["Noto Sans Gujarati"],
            Script::Gurmukhi => &["Noto Sans Gurmukhi"],
            Script::Hebrew => &["Noto Sans Hebrew"],
            Script::Kannada => &["Noto Sans Kannada"],
            Script::Khmer => &["Noto Sans Khmer"],
            Script::Lao => &["Noto Sans Lao"],
            Script::Malayalam => &["Noto Sans Malayalam"],
            Script::Myanmar => &["Noto Sans Myanmar"],
            Script::Oriya => &["Noto Sans Oriya"],
            Script::Sinhala => &["Noto Sans Sinhala"],
            Script::Tamil => &["Noto Sans Tamil"],
            Script::Telugu => &["Noto Sans Telugu"],
            Script::Thaana => &["Noto Sans Thaana"],
            Script::Thai => &["Noto Sans Thai"],
            Script::Tibetan => &["Noto Serif Tibetan"],
            _ => &[],
        }
    }
}

//! What is drawn for a name: which glyphs, where, how large, and that nobody's name does harm.

use cosmic_text::{LayoutGlyph, LayoutRun, fontdb::ID};
use proptest::prelude::*;

use super::*;

/// Tiles as they are, from the smallest to the largest.
const SIZES: [(u32, u32); 3] = [(256, 144), (640, 360), (1280, 720)];

fn lettering() -> Lettering {
    Lettering::new().expect("the bundled fonts are whole")
}

/// What stands on one line of a card, from left to right.
struct Line {
    glyphs: Vec<LayoutGlyph>,
    width: f32,
}

fn lines(lettering: &mut Lettering, name: &str, (width, height): (u32, u32)) -> Vec<Line> {
    let card = Card::new(width, height).expect("a card with room for a name");
    let text = typesetting::broken(&mut lettering.fonts, &name::presentable(name), card);
    let line = |line: LayoutRun<'_>| {
        let mut glyphs = line.glyphs.to_vec();
        glyphs.sort_by(|left, right| left.x.total_cmp(&right.x));
        Line { glyphs, width: line.line_w }
    };
    text.layout_runs().map(line).collect()
}

/// The only line of a short name.
fn line(name: &str) -> Vec<LayoutGlyph> {
    let mut lines = lines(&mut lettering(), name, (1280, 720));
    assert_eq!(lines.len(), 1, "{name}");
    lines.remove(0).glyphs
}

fn ids(name: &str) -> Vec<u16> {
    line(name).iter().map(|glyph| glyph.glyph_id).collect()
}

/// Where in the name each glyph comes from, from left to right.
fn starts(glyphs: &[LayoutGlyph]) -> Vec<usize> {
    glyphs.iter().map(|glyph| glyph.start).collect()
}

/// The coverage of a whole card.
fn drawn(lettering: &mut Lettering, name: &str, (width, height): (u32, u32)) -> Vec<u8> {
    let mut pixels = vec![0_u8; (width * height) as usize];
    let draw = |x: u32, y: u32, coverage: &[u8]| {
        assert!(x as usize + coverage.len() <= width as usize && y < height, "{name:?} leaves its card");
        let start = (y * width + x) as usize;
        for (pixel, coverage) in pixels[start..].iter_mut().zip(coverage) {
            *pixel = (*pixel).max(*coverage);
        }
    };
    lettering.write(name, width, height, draw).expect("a name is drawn");
    pixels
}

#[test]
fn every_script_is_written_with_its_own_font_and_without_empty_boxes() {
    let mut lettering = lettering();
    for (family, name) in [
        ("Noto Sans", "Åsa O’Brien-Łukasz"),
        ("Noto Sans", "Nguyễn Thị Bưởi"),
        ("Noto Sans", "Ελένη Παπαδοπούλου"),
        ("Noto Sans", "Владимир Ильин"),
        ("Noto Sans Arabic", "محمد گلپایگانی"),
        ("Noto Sans Arabic", "٣"),
        ("Noto Sans Armenian", "Հայաստան"),
        ("Noto Sans Bengali", "রবীন্দ্রনাথ ঠাকুর"),
        ("Noto Sans Devanagari", "क्षत्रिय राजेन्द्र स्त्री"),
        ("Noto Sans Ethiopic", "አበበ"),
        ("Noto Sans Georgian", "საქართველო"),
        ("Noto Sans Gujarati", "ગુજરાતી"),
        ("Noto Sans Gurmukhi", "ਪੰਜਾਬੀ"),
        ("Noto Sans Hebrew", "דוד בן־גוריון"),
        ("Noto Sans Kannada", "ಕನ್ನಡ"),
        ("Noto Sans Khmer", "ភាសាខ្មែរ"),
        ("Noto Sans Lao", "ສົມສັກ"),
        ("Noto Sans Malayalam", "മലയാളം"),
        ("Noto Sans Myanmar", "မြန်မာ"),
        ("Noto Sans Oriya", "ଓଡ଼ିଆ"),
        ("Noto Sans Sinhala", "සිංහල"),
        ("Noto Sans Tamil", "தமிழ் செல்வன்"),
        ("Noto Sans Telugu", "తెలుగు"),
        ("Noto Sans Thaana", "ދިވެހި"),
        ("Noto Sans Thai", "สมชาย ใจดีที่สุด"),
        ("Noto Serif Tibetan", "བོད་ཡིག"),
        ("Droid Sans Fallback", "王小明"),
        ("Droid Sans Fallback", "やまだ タロー"),
        ("Droid Sans Fallback", "김철수"),
        ("Droid Sans Fallback", "ㄅㄆㄇ"),
        ("Noto Emoji", "👩‍💻🎉👍🏽🇩🇪❤️"),
        ("Noto Sans Math", "𝓙𝓸𝓱𝓷"),
        ("Noto Sans Symbols", "☤🜲"),
        ("Noto Sans Symbols2", "✓"),
    ] {
        for line in lines(&mut lettering, name, (1280, 720)) {
            for glyph in line.glyphs.iter().filter(|glyph| !name[glyph.start..glyph.end].trim().is_empty()) {
                let face = lettering.fonts.db().face(glyph.font_id).expect("a face of the bundle");
                assert_eq!(face.families[0].0, family, "{name}, byte {}", glyph.start);
                assert_ne!(glyph.glyph_id, 0, "{name}, byte {}", glyph.start);
            }
        }
        assert!(drawn(&mut lettering, name, (256, 144)).iter().any(|pixel| *pixel > 200), "{name} leaves no trace");
    }
}

#[test]
fn every_bundled_font_is_in_use_and_together_they_stay_below_8_mb() {
    let mut lettering = lettering();
    let bytes: usize = fonts::FONTS.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(bytes < 8_000_000, "{bytes}");
    let listed: Vec<ID> = lettering.fonts.db().faces().map(|face| face.id).collect();
    assert_eq!(listed.len(), fonts::FONTS.len());
    assert!(listed.iter().all(|id| lettering.fonts.get_font(*id, cosmic_text::Weight::NORMAL).is_some()));
}

#[test]
fn arabic_letters_join_and_run_from_right_to_left() {
    let word = line("محمد");
    assert_eq!(starts(&word), [6, 4, 2, 0]);
    // Each of the four has another shape than alone.
    for (glyph, alone) in word.iter().rev().zip(["م", "ح", "م", "د"]) {
        assert_ne!([glyph.glyph_id].as_slice(), ids(alone).as_slice(), "{alone} does not join");
    }
    assert_eq!(ids("لا").len(), 1, "lam and alef are one ligature");
}

#[test]
fn hebrew_runs_from_right_to_left_with_its_points_on_their_letters() {
    assert_eq!(starts(&line("דוד")), [4, 2, 0]);
    let pointed = line("שָׁלוֹם");
    assert!(pointed.last().is_some_and(|glyph| glyph.start == 0), "the first letter stands on the right");
}

#[test]
fn syllables_of_devanagari_become_conjuncts() {
    assert_eq!(ids("क्ष").len(), 1, "ka, virama and ssa are one glyph");
    let syllable = starts(&line("कि"));
    assert_eq!(syllable, [0, 0], "one cluster, in which the sign for i stands before the letter");
    assert_eq!(ids("कि").last(), ids("क").last());
}

#[test]
fn a_mark_stands_above_its_letter() {
    assert_eq!(ids("e\u{301}"), ids("é"), "what can be composed is");
    let marked = line("ที่");
    let (base, marks) = marked.split_first().expect("a letter with two marks");
    assert_eq!(marks.len(), 2);
    assert!(marks.iter().all(|mark| mark.w == 0.0 && mark.x > base.x), "marks take no room");
}

#[test]
fn directions_are_mixed_as_unicode_says() {
    // Bytes 5 to 12 are the Arabic word.
    assert_eq!(starts(&line("John محمد X2")), [0, 1, 2, 3, 4, 11, 9, 7, 5, 13, 14, 15]);
    assert_eq!(starts(&line("محمد John")), [9, 10, 11, 12, 8, 6, 4, 2, 0]);
}

#[test]
fn a_family_of_emoji_is_one_glyph() {
    assert_eq!(ids("👨‍👩‍👧‍👦").len(), 1);
    assert_ne!(ids("👨‍👩‍👧‍👦"), ids("👨"));
}

#[test]
fn what_no_font_has_is_shown_as_unknown() {
    let unknown = ids("\u{fffd}");
    assert_ne!(unknown, [0]);
    for name in ["\u{378}", "\u{e000}", "\u{20bb7}", "\u{10ffff}"] {
        assert_eq!(ids(name), unknown, "{}", name.escape_unicode());
    }
    assert_eq!(ids("a\u{378}b").len(), 3);
}

#[test]
fn a_name_is_a_tenth_as_high_as_its_card_on_one_line() {
    let mut lettering = lettering();
    for (size, expected) in
        [((100, 60), 12.0), ((256, 144), 14.0), ((640, 360), 36.0), ((1280, 720), 72.0), ((3840, 2160), 72.0)]
    {
        let lines = lines(&mut lettering, "Ada L.", size);
        assert_eq!(lines.len(), 1, "{size:?}");
        assert!(lines[0].glyphs.iter().all(|glyph| glyph.font_size == expected), "{size:?}");
    }
}

#[test]
fn a_name_stands_in_the_middle() {
    let mut lettering = lettering();
    for name in ["ooooo", "וווו", "ooo ooooooooooooo oooooooooooooo ooooo"] {
        for (width, height) in SIZES {
            let pixels = drawn(&mut lettering, name, (width, height));
            let inked = |at: &usize| pixels[*at] > 0;
            let columns: Vec<usize> = (0..pixels.len()).filter(inked).map(|at| at % width as usize).collect();
            let rows: Vec<usize> = (0..pixels.len()).filter(inked).map(|at| at / width as usize).collect();
            let middle =
                |places: &[usize]| (places.iter().min().expect("ink") + places.iter().max().expect("ink")) as f32 / 2.0;
            assert!((middle(&columns) - width as f32 / 2.0).abs() <= 3.0, "{name} {width}: {}", middle(&columns));
            assert!(
                (middle(&rows) - height as f32 / 2.0).abs() <= height as f32 / 20.0,
                "{name} {height}: {}",
                middle(&rows)
            );
        }
    }
}

#[test]
fn a_name_is_first_broken_then_shrunk_and_never_wider_than_its_card() {
    let mut lettering = lettering();
    for size in SIZES {
        let room = Card::new(size.0, size.1).expect("room").room;
        let broken = lines(&mut lettering, "Maria-Theresia von und zu Löwenstein-Wert", size);
        assert_eq!(broken.len(), 2, "{size:?}");
        let shrunk = lines(&mut lettering, "Wolfeschlegelsteinhausenbergerdorf", size);
        assert_eq!(shrunk.len(), 1);
        assert!(shrunk[0].glyphs[0].font_size < broken[0].glyphs[0].font_size, "{size:?}");
        assert!(broken.iter().chain(&shrunk).all(|line| line.width <= room), "{size:?}");
    }
}

#[test]
fn a_name_that_fits_at_no_size_ends_with_an_ellipsis() {
    let mut lettering = lettering();
    let ellipsis = ids("…");
    for size in SIZES {
        let room = Card::new(size.0, size.1).expect("room").room;
        for (name, first) in [("word ".repeat(2000), "w"), ("W".repeat(300), "W"), ("王小明".repeat(100), "王")] {
            let lines = lines(&mut lettering, &name, size);
            assert!(lines.len() <= 2 && lines.iter().all(|line| line.width <= room));
            let last = lines.last().and_then(|line| line.glyphs.last()).expect("a glyph");
            assert_eq!([last.glyph_id], ellipsis.as_slice(), "{name:.12} {size:?}");
            assert_eq!([lines[0].glyphs[0].glyph_id], ids(first).as_slice());
        }
    }
    let arabic = lines(&mut lettering, &"محمد".repeat(100), (256, 144));
    assert_eq!([arabic[0].glyphs[0].glyph_id], ellipsis.as_slice(), "the end is on the left");
}

#[test]
fn nothing_is_drawn_without_a_name_or_without_room() {
    let mut lettering = lettering();
    for name in ["", " \n\t", "\0\u{1}\u{202e}", "\u{200b}\u{feff}\u{2060}"] {
        assert!(drawn(&mut lettering, name, (256, 144)).iter().all(|pixel| *pixel == 0), "{name:?}");
    }
    for size in [(0, 0), (2, 2), (40, 144), (256, 16)] {
        assert!(drawn(&mut lettering, "Ada", size).iter().all(|pixel| *pixel == 0), "{size:?}");
    }
}

#[test]
fn an_override_of_direction_turns_nothing() {
    let mut lettering = lettering();
    let plain = drawn(&mut lettering, "gpj.exe", (256, 144));
    assert!(drawn(&mut lettering, "\u{202e}gpj.exe", (256, 144)) == plain);
}

#[test]
fn the_same_name_gives_the_same_pixels_on_every_machine() {
    let mut used = lettering();
    let digests = [
        "Anna Schmidt",
        "محمد عبد الله",
        "क्षत्रिय 王小明 🎉",
        "Wolfeschlegelsteinhausenbergerdorff Hubert Blaine Wolfeschlegelsteinhausenbergerdorff",
    ]
    .map(|name| {
        let pixels = drawn(&mut used, name, (256, 144));
        assert!(drawn(&mut lettering(), name, (256, 144)) == pixels, "{name} depends on what was drawn before");
        crc32fast::hash(&pixels)
    });
    assert_eq!(digests, [2_720_448_368, 2_686_883_468, 942_950_340, 1_637_733_588]);
}

#[test]
fn kept_glyphs_are_used_again_and_bounded() {
    let mut lettering = lettering();
    drawn(&mut lettering, "Ada Lovelace", (1280, 720));
    let first = lettering.glyphs.count_and_bytes();
    assert!(first.0 > 5);
    drawn(&mut lettering, "Ada Lovelace", (1280, 720));
    assert_eq!(lettering.glyphs.count_and_bytes(), first);

    let largest = 64 << 10;
    let mut forgot = false;
    let mut before = 0;
    for from in (0x4e00..0x9f00_u32).step_by(10) {
        let name: String = (from..from + 10).filter_map(char::from_u32).collect();
        drawn(&mut lettering, &name, (1280, 720));
        let (_, bytes) = lettering.glyphs.count_and_bytes();
        assert!(bytes <= glyphs::KEPT_BYTES + largest, "{bytes}");
        forgot |= bytes < before;
        before = bytes;
    }
    assert!(forgot, "the bound was never reached");
}

#[test]
fn names_that_were_drawn_not_long_ago_are_kept_as_they_were_set() {
    let mut lettering = lettering();
    let first = drawn(&mut lettering, "name 0", (256, 144));
    for index in 1..KEPT_NAMES {
        drawn(&mut lettering, &format!("name {index}"), (256, 144));
    }
    drawn(&mut lettering, "name 0", (256, 144));
    assert_eq!(lettering.names.len(), KEPT_NAMES);
    assert_eq!(lettering.names[0].name, "name 1", "what is drawn again stays longest");

    for index in 0..200 {
        drawn(&mut lettering, &format!("other {index}"), (256, 144));
    }
    assert_eq!(lettering.names.len(), KEPT_NAMES);
    assert!(drawn(&mut lettering, "name 0", (256, 144)) == first);
    drawn(&mut lettering, "name 0", (256, 146));
    assert_eq!(lettering.names.iter().filter(|kept| kept.name == "name 0").count(), 2, "another card, another place");
}

#[test]
fn a_panic_of_the_shaper_costs_one_name_and_no_other() {
    let mut lettering = lettering();
    let before = drawn(&mut lettering, "Ada", (256, 144));
    let failed = lettering.contained(|lettering| {
        lettering.fonts = FontSystem::new_with_locale_and_db_and_fallback(
            "en".to_owned(),
            cosmic_text::fontdb::Database::new(),
            cosmic_text::PlatformFallback,
        );
        let card = Card::new(256, 144).expect("room");
        lettering.set("Ada L.", card);
    });
    assert!(matches!(failed, Err(PictureError::NameNotDrawn)));
    assert!(drawn(&mut lettering, "Ada", (256, 144)) == before);
}

#[test]
fn letters_can_be_drawn_on_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Lettering>();
}

#[test]
fn hostile_names_are_drawn_within_bounds() {
    let mut lettering = lettering();
    for part in [
        "\0",
        "\u{202e}",
        "Z\u{301}\u{302}\u{303}\u{304}",
        "\u{301}",
        "\u{200d}",
        "👨‍👩‍👧‍👦",
        "\u{378}",
        "\u{fffd}",
        "\n",
        "محمد\u{202e}ab",
        "\u{fdfd}",
        "རྐྱ",
        "\u{1100}\u{1161}\u{11a8}",
        "aяαםعक্বதไ王",
        "\u{e0041}",
        "\u{fe0f}",
        "\u{1f1e9}",
        "ﷺ ",
        "\u{10ffff}",
        "a א ",
        "្",
    ] {
        let name = part.repeat(10_000);
        for size in SIZES {
            drawn(&mut lettering, &name, size);
            let glyphs: usize = lines(&mut lettering, &name, size).iter().map(|line| line.glyphs.len()).sum();
            assert!(glyphs <= 2000, "{} glyphs of {}", glyphs, part.escape_unicode());
        }
    }
}

/// Characters of the scripts that are shaped most, of emoji, and of what has no shape.
fn awkward() -> impl Strategy<Value = String> {
    let char = prop_oneof![
        4 => any::<char>(),
        2 => prop::char::range('\u{600}', '\u{6ff}'),
        2 => prop::char::range('\u{900}', '\u{dff}'),
        1 => prop::char::range('\u{e00}', '\u{10ff}'),
        1 => prop::char::range('\u{300}', '\u{36f}'),
        1 => prop::char::range('\u{590}', '\u{5ff}'),
        1 => prop::char::range('\u{1780}', '\u{18af}'),
        1 => prop::char::range('\u{2000}', '\u{206f}'),
        1 => prop::char::range('\u{1100}', '\u{11ff}'),
        1 => prop::char::range('\u{1f1e6}', '\u{1faff}'),
        1 => prop::char::range('\u{e0000}', '\u{e01ef}'),
        2 => prop::char::range(' ', '~'),
        1 => Just(' '),
        1 => Just('\u{200d}'),
        1 => Just('\u{fe0f}'),
    ];
    prop::collection::vec(char, 0..120).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_or_leave_the_card(name in awkward(), width in 0..700_u32, height in 0..400_u32) {
        thread_local!(static LETTERING: std::cell::RefCell<Lettering> = std::cell::RefCell::new(lettering()));
        LETTERING.with_borrow_mut(|lettering| drawn(lettering, &name, (width, height)));
    }
}

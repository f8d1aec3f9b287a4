//! A name on a card: how large, on which lines, which glyph where. How glyphs look is in `glyphs`, what is shown of a name in
//! `name`.

use cosmic_text::{Align, Attrs, Buffer, CacheKeyFlags, Family, FontSystem, Metrics, PhysicalGlyph, Shaping, Wrap};
use unicode_segmentation::UnicodeSegmentation;

use super::{fonts, name};

/// A name is a tenth as high as its card, within these bounds.
const MIN_SIZE_PX: u32 = 12;
const MAX_SIZE_PX: u32 = 72;
/// From one baseline to the next, for a size of 1: room for what hangs above and below in Thai or Tibetan.
const LINE_HEIGHT: f32 = 1.4;
/// How far a name is shrunk, step by step, before it is cut.
const SHRINK: [f32; 3] = [1.0, 0.85, 0.7];
const MAX_LINES: usize = 2;

/// What of a card is for the name.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Card {
    pub(super) width: u32,
    pub(super) height: u32,
    /// How wide a line may be, in pixels.
    pub(super) room: f32,
    /// How large the name is at best, in pixels.
    size: f32,
    /// How many lines there may be.
    lines: usize,
}

impl Card {
    /// Nothing if the card is too small for a name that can be read.
    pub(super) fn new(width: u32, height: u32) -> Option<Self> {
        let size = (height / 10).clamp(MIN_SIZE_PX, MAX_SIZE_PX) as f32;
        let room = (width - width / 8) as f32;
        let lines = ((height as f32 / (size * LINE_HEIGHT)) as usize).min(MAX_LINES);
        (lines > 0 && room >= 4.0 * size).then_some(Self { width, height, room, size, lines })
    }
}

/// Every glyph of a name with its place on the card, from its left upper corner.
pub(super) fn set(fonts: &mut FontSystem, name: &str, card: Card) -> Vec<PhysicalGlyph> {
    let text = broken(fonts, name, card);
    let text_height: f32 = text.layout_runs().map(|line| line.line_height).sum();
    let left = ((card.width as f32 - card.room) / 2.0).floor();
    let top = ((card.height as f32 - text_height) / 2.0).floor();
    let lines = text.layout_runs();
    lines.flat_map(|line| line.glyphs.iter().map(move |glyph| glyph.physical((left, top + line.line_y), 1.0))).collect()
}

/// A name in lines: as large as fits, and cut where no size does.
pub(super) fn broken(fonts: &mut FontSystem, name: &str, card: Card) -> Buffer {
    let name = fonts::with_substitutes(fonts, name);
    let mut text = Buffer::new_empty(Metrics::new(card.size, card.size * LINE_HEIGHT));
    text.set_size(Some(card.room), None);
    text.set_wrap(Wrap::Word);
    set_text(&mut text, &name);
    for size in SHRINK.map(|shrink| (card.size * shrink).max(MIN_SIZE_PX as f32)) {
        text.set_metrics(Metrics::new(size, size * LINE_HEIGHT));
        if fits(fonts, &mut text, card) {
            return text;
        }
    }
    cut(fonts, &mut text, &name, card);
    text
}

fn fits(fonts: &mut FontSystem, text: &mut Buffer, card: Card) -> bool {
    text.shape_until_scroll(fonts, false);
    text.layout_runs().count() <= card.lines && text.layout_runs().all(|line| line.line_w <= card.room)
}

/// Leaves of a name that does not fit as many graphemes as do, before an ellipsis.
fn cut(fonts: &mut FontSystem, text: &mut Buffer, name: &str, card: Card) {
    let ends: Vec<usize> = name.grapheme_indices(true).map(|(at, _)| at).collect();
    // The ellipsis alone fits on every card, the whole name on this one does not.
    let (mut fitting, mut too_many) = (0, ends.len());
    while too_many - fitting > 1 {
        let middle = usize::midpoint(fitting, too_many);
        set_text(text, &ellipsised(&name[..ends[middle]]));
        if fits(fonts, text, card) {
            fitting = middle;
        } else {
            too_many = middle;
        }
    }
    set_text(text, &ellipsised(&name[..ends[fitting]]));
    text.shape_until_scroll(fonts, false);
}

fn set_text(text: &mut Buffer, name: &str) {
    let family = Family::Name(fonts::DEFAULT_FAMILY);
    let attributes = Attrs::new().family(family).cache_key_flags(CacheKeyFlags::DISABLE_HINTING);
    text.set_text(name, &attributes, Shaping::Advanced, Some(Align::Center));
}

fn ellipsised(start: &str) -> String {
    format!("{}{}", start.trim_end(), name::ELLIPSIS)
}

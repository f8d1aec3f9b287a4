//! Names as coverage of pixels: shaped, broken into lines, sized to a card, and rasterised. Colours are chosen in `canvas`,
//! whose name and where is decided by `render`.
//!
//! The same name and size give the same coverage on every machine: outlines are not hinted, and all that is computed with
//! are additions, multiplications and square roots as IEEE 754 rounds them, by way of `libm` and without vector
//! instructions of one processor.

mod fonts;
mod glyphs;
mod name;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use cosmic_text::{Align, Attrs, Buffer, CacheKeyFlags, Family, FontSystem, Metrics, Shaping, SwashImage, Wrap};
use unicode_segmentation::UnicodeSegmentation;

use crate::PictureError;
use glyphs::Glyphs;

/// A name is a tenth as high as its card, within these bounds.
const MIN_SIZE_PX: u32 = 12;
const MAX_SIZE_PX: u32 = 72;
/// From one baseline to the next, for a size of 1: room for what hangs above and below in Thai or Tibetan.
const LINE_HEIGHT: f32 = 1.4;
/// How far a name is shrunk, step by step, before it is cut.
const SHRINK: [f32; 3] = [1.0, 0.85, 0.7];
const MAX_LINES: usize = 2;

/// The bundled fonts, parsed once, and the glyphs that were drawn last.
///
/// It knows no font of the system and opens no file. What it keeps is bounded: 4 MiB of glyphs, and tables of the fonts.
pub struct Lettering {
    fonts: FontSystem,
    glyphs: Glyphs,
}

impl Lettering {
    /// Lists the bundled fonts; each is parsed when it is needed first.
    ///
    /// # Errors
    /// [`PictureError::FontUnreadable`] if a bundled font is damaged, which is a defect of the build.
    pub fn new() -> Result<Self, PictureError> {
        Ok(Self { fonts: fonts::bundled()?, glyphs: Glyphs::new() })
    }

    /// Draws a name into the middle of a card of `width` by `height` pixels: calls `draw` with the left end, the row, and the
    /// coverage of each pixel from there on, 0 to 255. Pieces may overlap, and none reaches out of the card.
    ///
    /// # Errors
    /// [`PictureError::NameNotDrawn`] if the name made the shaper panic; a part of it may have been drawn.
    pub(crate) fn write(
        &mut self,
        name: &str,
        width: u32,
        height: u32,
        draw: impl FnMut(u32, u32, &[u8]),
    ) -> Result<(), PictureError> {
        let name = name::presentable(name);
        let Some(card) = Card::new(width, height).filter(|_| !name.is_empty()) else { return Ok(()) };
        self.contained(|lettering| {
            let text = lettering.lay_out(&name, card);
            lettering.rasterise(&text, card, draw);
        })
    }

    /// Does what a name might make panic, and begins with fresh caches if it did: the name is a stranger's, the shaper is a
    /// library's, and a recording must not fail for ever because of what somebody is called.
    fn contained(&mut self, work: impl FnOnce(&mut Self)) -> Result<(), PictureError> {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_ok() {
            return Ok(());
        }
        *self = Self::new()?;
        Err(PictureError::NameNotDrawn)
    }

    /// As large as it can be on the lines that there are; cut where it fits at no size.
    fn lay_out(&mut self, name: &str, card: Card) -> Buffer {
        let name = fonts::with_substitutes(&mut self.fonts, name);
        let mut text = Buffer::new_empty(Metrics::new(card.size, card.size * LINE_HEIGHT));
        text.set_size(Some(card.room), None);
        text.set_wrap(Wrap::Word);
        set_text(&mut text, &name);
        for size in SHRINK.map(|shrink| (card.size * shrink).max(MIN_SIZE_PX as f32)) {
            text.set_metrics(Metrics::new(size, size * LINE_HEIGHT));
            if self.fits(&mut text, card) {
                return text;
            }
        }
        self.cut(&mut text, &name, card);
        text
    }

    fn fits(&mut self, text: &mut Buffer, card: Card) -> bool {
        text.shape_until_scroll(&mut self.fonts, false);
        text.layout_runs().count() <= card.lines && text.layout_runs().all(|line| line.line_w <= card.room)
    }

    /// Leaves of a name that does not fit as many graphemes as do, before an ellipsis.
    fn cut(&mut self, text: &mut Buffer, name: &str, card: Card) {
        let ends: Vec<usize> = name.grapheme_indices(true).map(|(at, _)| at).collect();
        // The ellipsis alone fits on every card, the whole name on this one does not.
        let (mut fitting, mut too_many) = (0, ends.len());
        while too_many - fitting > 1 {
            let middle = usize::midpoint(fitting, too_many);
            set_text(text, &ellipsised(&name[..ends[middle]]));
            if self.fits(text, card) {
                fitting = middle;
            } else {
                too_many = middle;
            }
        }
        set_text(text, &ellipsised(&name[..ends[fitting]]));
        text.shape_until_scroll(&mut self.fonts, false);
    }

    fn rasterise(&mut self, text: &Buffer, card: Card, mut draw: impl FnMut(u32, u32, &[u8])) {
        let text_height: f32 = text.layout_runs().map(|line| line.line_height).sum();
        let left = ((card.width as f32 - card.room) / 2.0).floor();
        let top = ((card.height as f32 - text_height) / 2.0).floor();
        for line in text.layout_runs() {
            for glyph in line.glyphs {
                let glyph = glyph.physical((left, top + line.line_y), 1.0);
                if let Some(image) = self.glyphs.coverage(&mut self.fonts, glyph.cache_key) {
                    let (x, y) = (i64::from(glyph.x), i64::from(glyph.y));
                    let corner = (x + i64::from(image.placement.left), y - i64::from(image.placement.top));
                    for_rows(image, corner, card, &mut draw);
                }
            }
        }
    }
}

fn set_text(text: &mut Buffer, name: &str) {
    let family = Family::Name(fonts::DEFAULT_FAMILY);
    let attributes = Attrs::new().family(family).cache_key_flags(CacheKeyFlags::DISABLE_HINTING);
    text.set_text(name, &attributes, Shaping::Advanced, Some(Align::Center));
}

fn ellipsised(start: &str) -> String {
    format!("{}{}", start.trim_end(), name::ELLIPSIS)
}

/// Draws the part of a glyph that lies on the card; `corner` is where its left upper one would be.
fn for_rows(image: &SwashImage, corner: (i64, i64), card: Card, draw: &mut impl FnMut(u32, u32, &[u8])) {
    let wide = image.placement.width as usize;
    if wide == 0 {
        return;
    }
    // Columns of the glyph that are left of the card, and the first that is right of it.
    let hidden = usize::try_from(-corner.0).unwrap_or(0);
    let end = usize::try_from(i64::from(card.width) - corner.0).unwrap_or(0).min(wide);
    for (y, row) in (corner.1..).zip(image.data.chunks_exact(wide)) {
        let Some(visible) = row.get(hidden..end).filter(|visible| !visible.is_empty()) else { continue };
        match u32::try_from(y) {
            Ok(y) if y < card.height => draw(corner.0.max(0) as u32, y, visible),
            _ => {}
        }
    }
}

/// What of a card is for the name.
#[derive(Clone, Copy)]
struct Card {
    width: u32,
    height: u32,
    /// How wide a line may be, in pixels.
    room: f32,
    /// How large the name is at best, in pixels.
    size: f32,
    /// How many lines there may be.
    lines: usize,
}

impl Card {
    /// Nothing if the card is too small for a name that can be read.
    fn new(width: u32, height: u32) -> Option<Self> {
        let size = (height / 10).clamp(MIN_SIZE_PX, MAX_SIZE_PX) as f32;
        let room = (width - width / 8) as f32;
        let lines = ((height as f32 / (size * LINE_HEIGHT)) as usize).min(MAX_LINES);
        (lines > 0 && room >= 4.0 * size).then_some(Self { width, height, room, size, lines })
    }
}

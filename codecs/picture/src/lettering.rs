//! Names as coverage of pixels: shaped, broken into lines, sized to a card, and rasterised. Colours are chosen in `canvas`,
//! whose name and where is decided by `render`.
//!
//! The same name and size give the same coverage on every machine: outlines are not hinted, and what is computed of them is
//! sums, products and roots of `f32`, which IEEE 754 rounds alike everywhere, or comes from `libm` in Rust; nothing depends
//! on the vector instructions of a processor.

mod fonts;
mod glyphs;
mod name;
#[cfg(test)]
mod tests;
mod typesetting;

use std::panic::{AssertUnwindSafe, catch_unwind};

use cosmic_text::{FontSystem, PhysicalGlyph, SwashImage};

use crate::PictureError;
use glyphs::Glyphs;
use typesetting::Card;

/// How many names are kept as they were set: more than are on one picture.
const KEPT_NAMES: usize = 64;

/// The bundled fonts, parsed once, and the names and glyphs that were drawn last.
///
/// It knows no font of the system and opens no file. What it keeps is bounded: 4 MiB of glyphs, 64 names as they were set,
/// which are at most as large again, and tables of the fonts.
pub struct Lettering {
    fonts: FontSystem,
    glyphs: Glyphs,
    /// The one that was drawn last comes last.
    names: Vec<Typeset>,
}

/// A name as it stands on a card.
struct Typeset {
    name: String,
    card: Card,
    glyphs: Vec<PhysicalGlyph>,
}

impl Lettering {
    /// Lists the bundled fonts; each is parsed when it is needed first.
    ///
    /// # Errors
    /// [`PictureError::FontUnreadable`] if a bundled font is damaged, which is a defect of the build.
    pub fn new() -> Result<Self, PictureError> {
        Ok(Self { fonts: fonts::bundled()?, glyphs: Glyphs::new(), names: Vec::new() })
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
            lettering.set(&name, card);
            lettering.rasterise(draw);
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

    /// Puts a name last among those that are kept, set anew unless it is one of them.
    fn set(&mut self, name: &str, card: Card) {
        let found = self.names.iter().position(|kept| kept.card == card && kept.name == name);
        if let Some(at) = found {
            self.names[at..].rotate_left(1);
            return;
        }
        let glyphs = typesetting::set(&mut self.fonts, name, card);
        if self.names.len() >= KEPT_NAMES {
            self.names.remove(0);
        }
        self.names.push(Typeset { name: name.to_owned(), card, glyphs });
    }

    /// Draws the name that was set last.
    fn rasterise(&mut self, mut draw: impl FnMut(u32, u32, &[u8])) {
        let Some(Typeset { card, glyphs, .. }) = self.names.last() else { return };
        for glyph in glyphs {
            if let Some(image) = self.glyphs.coverage(&mut self.fonts, glyph.cache_key) {
                let (x, y) = (i64::from(glyph.x), i64::from(glyph.y));
                let corner = (x + i64::from(image.placement.left), y - i64::from(image.placement.top));
                for_rows(image, corner, *card, &mut draw);
            }
        }
    }
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

//! The card of somebody who is not seen. How text is shaped and drawn is in `picture`.

use picture::{Canvas, Lettering, PictureError, Rect};

/// Draws cards; fonts are read for the first one.
#[derive(Default)]
pub(super) struct Cards {
    lettering: Option<Lettering>,
}

impl Cards {
    /// Draws somebody's card. It is plain without a name, and where a name is one that cannot be written.
    pub(super) fn draw(&mut self, canvas: &mut Canvas, name: Option<&str>, area: Rect) -> Result<(), PictureError> {
        let lettering = match &mut self.lettering {
            Some(lettering) => lettering,
            none => none.insert(Lettering::new()?),
        };
        match canvas.draw_name(lettering, name.unwrap_or_default(), area) {
            Err(PictureError::NameNotDrawn) => Ok(()),
            done => done,
        }
    }
}

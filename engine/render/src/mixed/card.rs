//! The card of somebody who is not seen. How text is shaped and drawn is in `picture`.

use model::Pii;
use picture::{Canvas, PictureError, Rect};

/// Draws cards.
#[derive(Default)]
pub(super) struct Cards {}

impl Cards {
    /// Draws somebody's card; without a name it is empty.
    pub(super) fn draw(
        &mut self,
        canvas: &mut Canvas,
        _name: Option<&Pii<String>>,
        area: Rect,
    ) -> Result<(), PictureError> {
        canvas.clear_area(area);
        Ok(())
    }
}

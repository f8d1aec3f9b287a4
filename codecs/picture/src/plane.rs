//! The pixels of one plane, borrowed. Where they come from is in `picture` and `canvas`.

/// One plane of a picture.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// The rows, one after the other; the last ends with its last pixel.
    pub bytes: &'a [u8],
    /// From the start of one row to the start of the next.
    pub stride_bytes: usize,
    /// Pixels of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl<'a> Plane<'a> {
    /// A plane without pixels.
    pub const EMPTY: Plane<'static> = Plane { bytes: &[], stride_bytes: 0, width: 0, height: 0 };

    /// The pixels of row `y`, from the top; empty below the last.
    pub fn row(&self, y: u32) -> &'a [u8] {
        if y >= self.height {
            return &[];
        }
        let start = y as usize * self.stride_bytes;
        self.bytes.get(start..start + self.width as usize).unwrap_or_default()
    }
}

//! Where screens and tiles lie on the canvas (recording-api §9.2). Who is in them is decided in `cast`.
//!
//! All numbers are those of a canvas of 1280x720 and scale with the canvas; every edge is even, as 4:2:0 needs it.

use model::{BesideShare, Layout};
use picture::Rect;

use crate::View;

/// The canvas of which the numbers are.
const NOMINAL: (u32, u32) = (1280, 720);
/// Between the tiles of a grid.
const GUTTER: u32 = 4;
/// A tile beside or over a screen.
const TILE: (u32, u32) = (256, 144);
/// From the edge of a screen to the tiles over it, and between them.
const MARGIN: u32 = 16;

/// The most tiles of a grid.
const MOST_IN_GRID: usize = 25;
/// The most tiles over a screen.
const MOST_OVER: usize = 4;
/// The most tiles beside a screen.
const MOST_BESIDE: usize = 5;

/// Where everything lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) screen: Option<Rect>,
    pub(crate) tiles: Vec<Rect>,
}

/// How many tiles there can be.
pub(crate) fn most_tiles(view: View, screen: bool) -> usize {
    match (view.layout, view.beside_share) {
        (Layout::AudioOnly, _) => 0,
        (_, BesideShare::Hide) if screen => 0,
        (Layout::SpeakerView, _) => 1,
        (_, BesideShare::Overlap) if screen => MOST_OVER,
        (_, BesideShare::Beside) if screen => MOST_BESIDE,
        _ => MOST_IN_GRID,
    }
}

/// Where a screen, if there is one, and that many tiles lie on a canvas of `width` by `height`; tiles beyond the most have no place.
pub(crate) fn places(view: View, (width, height): (u32, u32), screen: bool, tiles: usize) -> Places {
    let canvas = Rect { x: 0, y: 0, width, height };
    let scale = Scale::of(width, height);
    let tiles = tiles.min(most_tiles(view, screen));
    if !screen {
        let places = if view.layout == Layout::SpeakerView { vec![canvas; tiles] } else { grid(canvas, scale, tiles) };
        return Places { screen: None, tiles: places };
    }
    let (tile_width, tile_height) = (scale.even(TILE.0), scale.even(TILE.1));
    let column = |x: u32, top: u32, pitch: u32| {
        let at = move |n: u32| Rect { x, y: top + n * pitch, width: tile_width, height: tile_height };
        (0_u32..).take(tiles).map(at).map(|place| place.within(width, height)).collect()
    };
    match view.beside_share {
        BesideShare::Overlap => {
            let margin = scale.even(MARGIN);
            let x = width.saturating_sub(margin + tile_width) & !1;
            Places { screen: Some(canvas), tiles: column(x, margin, tile_height + margin) }
        }
        BesideShare::Beside => {
            let x = width.saturating_sub(tile_width) & !1;
            Places { screen: Some(Rect { width: x, ..canvas }), tiles: column(x, 0, tile_height) }
        }
        BesideShare::Hide => Places { screen: Some(canvas), tiles: Vec::new() },
    }
}

/// As many 16:9 tiles as large as they can be, in rows of one length but for the last, which is centred, as the whole is.
fn grid(canvas: Rect, scale: Scale, tiles: usize) -> Vec<Rect> {
    let Ok(count) = u32::try_from(tiles) else { return Vec::new() };
    if count == 0 {
        return Vec::new();
    }
    let columns = count.isqrt() + u32::from(count.isqrt().pow(2) < count);
    let rows = count.div_ceil(columns);
    let gutter = scale.even(GUTTER);
    let share = |length: u32, of: u32| length.saturating_sub((of - 1) * gutter) / of;
    let (most_width, most_height) = (share(canvas.width, columns), share(canvas.height, rows));
    let width = most_width.min(most_height * 16 / 9) & !1;
    let height = most_height.min((width * 9 + 8) / 16) & !1;
    let centred = |length: u32, of: u32, side: u32| (length.saturating_sub(of * side + (of - 1) * gutter) / 2) & !1;
    let top = centred(canvas.height, rows, height);
    let place = |n: u32| {
        let (row, column) = (n / columns, n % columns);
        let in_row = if row + 1 == rows { count - row * columns } else { columns };
        let left = centred(canvas.width, in_row, width);
        Rect { x: left + column * (width + gutter), y: top + row * (height + gutter), width, height }
    };
    (0..count).map(place).collect()
}

/// How much larger or smaller the canvas is.
#[derive(Clone, Copy, Debug)]
struct Scale {
    numerator: u32,
    denominator: u32,
}

impl Scale {
    fn of(width: u32, height: u32) -> Self {
        let is_wide = u64::from(width) * u64::from(NOMINAL.1) >= u64::from(height) * u64::from(NOMINAL.0);
        let (numerator, denominator) = if is_wide { (height, NOMINAL.1) } else { (width, NOMINAL.0) };
        Self { numerator, denominator }
    }

    /// The nearest even number of pixels.
    fn even(self, nominal: u32) -> u32 {
        (nominal * self.numerator + self.denominator) / (2 * self.denominator) * 2
    }
}

#[cfg(test)]
mod tests;

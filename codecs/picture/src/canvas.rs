//! A picture of fixed size on which others are drawn. What is drawn where is decided by `render`.

use std::ops::Range;

use ffmpeg_next::{color, format::Pixel, frame};

use crate::{
    Lettering, Picture, PictureError, Plane, Rect, fit, raw, scale,
    scale::{Filter, Scalers},
};

/// Black in limited range: luma, then both chroma planes.
const BLACK: [u8; 3] = [16, 128, 128];
/// The dark grey behind a name, which tells a card from the black around it.
const CARD: [u8; 3] = [48, 128, 128];
/// The luma of white in limited range; a name has no colour of its own.
const WHITE: u8 = 235;

/// A 4:2:0 picture of fixed size in BT.709, limited range, on which pictures are drawn; black at first.
pub struct Canvas {
    frame: frame::Video,
    scalers: Scalers,
}

impl Canvas {
    /// A black canvas.
    ///
    /// # Errors
    /// [`PictureError::CanvasSize`] unless both sides are even, at least 16, and within 4096x2304 either way round.
    pub fn new(width: u32, height: u32) -> Result<Self, PictureError> {
        check_size(width, height)?;
        raw::hush();
        let mut frame = scale::blank(width, height)?;
        frame.set_color_space(color::Space::BT709);
        frame.set_color_range(color::Range::MPEG);
        let mut canvas = Self { frame, scalers: Scalers::default() };
        canvas.clear();
        Ok(canvas)
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.frame.width()
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.frame.height()
    }

    /// The brightness of each pixel.
    pub fn luma(&self) -> Plane<'_> {
        raw::plane(&self.frame, 0, self.width(), self.height())
    }

    /// The two colour planes, blue first, each half as wide and half as high.
    pub fn chroma(&self) -> [Plane<'_>; 2] {
        [1, 2].map(|index| raw::plane(&self.frame, index, self.width() / 2, self.height() / 2))
    }

    /// Makes it black.
    pub fn clear(&mut self) {
        self.blacken(self.bounds());
    }

    /// Makes an area black; it is cut to the canvas and to even edges.
    pub fn clear_area(&mut self, area: Rect) {
        self.blacken(area.within(self.width(), self.height()).even());
    }

    /// Draws a picture into the middle of an area, scaled to fit and never stretched; what is left of the area is
    /// black.
    ///
    /// The area is cut to the canvas and to even edges. Colours are taken as they are in the picture, apart from a full
    /// range, which becomes limited.
    ///
    /// # Errors
    /// [`PictureError::Codec`] if there is no memory for a scaler; the area is then black.
    pub fn draw_fitted(&mut self, picture: &Picture, area: Rect) -> Result<(), PictureError> {
        self.draw(picture, area, Filter::Smooth)
    }

    /// The same for a picture with small text, such as a screen: takes more time, and keeps strokes as sharp as they can be.
    ///
    /// # Errors
    /// As [`Canvas::draw_fitted`].
    pub fn draw_screen(&mut self, picture: &Picture, area: Rect) -> Result<(), PictureError> {
        self.draw(picture, area, Filter::Sharp)
    }

    fn draw(&mut self, picture: &Picture, area: Rect, filter: Filter) -> Result<(), PictureError> {
        let area = area.within(self.width(), self.height()).even();
        let place = fit(picture.width(), picture.height(), area);
        for bar in around(place, area) {
            self.blacken(bar);
        }
        if place.is_empty() {
            return Ok(());
        }
        let source = picture.frame();
        let as_it_is =
            source.format() == Pixel::YUV420P && (source.width(), source.height()) == (place.width, place.height);
        if as_it_is {
            copy(source, &mut self.frame, place);
            return Ok(());
        }
        let drawn = if scale::is_aligned(place) {
            self.scalers.scale_into(source, &mut self.frame, place, filter)
        } else {
            let scaled = self.scalers.scale(source, place.width, place.height, filter);
            scaled.map(|scaled| copy(scaled, &mut self.frame, place))
        };
        if drawn.is_err() {
            self.blacken(place);
        }
        drawn
    }

    /// Fills an area with dark grey and writes a name into its middle: in white, on one or two lines, a tenth as high as
    /// the area but from 12 to 72 pixels, shrunk and then cut with an ellipsis where it does not fit.
    ///
    /// The area is cut to the canvas and to even edges, and nothing is drawn outside of it. Without a name, or with an area
    /// too small for one, it stays a plain card. A name may be any text: it is bounded, and rid of what is no part of one.
    ///
    /// # Errors
    /// [`PictureError::NameNotDrawn`] if the name cannot be written; the card is then without it.
    pub fn draw_name(&mut self, lettering: &mut Lettering, name: &str, area: Rect) -> Result<(), PictureError> {
        let area = area.within(self.width(), self.height()).even();
        self.fill(area, CARD);
        let frame = &mut self.frame;
        let written = lettering.write(name, area.width, area.height, |x, y, coverage| {
            let place = Rect { x: area.x + x, y: area.y + y, width: coverage.len() as u32, height: 1 };
            for_rows(frame, 0, place, |_, row| {
                for (pixel, coverage) in row.iter_mut().zip(coverage) {
                    *pixel = mixed(*pixel, WHITE, *coverage);
                }
            });
        });
        if written.is_err() {
            self.fill(area, CARD);
        }
        written
    }

    pub(crate) fn frame(&self) -> &frame::Video {
        &self.frame
    }

    fn bounds(&self) -> Rect {
        Rect { x: 0, y: 0, width: self.width(), height: self.height() }
    }

    /// Makes an area with even edges black.
    fn blacken(&mut self, area: Rect) {
        self.fill(area, BLACK);
    }

    /// Gives an area with even edges one colour.
    fn fill(&mut self, area: Rect, colour: [u8; 3]) {
        for (index, value) in colour.into_iter().enumerate() {
            for_rows(&mut self.frame, index, area, |_, row| row.fill(value));
        }
    }
}

/// A size that canvases and encoders can have.
pub(crate) fn check_size(width: u32, height: u32) -> Result<(), PictureError> {
    let (short, long) = (width.min(height), width.max(height));
    let possible = short >= 16 && long <= 4096 && short <= 2304 && width.is_multiple_of(2) && height.is_multiple_of(2);
    if possible { Ok(()) } else { Err(PictureError::CanvasSize { width, height }) }
}

/// `below` seen through `above` that covers it by `coverage` of 255, to the nearest value.
fn mixed(below: u8, above: u8, coverage: u8) -> u8 {
    let (below, above, coverage) = (u32::from(below), u32::from(above), u32::from(coverage));
    ((below * (255 - coverage) + above * coverage + 127) / 255) as u8
}

/// The bars of `area` above, below, left and right of `inner`.
fn around(inner: Rect, area: Rect) -> [Rect; 4] {
    if inner.is_empty() {
        return [area, Rect::default(), Rect::default(), Rect::default()];
    }
    let (right, bottom) = (inner.x + inner.width, inner.y + inner.height);
    [
        Rect { height: inner.y - area.y, ..area },
        Rect { y: bottom, height: area.y + area.height - bottom, ..area },
        Rect { width: inner.x - area.x, y: inner.y, height: inner.height, ..area },
        Rect { x: right, width: area.x + area.width - right, y: inner.y, height: inner.height },
    ]
}

/// Copies a 4:2:0 frame of the size of `place` to there.
fn copy(from: &frame::Video, to: &mut frame::Video, place: Rect) {
    for index in 0..BLACK.len() {
        let (columns, rows) = plane_part(index, place);
        let source = raw::plane(from, index, columns.len() as u32, rows.len() as u32);
        for_rows(to, index, place, |y, row| {
            let pixels = source.row(y);
            if pixels.len() == row.len() {
                row.copy_from_slice(pixels);
            }
        });
    }
}

/// Calls `write` with each row of a plane's part of `area`, counted from the area's top.
fn for_rows(frame: &mut frame::Video, index: usize, area: Rect, mut write: impl FnMut(u32, &mut [u8])) {
    let stride = frame.stride(index);
    let (columns, rows) = plane_part(index, area);
    let pixels = frame.data_mut(index);
    for (y, row) in rows.enumerate() {
        if let Some(row) = pixels.get_mut(row * stride + columns.start..row * stride + columns.end) {
            write(y as u32, row);
        }
    }
}

/// The columns and rows of a plane that an area with even edges covers; chroma planes have half of each.
fn plane_part(index: usize, area: Rect) -> (Range<usize>, Range<usize>) {
    let shift = u32::from(index > 0);
    let span = |start: u32, length: u32| (start >> shift) as usize..((start + length) >> shift) as usize;
    (span(area.x, area.width), span(area.y, area.height))
}

#[cfg(test)]
impl Canvas {
    /// Sets each pixel's brightness.
    pub(crate) fn paint_luma(&mut self, luma: impl Fn(u32, u32) -> u8) {
        let bounds = self.bounds();
        for_rows(&mut self.frame, 0, bounds, |y, row| {
            for (x, pixel) in (0..).zip(row) {
                *pixel = luma(x, y);
            }
        });
    }
}

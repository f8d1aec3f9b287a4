//! Where a picture lies on a canvas. Which picture, and in which area, is decided by `render`.

/// A rectangle of pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Pixels from the left edge.
    pub x: u32,
    /// Pixels from the top edge.
    pub y: u32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Rect {
    /// The largest rectangle within this one whose edges are even, as 4:2:0 needs them.
    pub const fn even(self) -> Self {
        let (x, width) = even_span(self.x, self.width);
        let (y, height) = even_span(self.y, self.height);
        Self { x, y, width, height }
    }

    /// The part of this rectangle that lies on a canvas of `width` by `height`.
    pub fn within(self, width: u32, height: u32) -> Self {
        let (x, y) = (self.x.min(width), self.y.min(height));
        Self { x, y, width: self.width.min(width - x), height: self.height.min(height - y) }
    }

    /// Whether some pixel lies in both.
    pub const fn overlaps(self, other: Self) -> bool {
        let right = self.x.saturating_add(self.width) > other.x && other.x.saturating_add(other.width) > self.x;
        let below = self.y.saturating_add(self.height) > other.y && other.y.saturating_add(other.height) > self.y;
        !self.is_empty() && !other.is_empty() && right && below
    }

    /// Whether there is nothing in it.
    pub const fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }
}

const fn even_span(start: u32, length: u32) -> (u32, u32) {
    let end = start.saturating_add(length) & !1;
    let start = start.saturating_add(start & 1);
    (start, end.saturating_sub(start))
}

/// Fits a picture of `source_width` by `source_height` into the middle of `area` without stretching it.
///
/// All edges are even, so the shape is kept to within two pixels; the result is at least 2x2 where `area` is, and empty
/// where the picture or the area is.
pub fn fit(source_width: u32, source_height: u32, area: Rect) -> Rect {
    let area = area.even();
    if source_width == 0 || source_height == 0 || area.is_empty() {
        return Rect { x: area.x, y: area.y, width: 0, height: 0 };
    }
    let wide = u64::from(source_width) * u64::from(area.height) >= u64::from(source_height) * u64::from(area.width);
    let (width, height) = if wide {
        (area.width, scaled(source_height, area.width, source_width, area.height))
    } else {
        (scaled(source_width, area.height, source_height, area.width), area.height)
    };
    Rect {
        x: area.x + (((area.width - width) / 2) & !1),
        y: area.y + (((area.height - height) / 2) & !1),
        width,
        height,
    }
}

/// The size of a picture that fits into `most_width` by `most_height` without being stretched: its own where that fits, never larger,
/// and at least one pixel either way where it has any.
pub fn shrink(width: u32, height: u32, most_width: u32, most_height: u32) -> (u32, u32) {
    if width <= most_width && height <= most_height {
        return (width, height);
    }
    let nearest = |length: u32, numerator: u32, denominator: u32, most: u32| {
        let denominator = u64::from(denominator.max(1));
        let length = (u64::from(length) * u64::from(numerator) + denominator / 2) / denominator;
        length.clamp(1, u64::from(most.max(1))) as u32
    };
    if u64::from(width) * u64::from(most_height) >= u64::from(height) * u64::from(most_width) {
        (most_width, nearest(height, most_width, width, most_height))
    } else {
        (nearest(width, most_height, height, most_width), most_height)
    }
}

/// `length * numerator / denominator` to the nearest even number between 2 and `most`.
fn scaled(length: u32, numerator: u32, denominator: u32, most: u32) -> u32 {
    let twice = 2 * u64::from(denominator);
    let pairs = (u64::from(length) * u64::from(numerator) + u64::from(denominator)) / twice;
    (pairs * 2).clamp(2, u64::from(most)) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CANVAS: Rect = Rect { x: 0, y: 0, width: 1280, height: 720 };

    #[test]
    fn a_portrait_picture_stands_in_the_middle_between_bars() {
        assert_eq!(fit(360, 640, CANVAS), Rect { x: 436, y: 0, width: 406, height: 720 });
    }

    #[test]
    fn a_wide_picture_lies_in_the_middle_between_bars() {
        assert_eq!(fit(1920, 800, CANVAS), Rect { x: 0, y: 92, width: 1280, height: 534 });
    }

    #[test]
    fn a_picture_of_the_same_shape_fills_the_area() {
        assert_eq!(fit(640, 360, CANVAS), CANVAS);
        assert_eq!(fit(1920, 1080, CANVAS), CANVAS);
    }

    #[test]
    fn a_picture_is_shrunk_into_a_box_and_never_grows() {
        let cases = [
            ((640, 360), (640, 360)),
            ((320, 180), (320, 180)),
            ((1280, 720), (640, 360)),
            ((1920, 1080), (640, 360)),
            ((640, 480), (480, 360)),
            ((360, 640), (203, 360)),
            ((4000, 2), (640, 1)),
        ];
        for ((width, height), expected) in cases {
            assert_eq!(shrink(width, height, 640, 360), expected, "{width}x{height}");
        }
    }

    #[test]
    fn nothing_fits_as_nothing() {
        assert!(fit(0, 360, CANVAS).is_empty());
        assert!(fit(640, 360, Rect { width: 1, ..CANVAS }).is_empty());
    }

    proptest! {
        #[test]
        fn a_fitted_picture_is_even_inside_the_area_and_touches_two_edges(
            (w, h) in (1..20_000u32, 1..20_000u32),
            (x, y, aw, ah) in (0..4096u32, 0..4096u32, 3..5000u32, 3..5000u32),
        ) {
            let area = Rect { x, y, width: aw, height: ah };
            let even = area.even();
            let fitted = fit(w, h, area);
            prop_assert!([fitted.x, fitted.y, fitted.width, fitted.height].iter().all(|edge| edge % 2 == 0));
            prop_assert!(fitted.x >= x && fitted.y >= y && fitted.width >= 2 && fitted.height >= 2);
            prop_assert!(fitted.x + fitted.width <= x + aw && fitted.y + fitted.height <= y + ah);
            prop_assert!(fitted.width == even.width || fitted.height == even.height);
        }

        #[test]
        fn what_is_shrunk_lies_within_and_grows_in_no_direction(w in 1..70_000u32, h in 1..70_000u32, (mw, mh) in (1..4000u32, 1..4000u32)) {
            let (width, height) = shrink(w, h, mw, mh);
            prop_assert!(width >= 1 && height >= 1 && width <= mw.min(w) && height <= mh.min(h));
        }

        #[test]
        fn no_numbers_overflow(w: u32, h: u32, x: u32, y: u32, aw: u32, ah: u32) {
            let area = Rect { x, y, width: aw, height: ah };
            let fitted = fit(w, h, area);
            prop_assert!(fitted.width <= aw && fitted.height <= ah);
            let _ = shrink(w, h, aw, ah);
        }
    }
}

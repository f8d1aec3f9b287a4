//! The jobs that are measured, and where what lies on the canvas. Who does them, and how, is in `rival` and `measure`.

use clap::ValueEnum;
use picture::{Rect, fit};

/// The canvas of every case, which is the engine's own.
pub(super) const CANVAS: (u32, u32) = (1280, 720);
/// What each camera sends.
pub(super) const CAMERA: (u32, u32) = (640, 360);

/// One job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Case {
    /// One camera over the whole canvas
    One,
    /// Four cameras in a grid
    Four,
    /// Nine cameras in a grid
    Nine,
    /// A screen with text of 12 px, sent as video, and three cameras beside it
    Slide,
    /// The same screen, sent as PNG, under three cameras
    Stills,
    /// The sound of ten people
    Mix,
}

/// How a screen is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Screen {
    /// As H.264, shown beside the cameras.
    Video,
    /// As PNG, shown under the cameras.
    Stills,
}

impl Case {
    /// What people read of it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::One => "1 camera",
            Self::Four => "4 cameras",
            Self::Nine => "9 cameras",
            Self::Slide => "12 px slide as video beside 3 cameras",
            Self::Stills => "12 px slide as PNG under 3 cameras",
            Self::Mix => "sound of 10 people",
        }
    }

    /// How many people are heard.
    pub(super) const fn seats(self) -> usize {
        match self {
            Self::One => 1,
            Self::Four => 4,
            Self::Nine => 9,
            Self::Slide | Self::Stills => 3,
            Self::Mix => 10,
        }
    }

    /// How many of them are seen.
    pub(super) const fn cameras(self) -> usize {
        match self {
            Self::Mix => 0,
            seen => seen.seats(),
        }
    }

    /// What is shared.
    pub(super) const fn screen(self) -> Option<Screen> {
        match self {
            Self::Slide => Some(Screen::Video),
            Self::Stills => Some(Screen::Stills),
            Self::One | Self::Four | Self::Nine | Self::Mix => None,
        }
    }

    /// Where text lies that no camera covers.
    pub(super) fn text_area(self) -> Option<Rect> {
        let (screen, cameras) = self.places();
        let uncovered = cameras.iter().map(|camera| camera.x).min().unwrap_or(CANVAS.0);
        screen.map(|screen| Rect { width: screen.width.min(uncovered - screen.x), ..screen })
    }

    /// Where the screen lies, and each camera. The numbers are written down here a second time, and not asked of `render`: a layout
    /// that puts something elsewhere shows in the likeness to what the other program makes of these.
    pub(super) fn places(self) -> (Option<Rect>, Vec<Rect>) {
        let (width, height) = CANVAS;
        let whole = Rect { x: 0, y: 0, width, height };
        let column = |x: u32, top: u32, pitch: u32| {
            let at = move |n| Rect { x, y: top + n * pitch, width: 256, height: 144 };
            (0..3_u32).map(at).collect::<Vec<Rect>>()
        };
        let (screen, areas) = match self {
            Self::One => (None, vec![whole]),
            Self::Four => (None, grid(2, Rect { x: 2, y: 0, width: 636, height: 358 })),
            Self::Nine => (None, grid(3, Rect { x: 6, y: 2, width: 420, height: 236 })),
            Self::Slide => (Some(Rect { width: 1024, ..whole }), column(1024, 0, 144)),
            Self::Stills => (Some(whole), column(1008, 16, 160)),
            Self::Mix => (None, Vec::new()),
        };
        let fitted = |(width, height): (u32, u32)| move |area: Rect| fit(width, height, area);
        (screen.map(fitted(CANVAS)), areas.into_iter().map(fitted(CAMERA)).collect())
    }
}

/// As many rows as columns, 4 px apart; `first` is at the top left.
fn grid(columns: u32, first: Rect) -> Vec<Rect> {
    let place = |n: u32| Rect {
        x: first.x + n % columns * (first.width + 4),
        y: first.y + n / columns * (first.height + 4),
        ..first
    };
    (0..columns * columns).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: [Case; 6] = [Case::One, Case::Four, Case::Nine, Case::Slide, Case::Stills, Case::Mix];

    #[test]
    fn everything_lies_on_the_canvas_and_no_camera_on_another() {
        for case in EVERY {
            let (screen, cameras) = case.places();
            assert_eq!((screen.is_some(), cameras.len()), (case.screen().is_some(), case.cameras()), "{case:?}");
            for (n, place) in cameras.iter().enumerate() {
                assert!(place.x + place.width <= CANVAS.0 && place.y + place.height <= CANVAS.1, "{case:?}: {place:?}");
                assert!(!cameras[..n].iter().any(|other| other.overlaps(*place)), "{case:?}: {place:?}");
            }
        }
    }
}

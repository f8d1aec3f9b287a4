//! Scaling to a place on a canvas against scaling to a frame of its own.

use ffmpeg_next::{format::Pixel, frame};
use proptest::prelude::*;

use super::*;

/// A frame of noise, another for each `seed`.
fn noise(width: u32, height: u32, seed: u8) -> frame::Video {
    let mut frame = frame::Video::new(Pixel::YUV420P, width, height);
    for plane in 0..3 {
        let mut state = u32::from(seed) + plane as u32;
        let noise: [u8; 4_093] = std::array::from_fn(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        // The length is a prime, so that no two rows are the same.
        frame.data_mut(plane).chunks_mut(noise.len()).for_each(|part| part.copy_from_slice(&noise[..part.len()]));
    }
    frame
}

/// What lies at a place, and what lies around it, plane by plane.
fn parted(frame: &frame::Video, place: Rect) -> (Vec<u8>, Vec<u8>) {
    let (mut inside, mut around) = (Vec::new(), Vec::new());
    for plane in 0..3 {
        let shift = usize::from(plane > 0);
        let [x, y, width, height] = [place.x, place.y, place.width, place.height].map(|edge| edge as usize >> shift);
        for row in 0..frame.plane_height(plane) as usize {
            let start = row * frame.stride(plane);
            let pixels = &frame.data(plane)[start..start + frame.plane_width(plane) as usize];
            if (y..y + height).contains(&row) {
                around.extend_from_slice(&pixels[..x]);
                inside.extend_from_slice(&pixels[x..x + width]);
                around.extend_from_slice(&pixels[x + width..]);
            } else {
                around.extend_from_slice(pixels);
            }
        }
    }
    (inside, around)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_place_on_a_canvas_gets_the_pixels_of_a_frame_and_nothing_else_changes(
        (width, height) in (8..700u32, 8..400u32),
        (column, columns, top, rows) in (0..5u32, 1..6u32, 0..150u32, 1..150u32),
        sharp: bool,
        seed: u8,
    ) {
        let (canvas_width, canvas_height) = (1280, 720);
        let place = Rect { x: 128 * column, y: 2 * top, width: 128 * columns, height: 2 * rows };
        prop_assert!(is_aligned(place));
        let filter = if sharp { Filter::Sharp } else { Filter::Smooth };
        let (picture, mut canvas) = (noise(width, height, seed), noise(canvas_width, canvas_height, !seed));
        let (_, before) = parted(&canvas, place);

        let mut scalers = Scalers::default();
        let scaled = scalers.scale(&picture, place.width, place.height, filter).unwrap();
        let (whole, _) = parted(scaled, Rect { x: 0, y: 0, ..place });
        Scalers::default().scale_into(&picture, &mut canvas, place, filter).unwrap();
        let (inside, around) = parted(&canvas, place);
        prop_assert!(inside == whole, "other pixels at {place:?}");
        prop_assert!(around == before, "pixels around {place:?} changed");
    }
}

#[test]
fn a_place_that_is_not_on_the_canvas_is_refused() {
    let (picture, mut canvas) = (noise(64, 64, 1), noise(256, 128, 2));
    let before = parted(&canvas, Rect::default());
    for place in [
        Rect { x: 0, y: 0, width: 384, height: 128 },
        Rect { x: 128, y: 2, width: 128, height: 128 },
        Rect { x: 128, y: 1, width: 128, height: 64 },
    ] {
        assert!(Scalers::default().scale_into(&picture, &mut canvas, place, Filter::Smooth).is_err(), "{place:?}");
    }
    assert!(parted(&canvas, Rect::default()) == before);
}

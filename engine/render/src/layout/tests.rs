//! Properties of the geometry, and its numbers on the nominal canvas.

use proptest::prelude::*;

use super::*;

const NOMINAL_SIZES: [(u32, u32); 4] = [(1280, 720), (1920, 1080), (640, 360), (320, 180)];

fn view(layout: Layout, beside_share: BesideShare) -> View {
    View { layout, beside_share }
}

fn gallery(count: usize, canvas: (u32, u32)) -> Vec<Rect> {
    places(view(Layout::GalleryViewV2, BesideShare::Overlap), canvas, false, count).tiles
}

fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
    Rect { x, y, width, height }
}

fn touch(a: Rect, b: Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

#[test]
fn the_numbers_are_those_of_the_reference() {
    let canvas = rect(0, 0, 1280, 720);
    assert_eq!(gallery(1, NOMINAL), [canvas]);
    assert_eq!(gallery(2, NOMINAL), [rect(0, 180, 638, 358), rect(642, 180, 638, 358)]);
    let three = gallery(3, NOMINAL);
    assert_eq!((three[0].x, three[2].x, three[2].y - three[0].y), (2, 322, 362));
    assert_eq!(gallery(26, NOMINAL).len(), 25);
    let placed = |layout, beside_share, tiles| places(view(layout, beside_share), NOMINAL, true, tiles);
    let over = placed(Layout::GalleryView, BesideShare::Overlap, 9);
    assert_eq!(over.screen, Some(canvas));
    assert_eq!(over.tiles, [16, 176, 336, 496].map(|y| rect(1008, y, 256, 144)));
    let beside = placed(Layout::GalleryView, BesideShare::Beside, 9);
    assert_eq!(beside.screen, Some(rect(0, 0, 1024, 720)));
    assert_eq!(beside.tiles, [0, 144, 288, 432, 576].map(|y| rect(1024, y, 256, 144)));
    assert_eq!(placed(Layout::SpeakerView, BesideShare::Beside, 3).tiles, [rect(1024, 0, 256, 144)]);
    assert_eq!(placed(Layout::SpeakerView, BesideShare::Hide, 1), Places { screen: Some(canvas), tiles: vec![] });
}

#[test]
fn the_canvas_of_another_size_has_the_same_picture() {
    let placed = |canvas| places(view(Layout::SpeakerView, BesideShare::Overlap), canvas, true, 1).tiles;
    assert_eq!(placed((1920, 1080)), [rect(1512, 24, 384, 216)]);
    assert_eq!(placed((640, 360)), [rect(504, 8, 128, 72)]);
}

proptest! {
    #[test]
    fn tiles_of_a_grid_are_as_many_as_people_inside_apart_even_and_16_to_9(
        count in 1_usize..=25,
        (width, height) in prop_oneof![
            proptest::sample::select(NOMINAL_SIZES.to_vec()),
            (8_u32..=2048, 8_u32..=1152).prop_map(|(w, h)| (w * 2, h * 2)),
        ],
    ) {
        let tiles = gallery(count, (width, height));
        prop_assert_eq!(tiles.len(), count);
        for (n, tile) in tiles.iter().enumerate() {
            prop_assert!(tile.x + tile.width <= width && tile.y + tile.height <= height, "{:?}", tile);
            prop_assert!([tile.x, tile.y, tile.width, tile.height].iter().all(|edge| edge % 2 == 0), "{:?}", tile);
            let off = i64::from(tile.width * 9) - i64::from(tile.height * 16);
            prop_assert!(off.abs() <= 32, "{:?}", tile);
            prop_assert!(tiles[..n].iter().all(|other| !touch(*tile, *other)));
            prop_assert_eq!((tile.width, tile.height), (tiles[0].width, tiles[0].height));
        }
    }

    #[test]
    fn what_lies_beside_a_screen_is_inside_and_apart(
        count in 0_usize..=30,
        beside_share in proptest::sample::select(BesideShare::ALL.to_vec()),
        layout in proptest::sample::select(Layout::ALL.to_vec()),
        (width, height) in (64_u32..=1024, 36_u32..=576).prop_map(|(w, h)| (w * 2, h * 2)),
    ) {
        let placed = places(view(layout, beside_share), (width, height), true, count);
        let screen = placed.screen.unwrap();
        prop_assert!(screen.x + screen.width <= width && screen.y + screen.height <= height);
        for (n, tile) in placed.tiles.iter().enumerate() {
            prop_assert!(tile.x + tile.width <= width && tile.y + tile.height <= height, "{:?}", tile);
            prop_assert!(placed.tiles[..n].iter().all(|other| !touch(*tile, *other)));
            prop_assert!(beside_share == BesideShare::Overlap || !touch(*tile, screen));
        }
    }
}

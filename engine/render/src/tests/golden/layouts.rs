//! Every layout with every place beside a screen, held against pictures that somebody looked at. `scripts/golden` makes them again.

use std::{fs, path::PathBuf, process::Command};

use model::{BesideShare, Layout, VideoPlan};

use super::super::{
    council::council,
    judge::{Made, make_with, picture_at, picture_times_ms},
};
use crate::{Settings, View, plan};

/// The canvas of the reference pictures.
const SIZE: (usize, usize) = (640, 360);
/// Before the share, while it lasts, and after it, when a camera is off and its owner has the word.
const MOMENTS_MS: [i64; 3] = [2_000, 4_000, 7_000];
/// Of how much likeness a picture has to be at least: encoders of other versions differ by less.
const LIKE: f64 = 0.985;
/// Pictures that differ are less alike than this.
const UNLIKE: f64 = 0.98;

fn made(layout: Layout, beside_share: BesideShare) -> Made {
    let mut meeting = council();
    let timeline = meeting.timeline();
    let choice = plan(&timeline, VideoPlan::Compose, View { layout, beside_share });
    let settings = Settings { canvas_width: SIZE.0 as u32, canvas_height: SIZE.1 as u32, ..Settings::default() };
    make_with(&mut meeting, &timeline, choice, settings)
}

/// With nobody beside a screen all layouts are one picture.
fn reference(layout: Layout, beside_share: BesideShare, at_ms: i64) -> PathBuf {
    let layout = if beside_share == BesideShare::Hide { Layout::SpeakerView } else { layout };
    let name = format!("{}-{}-{at_ms}.png", layout.name(), beside_share.name());
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/layouts").join(name)
}

/// The brightness of every pixel of a reference picture.
fn luma_of(png: &PathBuf) -> Vec<u8> {
    let arguments = ["-pix_fmt", "gray", "-f", "rawvideo", "-"];
    let done = Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(png).args(arguments).output().unwrap();
    assert!(done.status.success(), "{png:?}: {}; scripts/golden makes it", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

/// How alike two pictures are, up to 1: the mean structural similarity (Wang et al. 2004) of blocks of 8x8 pixels.
fn likeness(left: &[u8], right: &[u8]) -> f64 {
    let (width, height) = SIZE;
    assert_eq!((left.len(), right.len()), (width * height, width * height));
    let (c1, c2) = ((0.01_f64 * 255.0).powi(2), (0.03_f64 * 255.0).powi(2));
    let block = |x: usize, y: usize| {
        let pixels = (y..y + 8).flat_map(|y| (x..x + 8).map(move |x| y * width + x));
        let (mut sums, mut squares, mut product) = ([0.0; 2], [0.0; 2], 0.0);
        for at in pixels {
            let (a, b) = (f64::from(left[at]), f64::from(right[at]));
            sums = [sums[0] + a, sums[1] + b];
            squares = [squares[0] + a * a, squares[1] + b * b];
            product += a * b;
        }
        let means = sums.map(|sum| sum / 64.0);
        let variance = |of: usize| squares[of] / 64.0 - means[of] * means[of];
        let covariance = product / 64.0 - means[0] * means[1];
        let structure = (2.0 * covariance + c2) / (variance(0) + variance(1) + c2);
        let brightness = (2.0 * means[0] * means[1] + c1) / (means[0].powi(2) + means[1].powi(2) + c1);
        structure * brightness
    };
    let blocks = (0..height / 8).flat_map(|y| (0..width / 8).map(move |x| (x * 8, y * 8)));
    let each: Vec<f64> = blocks.map(|(x, y)| block(x, y)).collect();
    each.iter().sum::<f64>() / each.len() as f64
}

/// Every layout and place beside a screen, with its moments.
fn views() -> Vec<(Layout, BesideShare, &'static [i64])> {
    let galleries = [Layout::SpeakerView, Layout::GalleryView, Layout::GalleryViewV2];
    let mut views: Vec<(Layout, BesideShare, &'static [i64])> = Vec::new();
    for layout in galleries {
        for beside_share in BesideShare::ALL {
            // Without a share its place makes no difference.
            let moments = if beside_share == BesideShare::Overlap { &MOMENTS_MS[..] } else { &MOMENTS_MS[1..2] };
            views.push((layout, beside_share, moments));
        }
    }
    views.push((Layout::AudioOnly, BesideShare::Overlap, &MOMENTS_MS[1..2]));
    views
}

#[test]
fn every_layout_looks_as_it_was_approved() {
    let writes = super::writes();
    let mut others: Vec<(String, Vec<u8>)> = Vec::new();
    for (layout, beside_share, moments) in views() {
        let made = made(layout, beside_share);
        let times_ms = picture_times_ms(&made.plain);
        for at_ms in moments {
            let path = reference(layout, beside_share, *at_ms);
            let shown = picture_at(&made.plain, &times_ms, *at_ms, &["-pix_fmt", "gray", "-f", "rawvideo"]);
            if writes && !others.iter().any(|(other, _)| path.ends_with(other)) {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(
                    &path,
                    picture_at(
                        &made.plain,
                        &times_ms,
                        *at_ms,
                        &["-pix_fmt", "gray", "-c:v", "png", "-f", "image2pipe"],
                    ),
                )
                .unwrap();
            }
            let like = likeness(&shown, &luma_of(&path));
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(
                like >= LIKE,
                "{name}: {like:.4}; look at it, and if it is right, let scripts/golden make it again"
            );
            // The negative control: no two references are alike.
            for (other, picture) in others.iter().filter(|(other, _)| *other != name) {
                let like = likeness(&shown, picture);
                assert!(like < UNLIKE, "{name} and {other} are alike: {like:.4}");
            }
            others.push((name, shown));
        }
    }
    assert_eq!(others.len(), 16);
}

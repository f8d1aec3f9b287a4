//! Canvas, encoder and decoder together: what goes in as pixels comes out as the same pixels.

use proptest::prelude::*;
use video::h264::NalKind;

use crate::{
    Canvas, EncodedPicture, EncoderConfig, H264Decoder, H264Encoder, Lettering, Picture, PictureError, Plane, Preset,
    Rect,
};

const CONFIG: EncoderConfig = EncoderConfig {
    width: 640,
    height: 360,
    fps_num: 25,
    fps_den: 1,
    preset: Preset::Superfast,
    crf: 18,
    max_bitrate_bps: None,
    keyframe_interval_frames: 50,
    immediate: false,
};

/// A picture of moving bars, decoded from a stream of one key picture: luma is a function of place and `seed`.
fn picture(width: u32, height: u32, seed: u32) -> Picture {
    let stream = encode_all(EncoderConfig { width, height, crf: 1, ..CONFIG }, 1, |canvas, _| paint(canvas, seed));
    decode_all(&stream).pop().expect("a key picture decodes")
}

fn paint(canvas: &mut Canvas, seed: u32) {
    let (width, height) = (canvas.width(), canvas.height());
    canvas.paint_luma(|x, y| {
        let (x, y) = (x * 640 / width, y * 360 / height);
        (40 + ((x + seed * 4) / 4 + y / 2) % 160) as u8
    });
}

fn encode_all(config: EncoderConfig, count: u64, mut draw: impl FnMut(&mut Canvas, u64)) -> Stream {
    let mut canvas = Canvas::new(config.width, config.height).expect("a canvas");
    let mut encoder = H264Encoder::new(config).expect("libx264");
    let mut pictures = Vec::new();
    for index in 0..count {
        draw(&mut canvas, index);
        encoder.encode(&canvas, index, false).expect("a canvas is encoded");
        pictures.extend(std::iter::from_fn(|| encoder.poll()));
    }
    encoder.finish().expect("the end is encoded");
    pictures.extend(std::iter::from_fn(|| encoder.poll()));
    Stream { sets: encoder.parameter_sets().into(), pictures }
}

struct Stream {
    sets: [bytes::Bytes; 2],
    pictures: Vec<EncodedPicture>,
}

impl Stream {
    /// Access units with parameter sets before each key picture, as a meeting platform sends them.
    fn access_units(&self) -> Vec<Vec<u8>> {
        let with_sets = |picture: &EncodedPicture| {
            let mut unit = Vec::new();
            for set in self.sets.iter().filter(|_| picture.key) {
                unit.extend_from_slice(&[0, 0, 0, 1]);
                unit.extend_from_slice(set);
            }
            unit.extend_from_slice(&picture.payload);
            unit
        };
        self.pictures.iter().map(with_sets).collect()
    }
}

fn decode_all(stream: &Stream) -> Vec<Picture> {
    let mut decoder = H264Decoder::new().expect("an H.264 decoder");
    let mut pictures: Vec<Picture> =
        stream.access_units().iter().filter_map(|unit| decoder.decode(unit).expect("our own stream decodes")).collect();
    pictures.extend(decoder.flush());
    pictures
}

fn psnr(left: Plane<'_>, right: Plane<'_>) -> f64 {
    assert_eq!((left.width, left.height), (right.width, right.height));
    let mut squares = 0.0;
    for y in 0..left.height {
        for (&a, &b) in left.row(y).iter().zip(right.row(y)) {
            squares += (f64::from(a) - f64::from(b)).powi(2);
        }
    }
    let mean = squares / f64::from(left.width * left.height);
    10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10()
}

#[test]
fn an_encoded_canvas_decodes_to_the_same_picture_at_once_and_in_order() {
    let mut originals = Vec::new();
    let mut canvas_at = |canvas: &mut Canvas, index: u64| {
        paint(canvas, index as u32);
        let luma = canvas.luma();
        originals.push((0..luma.height).flat_map(|y| luma.row(y).to_vec()).collect::<Vec<u8>>());
    };
    let stream = encode_all(CONFIG, 30, &mut canvas_at);
    let indices: Vec<u64> = stream.pictures.iter().map(|picture| picture.frame_index).collect();
    assert_eq!(indices, (0..30).collect::<Vec<u64>>());

    let mut decoder = H264Decoder::new().unwrap();
    for (unit, original) in stream.access_units().iter().zip(&originals) {
        let picture = decoder.decode(unit).unwrap().expect("each access unit gives its picture at once");
        let plane = Plane { bytes: original, stride_bytes: 640, width: 640, height: 360 };
        assert!(psnr(picture.luma(), plane) > 36.0, "{}", psnr(picture.luma(), plane));
    }
}

#[test]
fn everything_may_be_made_on_one_thread_and_used_on_another() {
    fn movable<T: Send>() {}
    movable::<(Picture, Canvas, H264Decoder, H264Encoder)>();
}

#[test]
fn the_same_canvases_give_the_same_bytes() {
    let once = encode_all(CONFIG, 12, |canvas, index| paint(canvas, index as u32));
    let again = encode_all(CONFIG, 12, |canvas, index| paint(canvas, index as u32));
    assert_eq!(once.pictures, again.pictures);
}

#[test]
fn key_pictures_come_when_forced_and_at_the_interval() {
    let config = EncoderConfig { keyframe_interval_frames: 10, ..CONFIG };
    let canvas = Canvas::new(640, 360).unwrap();
    let mut encoder = H264Encoder::new(config).unwrap();
    for index in 0..25 {
        encoder.encode(&canvas, index, index == 14).unwrap();
    }
    encoder.finish().unwrap();
    let pictures: Vec<EncodedPicture> = std::iter::from_fn(|| encoder.poll()).collect();
    let keys: Vec<u64> = pictures.iter().filter(|picture| picture.key).map(|picture| picture.frame_index).collect();
    assert_eq!(keys, [0, 10, 14, 24]);
    for picture in &pictures {
        let idr = video::h264::nals(&picture.payload).any(|nal| nal.kind == NalKind::Idr);
        assert_eq!(picture.key, idr, "a key picture is an IDR picture, so that decoding may begin there");
    }
}

#[test]
fn parameter_sets_are_single_units_beside_the_stream() {
    let stream = encode_all(CONFIG, 2, |_, _| {});
    let sps = video::h264::Sps::parse(&stream.sets[0]).unwrap();
    assert_eq!((sps.width, sps.height, sps.may_reorder()), (640, 360, false));
    assert_eq!(NalKind::of(stream.sets[1][0]), NalKind::Pps);
    for picture in &stream.pictures {
        let sets = video::h264::nals(&picture.payload).filter(|nal| matches!(nal.kind, NalKind::Sps | NalKind::Pps));
        assert_eq!(sets.count(), 0);
    }
}

#[test]
fn an_unchanged_canvas_costs_few_bytes() {
    let stream = encode_all(CONFIG, 25, |canvas, index| {
        if index == 0 {
            paint(canvas, 0);
        }
    });
    // The first few still sharpen the picture.
    let sizes: Vec<usize> = stream.pictures.iter().map(|picture| picture.payload.len()).collect();
    assert!(sizes[12..].iter().all(|&bytes| bytes * 8 < sizes[0]), "{sizes:?}");
}

#[test]
fn a_bit_rate_limit_is_kept() {
    let limited = EncoderConfig { max_bitrate_bps: Some(300_000), crf: 1, ..CONFIG };
    let stream = encode_all(limited, 100, |canvas, index| paint(canvas, index as u32 * 7));
    let bits: usize = stream.pictures.iter().map(|picture| picture.payload.len() * 8).sum();
    // 4 s at the limit, and the buffer of 2 s.
    assert!(bits < 300_000 * 6 * 11 / 10, "{bits} bits");
}

#[test]
fn pictures_that_shall_come_out_at_once_do_and_the_others_wait_for_the_next() {
    for (immediate, delay) in [(true, 0), (false, 1)] {
        let mut encoder = H264Encoder::new(EncoderConfig { immediate, ..CONFIG }).unwrap();
        let mut canvas = Canvas::new(640, 360).unwrap();
        for index in 0..60_u64 {
            paint(&mut canvas, index as u32);
            encoder.encode(&canvas, index, index == 0).unwrap();
            let came = encoder.poll().map(|picture| picture.frame_index);
            assert_eq!(came, index.checked_sub(delay), "picture {index}");
        }
    }
}

#[test]
fn numbers_that_do_not_grow_and_foreign_sizes_are_refused() {
    let canvas = Canvas::new(640, 360).unwrap();
    let mut encoder = H264Encoder::new(CONFIG).unwrap();
    encoder.encode(&canvas, 5, false).unwrap();
    assert!(matches!(encoder.encode(&canvas, 5, false), Err(PictureError::OutOfOrder { .. })));
    let other = Canvas::new(320, 180).unwrap();
    assert!(matches!(encoder.encode(&other, 6, false), Err(PictureError::CanvasMismatch { .. })));
    encoder.encode(&canvas, 9, false).unwrap();
    assert!(matches!(Canvas::new(641, 360), Err(PictureError::CanvasSize { .. })));
    assert!(matches!(Canvas::new(1 << 31, 360), Err(PictureError::CanvasSize { .. })));
    assert!(matches!(
        H264Encoder::new(EncoderConfig { fps_den: 0, ..CONFIG }),
        Err(PictureError::EncoderSetting { .. })
    ));
}

#[test]
fn a_portrait_picture_is_drawn_between_black_bars_and_not_stretched() {
    let mut canvas = Canvas::new(1280, 720).unwrap();
    paint(&mut canvas, 9);
    canvas.draw_fitted(&picture(180, 320, 1), Rect { x: 0, y: 0, width: 1280, height: 720 }).unwrap();
    let luma = canvas.luma();
    for y in [0, 359, 719] {
        let row = luma.row(y);
        assert!(row[..436].iter().chain(&row[842..]).all(|&pixel| pixel == 16), "bars in row {y}");
        assert!(row[436..842].iter().all(|&pixel| pixel > 24), "picture in row {y}");
    }
    let [blue, red] = canvas.chroma();
    assert_eq!((blue.row(180)[100], red.row(180)[100]), (128, 128));
}

#[test]
fn a_picture_of_the_canvas_size_is_drawn_as_it_is() {
    let original = picture(640, 360, 3);
    let mut canvas = Canvas::new(640, 360).unwrap();
    canvas.draw_fitted(&original, Rect { x: 0, y: 0, width: 640, height: 360 }).unwrap();
    assert_eq!((0..360).find(|&y| canvas.luma().row(y) != original.luma().row(y)), None);
    assert_eq!(canvas.chroma()[1].row(179), original.chroma()[1].row(179));
}

#[test]
fn what_lies_outside_an_area_stays_as_it_was() {
    let mut canvas = Canvas::new(640, 360).unwrap();
    paint(&mut canvas, 0);
    let before: Vec<u8> = canvas.luma().row(50)[..320].to_vec();
    canvas.draw_fitted(&picture(160, 90, 2), Rect { x: 321, y: 0, width: 9_999, height: u32::MAX }).unwrap();
    assert_eq!(&canvas.luma().row(50)[..320], &before[..]);
    assert_eq!(canvas.luma().row(0)[322], 16, "above the picture the area is black");
    canvas.draw_fitted(&picture(160, 90, 2), Rect { x: 700, y: 0, width: 10, height: 10 }).unwrap();
}

#[test]
fn a_stream_may_change_its_size() {
    let mut decoder = H264Decoder::new().unwrap();
    let mut canvas = Canvas::new(1280, 720).unwrap();
    let sizes = [(640, 360), (320, 180), (180, 320), (640, 360)];
    for (width, height) in sizes {
        let stream =
            encode_all(EncoderConfig { width, height, ..CONFIG }, 5, |canvas, index| paint(canvas, index as u32));
        for unit in stream.access_units() {
            let picture = decoder.decode(&unit).unwrap().expect("a picture at once");
            assert_eq!((picture.width(), picture.height()), (width, height));
            canvas.draw_fitted(&picture, Rect { x: 0, y: 0, width: 1280, height: 720 }).unwrap();
        }
    }
}

#[test]
fn a_hundred_pictures_pass_from_stream_to_stream() {
    let source = encode_all(EncoderConfig { width: 320, height: 180, ..CONFIG }, 100, |canvas, index| {
        paint(canvas, index as u32)
    });
    let pictures = decode_all(&source);
    assert_eq!(pictures.len(), 100);
    let composed = encode_all(CONFIG, 100, |canvas, index| {
        canvas.draw_fitted(&pictures[index as usize], Rect { x: 0, y: 0, width: 640, height: 360 }).unwrap();
    });
    let last = decode_all(&composed);
    assert_eq!(last.len(), 100);
    let mut expected = Canvas::new(640, 360).unwrap();
    expected.draw_fitted(&pictures[99], Rect { x: 0, y: 0, width: 640, height: 360 }).unwrap();
    assert!(psnr(last[99].luma(), expected.luma()) > 34.0);
}

#[test]
fn decoding_begins_at_a_key_picture_and_a_reset_waits_for_the_next() {
    let stream = encode_all(EncoderConfig { keyframe_interval_frames: 8, ..CONFIG }, 20, |canvas, index| {
        paint(canvas, index as u32)
    });
    let units = stream.access_units();
    let mut decoder = H264Decoder::new().unwrap();
    let early: usize = units[1..8].iter().filter(|unit| matches!(decoder.decode(unit), Ok(Some(_)))).count();
    assert_eq!(early, 0);
    assert!(decoder.decode(&units[8]).unwrap().is_some());
    decoder.reset();
    assert!(!matches!(decoder.decode(&units[9]), Ok(Some(_))));
    assert!(decoder.decode(&units[16]).unwrap().is_some());
}

#[test]
fn a_decoder_takes_a_new_stream_after_a_flush() {
    let stream = encode_all(CONFIG, 3, |_, _| {});
    let mut decoder = H264Decoder::new().unwrap();
    for _ in 0..2 {
        for unit in stream.access_units() {
            assert!(decoder.decode(&unit).unwrap().is_some());
        }
        assert!(decoder.flush().is_empty());
    }
}

#[test]
fn empty_and_oversized_access_units_are_refused() {
    let mut decoder = H264Decoder::new().unwrap();
    assert!(matches!(decoder.decode(&[]), Err(PictureError::EmptyFrame)));
    assert!(matches!(decoder.decode(&vec![0; 9 << 20]), Err(PictureError::FrameTooLong { .. })));
}

#[test]
fn a_picture_beyond_the_limit_is_refused_by_its_parameter_set() {
    // High profile, level 5.2, 8192x4320.
    let mut bits = Bits::default();
    bits.put(100, 8).put(0, 8).put(52, 8).ue(0).ue(1).ue(0).ue(0).put(0, 2).ue(0).ue(2).ue(1).put(0, 1);
    bits.ue(8192 / 16 - 1).ue(4320 / 16 - 1).put(0b1100, 4).put(1, 1);
    let unit = [&[0, 0, 0, 1, 0x67][..], &bits.0.chunks(8).map(byte).collect::<Vec<u8>>()].concat();
    let mut decoder = H264Decoder::new().unwrap();
    assert!(matches!(decoder.decode(&unit), Err(PictureError::TooLarge { width: 8192, .. })));
}

#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(&mut self, value: u32, bits: u32) -> &mut Self {
        self.0.extend((0..bits).rev().map(|bit| value >> bit & 1 == 1));
        self
    }

    fn ue(&mut self, value: u32) -> &mut Self {
        let length = 32 - (value + 1).leading_zeros();
        self.put(0, length - 1).put(value + 1, length)
    }
}

fn byte(bits: &[bool]) -> u8 {
    bits.iter().enumerate().fold(0, |byte, (at, &bit)| byte | u8::from(bit) << (7 - at))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn damaged_access_units_neither_panic_nor_stop_the_decoder(
        flips in prop::collection::vec((0..12usize, any::<prop::sample::Index>(), any::<u8>()), 1..40),
        cuts in prop::collection::vec((1..12usize, any::<prop::sample::Index>()), 0..4),
    ) {
        let small = EncoderConfig { width: 160, height: 96, ..CONFIG };
        let stream = encode_all(small, 12, |canvas, index| paint(canvas, index as u32 * 5));
        let good = stream.access_units();
        let mut units = good.clone();
        for (unit, at, value) in flips {
            let at = at.index(units[unit].len());
            units[unit][at] = value;
        }
        for (unit, at) in cuts {
            let at = at.index(units[unit].len());
            units[unit].truncate(at);
        }
        let mut canvas = Canvas::new(160, 96).unwrap();
        let mut decoder = H264Decoder::new().unwrap();
        for unit in &units {
            if let Ok(Some(picture)) = decoder.decode(unit) {
                canvas.draw_fitted(&picture, Rect { x: 0, y: 0, width: 160, height: 96 }).unwrap();
            }
        }
        decoder.reset();
        prop_assert!(decoder.decode(&good[0]).unwrap().is_some(), "the next key picture decodes");
    }

    #[test]
    fn any_bytes_are_no_stream(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut decoder = H264Decoder::new().unwrap();
        let unit = [&[0, 0, 0, 1, 0x67][..], &bytes].concat();
        prop_assert!(!matches!(decoder.decode(&unit), Ok(Some(_))));
    }
}

/// Whether the canvas is still as it was painted everywhere but in `area`.
fn is_untouched_around(canvas: &Canvas, area: Rect, luma: impl Fn(u32, u32) -> u8) -> bool {
    let within = |x: u32, y: u32, shift: u32| {
        let (left, top) = (area.x >> shift, area.y >> shift);
        (left..left + (area.width >> shift)).contains(&x) && (top..top + (area.height >> shift)).contains(&y)
    };
    let holds = |plane: Plane<'_>, shift: u32, expected: &dyn Fn(u32, u32) -> u8| {
        (0..plane.height)
            .all(|y| (0..).zip(plane.row(y)).all(|(x, pixel)| within(x, y, shift) || *pixel == expected(x, y)))
    };
    let [blue, red] = canvas.chroma();
    holds(canvas.luma(), 0, &luma) && holds(blue, 1, &|_, _| 128) && holds(red, 1, &|_, _| 128)
}

#[test]
fn a_card_is_dark_grey_with_a_white_name_and_plain_without_one() {
    let mut canvas = Canvas::new(640, 360).expect("a canvas");
    let mut lettering = Lettering::new().expect("fonts");
    let area = Rect { x: 320, y: 0, width: 320, height: 180 };
    let lumas = |canvas: &Canvas| -> Vec<u8> { (0..180).flat_map(|y| canvas.luma().row(y)[320..].to_vec()).collect() };

    canvas.draw_name(&mut lettering, "Ada Lovelace", area).expect("a card");
    let drawn = lumas(&canvas);
    assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&48), Some(&235)));
    assert!(drawn.iter().any(|luma| (60..220).contains(luma)), "its edges are smooth");
    assert!(canvas.chroma().iter().all(|plane| (0..180).all(|y| plane.row(y).iter().all(|pixel| *pixel == 128))));
    assert!(is_untouched_around(&canvas, area, |_, _| 16));

    canvas.draw_name(&mut lettering, "", area).expect("a card");
    assert!(lumas(&canvas).iter().all(|luma| *luma == 48));
}

#[test]
fn a_card_covers_what_was_there() {
    let mut lettering = Lettering::new().expect("fonts");
    let area = Rect { x: 0, y: 0, width: 640, height: 360 };
    let mut fresh = Canvas::new(640, 360).expect("a canvas");
    fresh.draw_name(&mut lettering, "Ada", area).expect("a card");
    let mut used = Canvas::new(640, 360).expect("a canvas");
    used.draw_fitted(&picture(640, 360, 3), area).expect("a picture");
    used.draw_name(&mut lettering, "Ada", area).expect("a card");
    assert!(fresh.luma().bytes == used.luma().bytes);
    assert!(fresh.chroma()[0].bytes == used.chroma()[0].bytes);
}

proptest! {
    #[test]
    fn a_name_never_touches_what_is_around_its_area(
        name in ".{0,40}|[W\u{301}\u{fdfd}\u{5d0} ]{0,60}",
        (x, y, width, height) in (0..400_u32, 0..300_u32, 0..500_u32, 0..400_u32),
    ) {
        let guard = |x: u32, y: u32| (x * 7 + y * 13) as u8;
        let mut canvas = Canvas::new(320, 240).expect("a canvas");
        canvas.paint_luma(guard);
        let mut lettering = Lettering::new().expect("fonts");
        let area = Rect { x, y, width, height };
        canvas.draw_name(&mut lettering, &name, area).expect("a card");
        let inside = area.within(320, 240).even();
        prop_assert!(is_untouched_around(&canvas, inside, guard));
    }
}

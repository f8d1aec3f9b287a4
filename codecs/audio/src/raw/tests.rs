//! What comes out is what went in, at its place, at a third of the rate.

use super::*;

fn tone(hz: f32, samples: usize, rate_hz: f32) -> Vec<f32> {
    (0..samples).map(|n| (n as f32 * std::f32::consts::TAU * hz / rate_hz).sin() * 0.5).collect()
}

fn encoded(sound: &[f32], total_samples: u64) -> Vec<i16> {
    let mut encoder = RawEncoder::new(total_samples).unwrap();
    let mut out = Vec::new();
    for chunk in sound.chunks(960) {
        let mut block = Block::silence();
        block.0[..chunk.len()].copy_from_slice(chunk);
        encoder.push(&block, &mut out);
    }
    encoder.finish(&mut out);
    out.as_chunks::<2>().0.iter().map(|bytes| i16::from_le_bytes(*bytes)).collect()
}

#[test]
fn a_tone_keeps_its_place_and_loudness() {
    let out = encoded(&tone(440.0, 48_000, 48_000.0), 48_000);
    let expected = tone(440.0, 16_000, 16_000.0);
    assert_eq!(out.len(), 16_000);
    for (n, (sample, expected)) in out.iter().zip(&expected).enumerate().skip(320).take(15_360) {
        assert!((f32::from(*sample) / 32_768.0 - expected).abs() < 0.001, "sample {n}");
    }
}

#[test]
fn the_length_is_that_of_the_sound_and_not_of_its_last_block() {
    for total_ms in [1, 19, 20, 21, 999, 1_003] {
        let samples = total_ms * 48;
        assert_eq!(encoded(&tone(300.0, samples, 48_000.0), samples as u64).len(), total_ms * 16, "{total_ms} ms");
    }
}

#[test]
fn what_is_louder_than_full_scale_does_not_wrap() {
    let square: Vec<f32> = (0..9_600).map(|n| if n / 240 % 2 == 0 { 1.0 } else { -1.0 }).collect();
    let out = encoded(&square, 9_600);
    // The filter overshoots at every edge; a sample that wrapped would have the wrong sign in the middle of a half-wave.
    for half in 1..39 {
        let middle = out[half * 80 + 40];
        assert_eq!(middle > 0, half % 2 == 0, "half-wave {half}: {middle}");
    }
    assert_eq!(out.iter().max(), Some(&i16::MAX));
}

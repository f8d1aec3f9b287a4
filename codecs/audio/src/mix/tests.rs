//! The sum is exact, the limiter invisible until it is needed, and memory bounded.

use proptest::prelude::*;

use super::*;

/// A tone in steps of 16 bits, as L16 has them: their sums are exact in `f32`.
fn tone(hz: f32, amplitude: f32, samples: usize) -> Vec<f32> {
    let sample = |n: usize| (n as f32 * std::f32::consts::TAU * hz / 48_000.0).sin() * amplitude;
    (0..samples).map(|n| (sample(n) * 32_768.0).round() / 32_768.0).collect()
}

fn pull(mixer: &mut Mixer, blocks: usize) -> Vec<f32> {
    let mut block = Block::silence();
    (0..blocks)
        .flat_map(|_| {
            mixer.pull(&mut block);
            block.0.to_vec()
        })
        .collect()
}

#[test]
fn a_single_voice_passes_bit_by_bit_to_the_sample_where_it_was_added() {
    let voice = tone(440.0, 0.9, 5_000);
    let mut mixer = Mixer::new();
    mixer.add(1_234, &voice);
    let out = pull(&mut mixer, 8);
    assert!(out[..1_234].iter().chain(&out[6_234..]).all(|&sample| sample == 0.0));
    assert_eq!(&out[1_234..6_234], &voice[..]);
}

#[test]
fn everything_may_be_made_on_one_thread_and_used_on_another() {
    fn movable<T: Send>() {}
    movable::<(Mixer, crate::Decoder)>();
    #[cfg(feature = "ffmpeg")]
    movable::<crate::AacEncoder>();
}

#[test]
fn voices_add_up_exactly() {
    let (low, high, third) = (tone(200.0, 0.3, 9_600), tone(1_900.0, 0.3, 9_600), tone(777.0, 0.3, 4_800));
    let mut mixer = Mixer::new();
    mixer.add(0, &low);
    mixer.add(0, &high);
    mixer.add(4_800, &third);
    let out = pull(&mut mixer, 10);
    for (n, &sample) in out.iter().enumerate() {
        let late = n.checked_sub(4_800).map_or(0.0, |n| f64::from(third[n]));
        let sum = f64::from(low[n]) + f64::from(high[n]) + late;
        assert_eq!(sample, sum as f32, "sample {n}");
    }
}

#[test]
fn sixty_four_loud_voices_do_not_clip() {
    let mut mixer = Mixer::new();
    for speaker in 0..64 {
        mixer.add(0, &tone(150.0 + 13.0 * speaker as f32, 1.0, 48_000));
    }
    let out = pull(&mut mixer, 50);
    let peak = out.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    assert!((0.5..=1.0).contains(&peak), "{peak}");
}

/// Between samples too, as a converter plays them.
#[test]
fn the_true_peak_of_sixty_four_loud_voices_in_16_bits_stays_below_full_scale() {
    let mut mixer = Mixer::new();
    for speaker in 0..64 {
        // Voices come and go.
        mixer.add(4_800 * (speaker % 9), &tone(150.0 + 37.0 * speaker as f32, 1.0, 30_000 + 700 * speaker as usize));
    }
    let mut meter = crate::LoudnessMeter::new();
    let mut block = Block::silence();
    for _ in 0..100 {
        mixer.pull(&mut block);
        block.0.iter_mut().for_each(|sample| *sample = (*sample * 32_767.0).round() / 32_768.0);
        meter.push(&block);
    }
    let peak_dbtp = meter.loudness().unwrap().true_peak_dbtp;
    assert!((-6.0..=0.0).contains(&peak_dbtp), "{peak_dbtp} dBTP");
}

#[test]
fn after_a_loud_moment_the_limiter_lets_go_completely() {
    let quiet = tone(300.0, 0.2, 96_000);
    let mut mixer = Mixer::new();
    mixer.add(0, &quiet);
    mixer.add(9_600, &tone(300.0, 2.0, 4_800));
    let out = pull(&mut mixer, 100);
    assert_eq!(&out[..9_600], &quiet[..9_600], "before");
    assert_eq!(&out[28_800..], &quiet[28_800..], "300 ms after");
    assert!(out.iter().all(|sample| sample.abs() <= 1.0));
}

#[test]
fn a_limited_tone_keeps_its_place() {
    let mut mixer = Mixer::new();
    let loud = tone(500.0, 1.5, 19_200);
    mixer.add(0, &loud);
    let out = pull(&mut mixer, 20);
    let match_at = |shift: usize| (9_600..14_400).map(|n| f64::from(loud[n]) * f64::from(out[n + shift])).sum::<f64>();
    assert_eq!((0..96).max_by(|&a, &b| match_at(a).total_cmp(&match_at(b))), Some(0));
}

#[test]
fn what_comes_late_is_left_out_and_counted() {
    let mut mixer = Mixer::new();
    pull(&mut mixer, 1);
    mixer.add(900, &[0.5; 100]);
    mixer.add(0, &[0.5; 10]);
    assert_eq!((mixer.late_samples(), mixer.pulled_samples()), (70, 960));
    let out = pull(&mut mixer, 1);
    assert!(out[..40].iter().all(|&sample| sample == 0.5) && out[40] == 0.0);
}

#[test]
fn what_lies_too_far_ahead_is_refused_and_counted() {
    let mut mixer = Mixer::new();
    mixer.add(HORIZON_SAMPLES - 10, &[0.5; 100]);
    mixer.add(u64::MAX, &[0.5; 7]);
    assert_eq!(mixer.refused_samples(), 97);
    assert!(mixer.ahead.len() as u64 <= HORIZON_SAMPLES / BLOCK_SAMPLES);
    assert_eq!(mixer.ahead.iter().flatten().count(), 1, "silence takes no memory");
}

#[test]
fn samples_that_are_not_numbers_do_not_spoil_the_mix() {
    let mut mixer = Mixer::new();
    mixer.add(0, &[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.25]);
    mixer.add(0, &[0.5; 4]);
    let out = pull(&mut mixer, 1);
    assert!(out.iter().all(|sample| sample.abs() <= 1.0));
}

proptest! {
    #[test]
    fn the_mix_depends_neither_on_the_order_nor_on_the_pieces(
        voices in prop::collection::vec((0..4_000_u64, prop::collection::vec(-1.2..1.2_f32, 1..2_000)), 1..6),
        piece in 1..700_usize,
    ) {
        let mut whole = Mixer::new();
        for (start, samples) in &voices {
            whole.add(*start, samples);
        }
        let mut pieces = Mixer::new();
        for (start, samples) in voices.iter().rev() {
            for (index, part) in samples.chunks(piece).enumerate() {
                pieces.add(start + (index * piece) as u64, part);
            }
        }
        prop_assert_eq!(pull(&mut whole, 8), pull(&mut pieces, 8));
    }

    #[test]
    fn no_sum_leaves_full_scale(levels in prop::collection::vec(-40.0..40.0_f32, 1..40), at in 0..2_000_u64) {
        let mut mixer = Mixer::new();
        for level in levels {
            mixer.add(at, &tone(100.0 * level.abs() + 50.0, level, 1_500));
        }
        prop_assert!(pull(&mut mixer, 5).iter().all(|sample| sample.abs() <= 1.0));
    }
}

//! Figures that the standard gives, those that `ebur128` measures, and silence that costs nothing.

use ebur128::{EbuR128, Mode};
use proptest::prelude::*;

use super::*;

fn tone(level_dbfs: f32, blocks: usize) -> Vec<Block> {
    let amplitude = 10_f32.powf(level_dbfs / 20.0);
    let sample = |n: usize| (n as f32 * std::f32::consts::TAU / 48.0).sin() * amplitude;
    (0..blocks).map(|block| Block(Box::new(std::array::from_fn(|n| sample((block * 960 + n) % 48))))).collect()
}

fn measured(blocks: impl IntoIterator<Item = Block>) -> LoudnessMeter {
    let mut meter = LoudnessMeter::new();
    blocks.into_iter().for_each(|block| meter.push(&block));
    meter
}

/// BS.1770-4: 1 kHz in one channel at full scale measures -3.01 LUFS.
#[test]
fn a_tone_of_1_khz_measures_what_the_standard_says() {
    let loudness = measured(tone(-20.0, 500)).loudness().unwrap();
    assert!((loudness.integrated_lufs + 23.0).abs() < 0.1, "{loudness:?}");
    assert!(loudness.range_lu < 0.1, "{loudness:?}");
    assert!((loudness.true_peak_dbtp + 20.0).abs() < 0.1, "{loudness:?}");
}

/// EBU Tech 3342, test 1: two tones 10 LU apart.
#[test]
fn the_range_of_two_levels_is_their_distance() {
    let loudness = measured(tone(-20.0, 1_000).into_iter().chain(tone(-30.0, 1_000))).loudness().unwrap();
    assert!((loudness.range_lu - 10.0).abs() <= 1.0, "{loudness:?}");
}

#[test]
fn silence_has_no_loudness() {
    assert_eq!(LoudnessMeter::new().loudness(), None);
    assert_eq!(measured((0..500).map(|_| Block::silence())).loudness(), None);
}

#[test]
fn silence_that_is_left_out_changes_no_figure() {
    for pause in [10, 250, 251, 299, 300, 301, 1_007] {
        let programme = || {
            let silence = (0..pause).map(|_| Block::silence());
            tone(-18.0, 137).into_iter().chain(silence).chain(tone(-26.0, 411))
        };
        let mut whole = LoudnessMeter::new();
        programme().for_each(|block| whole.measure(&block));
        assert_eq!(measured(programme()).loudness(), whole.loudness(), "{pause} silent blocks");
    }
}

/// The negative control: silence that is left out in other steps moves the windows.
#[test]
fn silence_that_counts_is_not_left_out() {
    let with = |pause: usize| {
        let silence = (0..pause).map(|_| Block::silence());
        measured(tone(-18.0, 137).into_iter().chain(silence).chain(tone(-26.0, 411))).loudness()
    };
    assert_ne!(with(10), with(0));
}

/// What `ebur128` measures of the same blocks.
fn judged(blocks: &[Block]) -> Option<Loudness> {
    let mode = Mode::I | Mode::LRA | Mode::TRUE_PEAK | Mode::HISTOGRAM;
    let mut judge = EbuR128::new(1, SampleRate::HZ_48000.hz(), mode).unwrap();
    blocks.iter().for_each(|block| judge.add_frames_f32(&block.0[..]).unwrap());
    let integrated_lufs = judge.loudness_global().ok().filter(|lufs| lufs.is_finite())?;
    let true_peak_dbtp = 20.0 * judge.true_peak(0).unwrap().log10();
    Some(Loudness { integrated_lufs, range_lu: judge.loudness_range().unwrap(), true_peak_dbtp })
}

/// Noise whose level changes each 20 ms, by levels in dB.
fn noise(levels_dbfs: &[f32]) -> Vec<Block> {
    let mut state = 1_u32;
    let mut sample = |amplitude: f32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state as i32 as f32 / i32::MAX as f32) * amplitude
    };
    let block = |level: &f32| Block(Box::new(std::array::from_fn(|_| sample(10_f32.powf(level / 20.0)))));
    levels_dbfs.iter().map(block).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The peak to the last bit; the rest but for windows that lie on the border of two bins of a tenth of a unit.
    #[test]
    fn every_figure_is_what_another_meter_finds(
        spans in prop::collection::vec((-90.0..0.0_f32, 1..60_usize), 1..12),
        wave_dbfs in -60.0..0.0_f32,
    ) {
        let levels: Vec<f32> = spans.iter().flat_map(|(level, blocks)| vec![*level; *blocks]).collect();
        let blocks: Vec<Block> = noise(&levels).into_iter().chain(tone(wave_dbfs, 70)).chain(noise(&levels)).collect();
        match (measured(blocks.clone()).loudness(), judged(&blocks)) {
            (Some(found), Some(judged)) => {
                prop_assert_eq!(found.true_peak_dbtp, judged.true_peak_dbtp);
                prop_assert!((found.integrated_lufs - judged.integrated_lufs).abs() < 0.01, "{:?} {:?}", found, judged);
                prop_assert!((found.range_lu - judged.range_lu).abs() < 0.101, "{:?} {:?}", found, judged);
            }
            (found, judged) => prop_assert_eq!(found, judged),
        }
    }

    #[test]
    fn the_highest_peak_is_found_wherever_it_lies(
        places in prop::collection::vec((0..30 * 960_usize, 1..14_usize, -1.0..1.0_f32), 1..40),
    ) {
        let mut samples = vec![0.0; 31 * 960];
        for (place, run, level) in places {
            // Turning from sample to sample, which is highest between two of them where it begins or ends.
            (0..run).for_each(|n| samples[place + n] = if n % 2 == 0 { level } else { -level });
        }
        let block = |samples: &[f32]| Block(Box::new(samples.try_into().unwrap()));
        let blocks: Vec<Block> = samples.chunks(960).map(block).collect();
        let mut found = TruePeak::new();
        blocks.iter().for_each(|block| found.push(block));
        let mut judge = EbuR128::new(1, SampleRate::HZ_48000.hz(), Mode::TRUE_PEAK).unwrap();
        blocks.iter().for_each(|block| judge.add_frames_f32(&block.0[..]).unwrap());
        prop_assert_eq!(found.highest(), judge.true_peak(0).unwrap());
    }
}

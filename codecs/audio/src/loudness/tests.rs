//! Figures that the standard gives, and silence that costs nothing.

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

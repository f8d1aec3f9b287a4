//! Adding up voices: a second of sound that was decoded already.

use std::hint::black_box;

use audio::Mixer;
use divan::Bencher;
use fixtures::pack;
use media::Block;

use crate::work::Work;

const RATE_HZ: u32 = 48_000;
const BLOCKS: usize = 50;
const BLOCK_SAMPLES: usize = 960;

#[divan::bench(args = [1, 4, 16])]
fn voices(bencher: Bencher<'_, '_>, voices: usize) {
    second_of(voices).time(bencher);
}

/// A second in which so many people speak at once, each block by block.
pub(crate) fn second_of(voices: usize) -> Work {
    let sounds: Vec<Vec<f32>> = pack().sentences.iter().cycle().take(voices).map(|said| second(&said.sound)).collect();
    let (mut mixer, mut block) = (Mixer::new(), Block::silence());
    let samples = voices * BLOCKS * BLOCK_SAMPLES;
    Work::new(samples, samples * size_of::<f32>(), move || {
        for nth in 0..BLOCKS {
            let start_sample = mixer.pulled_samples();
            for sound in &sounds {
                mixer.add(start_sample, black_box(&sound[nth * BLOCK_SAMPLES..(nth + 1) * BLOCK_SAMPLES]));
            }
            mixer.pull(&mut block);
            black_box(&block);
        }
    })
}

/// The first second of somebody's sound.
fn second(sound: &fixtures::Sound) -> Vec<f32> {
    let slots = (0..BLOCKS).map(|slot| sound.slot_samples(slot % sound.slots(), RATE_HZ));
    slots.flatten().map(|sample| f32::from(sample) / 32_768.0).collect()
}

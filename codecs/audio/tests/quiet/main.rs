//! What a muted hour costs: no sum, and not one call of the allocator.

mod meter;

use audio::{LoudnessMeter, Mixer};
use media::Block;

const HOUR_BLOCKS: usize = 50 * 3_600;

/// Somebody speaks for a second now and then.
fn speak(mixer: &mut Mixer, samples: &[f32]) {
    for packet in samples.chunks(960) {
        mixer.add(mixer.pulled_samples(), packet);
    }
}

#[test]
fn a_muted_hour_is_neither_summed_nor_allocated() {
    let (mut mixer, mut meter, mut block) = (Mixer::new(), LoudnessMeter::new(), Block::silence());
    let second = vec![0.25; 48_000];
    speak(&mut mixer, &second);
    let summed = mixer.summed_samples();
    assert_eq!(summed, 48_000);
    for _ in 0..50 {
        mixer.pull(&mut block);
        meter.push(&block);
    }
    let before = meter::calls();
    for _ in 0..HOUR_BLOCKS {
        mixer.pull(&mut block);
        meter.push(&block);
        assert!(block.0.iter().all(|sample| *sample == 0.0));
    }
    assert_eq!(meter::calls() - before, 0);
    assert_eq!(mixer.summed_samples(), summed);
    // The negative control: what is spoken is summed, and what was used before is used again.
    let before = meter::calls();
    speak(&mut mixer, &second[..960]);
    mixer.pull(&mut block);
    assert_eq!((mixer.summed_samples() - summed, meter::calls() - before), (960, 0));
    drop(std::hint::black_box(Block::silence()));
    assert_eq!(meter::calls() - before, 1, "the allocator is counted");
}

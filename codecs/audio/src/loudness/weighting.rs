//! What a listener hears of a programme, as power (the K-weighting of ITU-R BS.1770-4, annex 1).

use media::Block;

/// The coefficients of the standard's tables for 48 kHz: a head in the sound, and how little is heard of deep sound. The first of the
/// poles is left out, it is 1.
const HEAD_ZEROS: [f64; 3] = [1.535_124_859_586_97, -2.691_696_189_406_38, 1.198_392_810_852_85];
const HEAD_POLES: [f64; 2] = [-1.690_659_293_182_41, 0.732_480_774_215_85];
const DEEP_ZEROS: [f64; 3] = [1.0, -2.0, 1.0];
const DEEP_POLES: [f64; 2] = [-1.990_047_454_833_98, 0.990_072_250_366_21];

/// Below this a filter's state is as good as zero. Numbers that are too small for a processor's usual arithmetic are slow, and a
/// silence would end in them.
const NEGLIGIBLE: f64 = 1e-200;

/// Weights a programme with two filters of two poles.
pub(super) struct Weighting {
    /// What lies one and two samples back in each.
    head: [f64; 2],
    deep: [f64; 2],
}

impl Weighting {
    pub(super) const fn new() -> Self {
        Self { head: [0.0; 2], deep: [0.0; 2] }
    }

    /// The sum of the squares of the next 20 ms as they are heard.
    pub(super) fn energy(&mut self, block: &Block) -> f64 {
        let mut energy = 0.0;
        for sample in &block.0[..] {
            let sample = next(f64::from(*sample), HEAD_ZEROS, HEAD_POLES, &mut self.head);
            let sample = next(sample, DEEP_ZEROS, DEEP_POLES, &mut self.deep);
            energy += sample * sample;
        }
        for state in self.head.iter_mut().chain(&mut self.deep) {
            if state.abs() < NEGLIGIBLE {
                *state = 0.0;
            }
        }
        energy
    }
}

/// The next sample behind a filter.
#[inline(always)]
fn next(sample: f64, zeros: [f64; 3], poles: [f64; 2], state: &mut [f64; 2]) -> f64 {
    let [one, two] = *state;
    // In this order only one product and one difference wait for the sample before, which is what takes the time.
    let now = (sample - poles[1] * two) - poles[0] * one;
    *state = [now, one];
    zeros[0] * now + (zeros[1] * one + zeros[2] * two)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_ends_in_nothing() {
        let mut weighting = Weighting::new();
        assert!(weighting.energy(&Block(Box::new([0.5; 960]))) > 0.0);
        let energies: Vec<f64> = (0..400).map(|_| weighting.energy(&Block::silence())).collect();
        assert!(energies[50] > 0.0 && energies[399] == 0.0);
        assert_eq!((weighting.head, weighting.deep), ([0.0; 2], [0.0; 2]));
    }
}

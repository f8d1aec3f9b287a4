//! What voices add up to in 20 ms, exactly and in any order. When a block is added to or taken is decided in `super`.

use media::Block;

const BLOCK_SAMPLES: usize = 960;
/// Voices are summed as integers of 2^-48, so that the sum does not depend on their order.
const SCALE: f64 = (1_u64 << 48) as f64;
/// What one voice may contribute: far above full scale, and 2^12 of them fit into the sum.
const LOUDEST: f32 = 8.0;
/// How often something may be added before a sum could leave the integers.
const FITTING_PIECES: u32 = (1 << 12) - 1;
/// The middle of the numbers from 16 to 32, whose last bit is 2^-48.
const MIDDLE: f64 = 24.0;

/// The sums of one block.
pub(super) struct Sums {
    samples: Box<[i64; BLOCK_SAMPLES]>,
    /// How often something was added.
    pieces: u32,
}

impl Sums {
    pub(super) fn new() -> Self {
        Self { samples: Box::new([0; BLOCK_SAMPLES]), pieces: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.samples.fill(0);
        self.pieces = 0;
    }

    /// Adds `piece`, its first sample at `offset`.
    pub(super) fn add(&mut self, offset: usize, piece: &[f32]) {
        self.pieces = self.pieces.saturating_add(1);
        let sums = self.samples[offset..].iter_mut().zip(piece);
        // Where no sum can be too large none is asked whether it is, and several are made at once.
        if self.pieces <= FITTING_PIECES {
            sums.for_each(|(sum, &sample)| *sum = sum.wrapping_add(scaled(sample)));
        } else {
            sums.for_each(|(sum, &sample)| *sum = sum.saturating_add(scaled(sample)));
        }
    }

    /// Puts the sums into `block`, each rounded once.
    pub(super) fn round(&self, block: &mut Block) {
        for (sample, &sum) in block.0.iter_mut().zip(self.samples.iter()) {
            *sample = (float(sum) / SCALE) as f32;
        }
    }
}

/// A sample as an integer of 2^-48, rounded to the nearest even one; 0 for what is not a number.
///
/// What is added to a number between 16 and 32 is rounded to the last bit that those have, and no sample leads out of them: no
/// instruction of every x86-64 rounds, and a call for each sample costs more than all else here.
#[inline]
fn scaled(sample: f32) -> i64 {
    let sample = if sample.is_nan() { 0.0 } else { sample.clamp(-LOUDEST, LOUDEST) };
    ((f64::from(sample) + MIDDLE).to_bits() as i64).wrapping_sub(MIDDLE.to_bits() as i64)
}

/// The same as `sum as f64`, of several at once where there are several: every x86-64 converts integers of 64 bits only one at a time.
///
/// Each half is put where a number of that size has its last bits, in which it then is that number and the half; both numbers are taken
/// away again, which is exact, and only the last addition rounds.
#[inline]
fn float(sum: i64) -> f64 {
    const LOW: f64 = (1_u64 << 52) as f64;
    const HIGH: f64 = (1_u128 << 84) as f64;
    const SIGN: u64 = 1 << 31;
    let low = f64::from_bits((sum as u64 & 0xffff_ffff) | LOW.to_bits());
    let high = f64::from_bits((sum as u64 >> 32) ^ SIGN ^ HIGH.to_bits());
    (high - (HIGH + (SIGN << 32) as f64 + LOW)) + low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(sums: &Sums) -> Vec<f32> {
        let mut block = Block::silence();
        sums.round(&mut block);
        block.0.to_vec()
    }

    #[test]
    fn samples_are_rounded_as_ties_to_even_are() {
        let tiny = 2.0_f32.powi(-49);
        let edges =
            [0.0, -0.0, 1.0, -1.0, 8.0, -8.0, 9.0, f32::MAX, f32::MIN, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
        let ties = (-9..=9).map(|n| n as f32 * tiny);
        let all = (0..200_000_u32).map(|n| f32::from_bits(n.wrapping_mul(0x9E37_79B9)));
        for sample in edges.into_iter().chain(ties).chain(all) {
            let expected = (f64::from(sample.clamp(-LOUDEST, LOUDEST)) * SCALE).round_ties_even() as i64;
            assert_eq!(scaled(sample), expected, "{sample:e}");
        }
    }

    #[test]
    fn every_sum_becomes_the_number_that_it_is() {
        let edges = [0, 1, -1, i64::MAX, i64::MIN, 1 << 31, 1 << 32, -(1 << 32), (1 << 53) + 1, -(1 << 53) - 1];
        let all = (0..200_000_u64).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) as i64 >> (n % 64));
        for sum in edges.into_iter().chain(all) {
            assert_eq!(float(sum).to_bits(), (sum as f64).to_bits(), "{sum}");
        }
    }

    /// More of the loudest voices than a sum holds; the negative control is what wraps around.
    #[test]
    fn what_is_too_much_stays_as_loud_as_can_be() {
        let (mut sums, mut wrapped) = (Sums::new(), 0_i64);
        for _ in 0..FITTING_PIECES + 2 {
            sums.add(0, &[f32::MAX, f32::MIN]);
            wrapped = wrapped.wrapping_add(scaled(f32::MAX));
        }
        assert_eq!(rounded(&sums)[..3], [32_768.0, -32_768.0, 0.0]);
        assert!(wrapped < 0);
        sums.clear();
        sums.add(1, &[0.5]);
        assert_eq!(rounded(&sums)[..3], [0.0, 0.5, 0.0]);
    }
}

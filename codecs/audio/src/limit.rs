//! Keeps a sum of many voices below full scale, block by block, without delay.

use media::Block;

use crate::level::peak;

/// Up to here samples pass bit by bit; louder ones are turned down to here. -0.45 dBFS leaves AAC room to overshoot.
const CEILING: f32 = 0.95;
/// The gain falls at most this much a sample before a peak of the same block: from 1 to 0 in 5 ms.
const ATTACK: f32 = 1.0 / 240.0;
/// The gain rises this much a sample after a peak: from 0 to 1 in 200 ms.
const RELEASE: f32 = 1.0 / 9_600.0;

/// A peak limiter that looks ahead within a block, so that what it makes of a block depends on nothing after it.
pub(crate) struct Limiter {
    gain: f32,
}

impl Limiter {
    pub(crate) const fn new() -> Self {
        Self { gain: 1.0 }
    }

    /// Turns the block down where it is too loud; leaves it as it is, bit by bit, where it and its past are not.
    pub(crate) fn limit(&mut self, block: &mut Block) {
        let samples = &mut block.0[..];
        if peak(samples) <= CEILING && self.gain >= 1.0 {
            return;
        }
        let mut gains = [1.0; 960];
        // Backwards: be low enough at each peak, and on the way down early enough.
        let mut later: f32 = 1.0;
        for (gain, sample) in gains.iter_mut().zip(samples.iter()).rev() {
            let wanted = if sample.abs() > CEILING { CEILING / sample.abs() } else { 1.0 };
            later = wanted.min(later + ATTACK);
            *gain = later;
        }
        // Forwards: come back slowly.
        for (gain, sample) in gains.iter().zip(samples.iter_mut()) {
            self.gain = gain.min(self.gain + RELEASE);
            *sample = (*sample * self.gain).clamp(-1.0, 1.0);
        }
    }
}

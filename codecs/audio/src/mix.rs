//! Any number of voices on one time line. What is added where is the caller's; decoding is in `decode`. What voices add up to
//! is in `sums`.

mod sums;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use media::Block;

use self::sums::Sums;
use crate::limit::Limiter;

const BLOCK_SAMPLES: u64 = 960;
/// How far ahead of what was pulled sound may be added: 120 s.
const HORIZON_SAMPLES: u64 = 120 * 48_000;

/// Sums voices on a time line of 48 kHz mono samples and limits the sum.
///
/// Where the sum and the 200 ms before it stay within ±0.95 the output is the sum, exact to 2^-48 for each voice and
/// then rounded once; 16-bit sound passes bit by bit. The output never leaves ±1, is not delayed, and depends neither
/// on the order nor on the pieces in which voices were added. Memory follows the time between what was pulled and the
/// furthest sound, at most 120 s, and is used again; silence takes neither memory nor sums.
pub struct Mixer {
    /// The sums from `pulled_samples` on; `None` where nothing was added.
    ahead: VecDeque<Option<Sums>>,
    /// Sums that were pulled, to be used again.
    spare: Vec<Sums>,
    summed_samples: u64,
    pulled_samples: u64,
    late_samples: u64,
    refused_samples: u64,
    limiter: Limiter,
}

impl Mixer {
    /// An empty time line at sample 0.
    pub const fn new() -> Self {
        Self {
            ahead: VecDeque::new(),
            spare: Vec::new(),
            summed_samples: 0,
            pulled_samples: 0,
            late_samples: 0,
            refused_samples: 0,
            limiter: Limiter::new(),
        }
    }

    /// Adds `samples` to what is there, the first at `start_sample` of the time line.
    ///
    /// What lies before the pulled position, or 120 s or more after it, is left out and counted. Samples that are not
    /// numbers count as silence.
    pub fn add(&mut self, start_sample: u64, samples: &[f32]) {
        let late = self.pulled_samples.saturating_sub(start_sample).min(samples.len() as u64);
        self.late_samples += late;
        let samples = &samples[late as usize..];
        let start = (start_sample.saturating_add(late)).saturating_sub(self.pulled_samples);
        let fitting = HORIZON_SAMPLES.saturating_sub(start).min(samples.len() as u64);
        self.refused_samples += samples.len() as u64 - fitting;

        self.summed_samples += fitting;

        let mut rest = &samples[..fitting as usize];
        let mut index = (start / BLOCK_SAMPLES) as usize;
        let mut offset = (start % BLOCK_SAMPLES) as usize;
        while !rest.is_empty() {
            let (here, after) = rest.split_at(rest.len().min(BLOCK_SAMPLES as usize - offset));
            if self.ahead.len() <= index {
                self.ahead.resize_with(index + 1, || None);
            }
            let sums = self.ahead[index].get_or_insert_with(|| {
                let mut sums = self.spare.pop().unwrap_or_else(Sums::new);
                sums.clear();
                sums
            });
            sums.add(offset, here);
            (rest, index, offset) = (after, index + 1, 0);
        }
    }

    /// Takes the next 20 ms off the time line into `block`; silence where nothing was added.
    pub fn pull(&mut self, block: &mut Block) {
        match self.ahead.pop_front() {
            Some(Some(sums)) => {
                sums.round(block);
                self.spare.push(sums);
            }
            _ => block.0.fill(0.0),
        }
        self.limiter.limit(block);
        self.pulled_samples += BLOCK_SAMPLES;
    }

    /// How many samples of voices were summed: the work that was done.
    pub const fn summed_samples(&self) -> u64 {
        self.summed_samples
    }

    /// How many samples were pulled: where the next block begins.
    pub const fn pulled_samples(&self) -> u64 {
        self.pulled_samples
    }

    /// How many samples came after their block was pulled.
    pub const fn late_samples(&self) -> u64 {
        self.late_samples
    }

    /// How many samples lay 120 s or more ahead.
    pub const fn refused_samples(&self) -> u64 {
        self.refused_samples
    }
}

impl Default for Mixer {
    fn default() -> Self {
        Self::new()
    }
}

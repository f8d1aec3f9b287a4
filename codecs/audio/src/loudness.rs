//! How loud a whole programme is (EBU R128, ITU-R BS.1770). How loud a run of samples is, is in `level`.
//!
//! `weighting` tells the power of each block as it is heard, of which windows are made here; `gate` says which of them count.
//! `true_peak` finds the highest point between samples. Tests hold all of it against `ebur128`, which adds each window up anew, sample by
//! sample, and interpolates everything: that takes four times as long.

mod gate;
#[cfg(test)]
mod tests;
mod true_peak;
mod weighting;

use media::{Block, SampleRate, samples_per_block};
use serde::{Deserialize, Serialize};

use self::{gate::Gate, true_peak::TruePeak, weighting::Weighting};

/// The longest window of the measurement, and what its filters remember: after so much silence further silence changes
/// nothing, in blocks.
const MEMORY_BLOCKS: u32 = 250;
/// The coarsest step of its windows, 1 s: what is left out is a multiple of it.
const STEP_BLOCKS: u32 = 50;
/// The windows of the integrated loudness: 400 ms, one each 100 ms.
const MOMENT_BLOCKS: usize = 20;
const MOMENT_STEP_BLOCKS: usize = 5;
/// The windows of the loudness range: 3 s, one each second.
const SPAN_BLOCKS: usize = 150;
const SPAN_STEP_BLOCKS: usize = STEP_BLOCKS as usize;

/// How loud a programme is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loudness {
    /// The integrated loudness in LUFS, of the programme as one channel; gated, so that silence does not count.
    pub integrated_lufs: f64,
    /// The loudness range in LU (EBU Tech 3342).
    pub range_lu: f64,
    /// The highest true peak in dB relative to full scale.
    pub true_peak_dbtp: f64,
}

/// Measures blocks of a programme.
pub struct LoudnessMeter {
    weighting: Weighting,
    true_peak: TruePeak,
    /// The energies of the latest blocks.
    energies: [f64; SPAN_BLOCKS],
    measured_blocks: usize,
    moments: Gate,
    spans: Gate,
    /// How many silent blocks came in a row.
    silent_blocks: u32,
}

impl LoudnessMeter {
    /// A meter that has heard nothing.
    pub fn new() -> Self {
        Self {
            weighting: Weighting::new(),
            true_peak: TruePeak::new(),
            energies: [0.0; SPAN_BLOCKS],
            measured_blocks: 0,
            moments: Gate::new(),
            spans: Gate::new(),
            silent_blocks: 0,
        }
    }

    /// Takes the next 20 ms. A long silence costs nothing.
    pub fn push(&mut self, block: &Block) {
        if block.0.iter().any(|sample| *sample != 0.0) {
            // The windows are to stand where they would if all silence had been measured.
            for _ in 0..self.silent_blocks.saturating_sub(MEMORY_BLOCKS) % STEP_BLOCKS {
                self.measure(&Block::silence());
            }
            self.silent_blocks = 0;
            self.measure(block);
        } else {
            self.silent_blocks = self.silent_blocks.saturating_add(1);
            if self.silent_blocks <= MEMORY_BLOCKS {
                self.measure(block);
            }
        }
    }

    /// How loud it was so far; `None` unless something was heard that counts as sound, which is louder than -70 LUFS.
    pub fn loudness(&self) -> Option<Loudness> {
        let integrated_lufs = self.moments.integrated_lufs()?;
        let true_peak_dbtp = 20.0 * self.true_peak.highest().log10();
        Some(Loudness { integrated_lufs, range_lu: self.spans.range_lu(), true_peak_dbtp })
    }

    fn measure(&mut self, block: &Block) {
        self.true_peak.push(block);
        self.energies[self.measured_blocks % SPAN_BLOCKS] = self.weighting.energy(block);
        self.measured_blocks += 1;
        if self.measured_blocks >= MOMENT_BLOCKS && self.measured_blocks.is_multiple_of(MOMENT_STEP_BLOCKS) {
            self.moments.push(self.power(MOMENT_BLOCKS));
        }
        if self.measured_blocks >= SPAN_BLOCKS && self.measured_blocks.is_multiple_of(SPAN_STEP_BLOCKS) {
            self.spans.push(self.power(SPAN_BLOCKS));
        }
    }

    /// The mean power of the last blocks, of which there were so many.
    fn power(&self, blocks: usize) -> f64 {
        let energies = (self.measured_blocks - blocks..self.measured_blocks).map(|n| self.energies[n % SPAN_BLOCKS]);
        energies.sum::<f64>() / (blocks * samples_per_block(SampleRate::HZ_48000)) as f64
    }
}

impl Default for LoudnessMeter {
    fn default() -> Self {
        Self::new()
    }
}

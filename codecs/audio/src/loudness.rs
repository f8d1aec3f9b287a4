//! How loud a whole programme is (EBU R128, ITU-R BS.1770). How loud a run of samples is, is in `level`.

use ebur128::{EbuR128, Mode};
use media::{Block, SampleRate};
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// The longest window of the measurement, and what its filters remember: after so much silence further silence changes
/// nothing, in blocks.
const MEMORY_BLOCKS: u32 = 250;
/// The coarsest step of its windows, 1 s: what is left out is a multiple of it.
const STEP_BLOCKS: u32 = 50;

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
    meter: EbuR128,
    /// How many silent blocks came in a row.
    silent_blocks: u32,
}

impl LoudnessMeter {
    /// A meter that has heard nothing.
    pub fn new() -> Self {
        let mode = Mode::I | Mode::LRA | Mode::TRUE_PEAK | Mode::HISTOGRAM;
        let meter = EbuR128::new(1, SampleRate::HZ_48000.hz(), mode).expect("one channel at 48 kHz can be measured");
        Self { meter, silent_blocks: 0 }
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
        let integrated_lufs = self.meter.loudness_global().ok().filter(|lufs| lufs.is_finite())?;
        let range_lu = self.meter.loudness_range().ok()?;
        let true_peak_dbtp = 20.0 * self.meter.true_peak(0).ok()?.log10();
        Some(Loudness { integrated_lufs, range_lu, true_peak_dbtp })
    }

    fn measure(&mut self, block: &Block) {
        self.meter.add_frames_f32(&block.0[..]).expect("a block is a whole number of frames of one channel");
    }
}

impl Default for LoudnessMeter {
    fn default() -> Self {
        Self::new()
    }
}

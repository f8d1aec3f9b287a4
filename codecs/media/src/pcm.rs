//! Decoded sound on a fixed grid. Decoding, resampling and mixing are in `audio`.

use crate::SampleRate;

/// How much time one [`Block`] covers, in milliseconds.
pub const BLOCK_MS: u32 = 20;

/// How many samples of one channel a block holds at `rate`.
pub const fn samples_per_block(rate: SampleRate) -> usize {
    (rate.hz() / 1000 * BLOCK_MS) as usize
}

/// 20 ms of mono sound at 48 kHz, as samples between -1 and 1: the unit of every mix.
#[derive(Clone, Debug, PartialEq)]
pub struct Block(pub Box<[f32; 960]>);

impl Block {
    /// A block of silence.
    pub fn silence() -> Self {
        Self(Box::new([0.0; 960]))
    }
}

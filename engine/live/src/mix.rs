//! Everybody's sound on one grid of 20 ms: what lies far enough back is mixed, and cut into pieces.

use audio::{AudioError, Mixer};
use media::{BLOCK_MS, Block, SourceTime};

use crate::{
    chunker::{Chunker, SAMPLES_PER_MS},
    voice::Decoded,
};

/// How long a voice may be late, in milliseconds of the platform's clock.
pub(crate) const WAIT_MS: i64 = 200;

/// One stretch of the mix, during which somebody's sound is always there.
pub(crate) struct Mix {
    origin: SourceTime,
    mixer: Mixer,
    chunker: Chunker,
    /// Up to where there is sound.
    end: SourceTime,
    /// How many blocks were mixed.
    blocks: i64,
}

impl Mix {
    /// A mix whose first sample is at `origin`, in pieces of `chunk_ms`.
    pub(crate) fn new(origin: SourceTime, chunk_ms: u32) -> Result<Self, AudioError> {
        let chunker = Chunker::new(origin, chunk_ms)?;
        Ok(Self { origin, mixer: Mixer::new(), chunker, end: origin, blocks: 0 })
    }

    /// Up to where there is sound.
    pub(crate) const fn end(&self) -> SourceTime {
        self.end
    }

    /// Adds a voice. What lies before the beginning of the mix is too late for it.
    pub(crate) fn add(&mut self, decoded: &Decoded<'_>) {
        let behind = i64::try_from(decoded.behind).unwrap_or(i64::MAX);
        let first = decoded.start.ms_since(self.origin).saturating_mul(SAMPLES_PER_MS).saturating_add(behind);
        let early = usize::try_from(first.min(0).unsigned_abs()).unwrap_or(usize::MAX).min(decoded.samples.len());
        self.mixer.add(u64::try_from(first).unwrap_or_default(), &decoded.samples[early..]);
    }

    /// Takes note that somebody's sound reaches to a moment.
    pub(crate) fn reach(&mut self, end: SourceTime) {
        self.end = self.end.max(end);
    }

    /// Mixes everything before a moment.
    pub(crate) fn mix_until(&mut self, until: SourceTime) {
        let block_ms = i64::from(BLOCK_MS);
        let mut block = Block::silence();
        while self.origin.plus_ms((self.blocks + 1) * block_ms) <= until {
            self.mixer.pull(&mut block);
            self.chunker.push(&block.0[..]);
            self.blocks += 1;
        }
    }

    /// Mixes everything that there is.
    pub(crate) fn finish(&mut self) {
        self.mix_until(self.end);
        self.chunker.finish();
    }

    /// The next piece; with `is_last` also one that is shorter.
    pub(crate) fn pull(&mut self, is_last: bool) -> Option<(SourceTime, Vec<u8>)> {
        self.chunker.pull(is_last)
    }
}

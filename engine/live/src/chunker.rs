//! 48 kHz samples that follow each other to pieces of raw sound of one length (16 bits, little-endian, 16 kHz, mono).

use audio::{AudioError, RAW_HZ, RawEncoder};
use media::{Block, SourceTime};

/// How many samples of 48 kHz a millisecond has.
pub(crate) const SAMPLES_PER_MS: i64 = 48;
/// How many bytes of raw sound a millisecond has.
const BYTES_PER_MS: u32 = RAW_HZ / 1_000 * 2;

/// Cuts one stretch of sound.
pub(crate) struct Chunker {
    encoder: RawEncoder,
    start: SourceTime,
    /// Samples that do not fill a block yet.
    waiting: Vec<f32>,
    /// Raw sound that does not fill a piece yet.
    bytes: Vec<u8>,
    /// How many bytes were handed out before it.
    given_bytes: u64,
    chunk_bytes: usize,
}

impl Chunker {
    /// For sound whose first sample is at `start`, in pieces of `chunk_ms`.
    pub(crate) fn new(start: SourceTime, chunk_ms: u32) -> Result<Self, AudioError> {
        Ok(Self {
            encoder: RawEncoder::new(u64::MAX)?,
            start,
            waiting: Vec::new(),
            bytes: Vec::new(),
            given_bytes: 0,
            chunk_bytes: (chunk_ms * BYTES_PER_MS) as usize,
        })
    }

    /// Takes the next samples.
    pub(crate) fn push(&mut self, samples: &[f32]) {
        self.waiting.extend_from_slice(samples);
        let mut block = Block::silence();
        let length = block.0.len();
        let whole = self.waiting.len() - self.waiting.len() % length;
        for samples in self.waiting[..whole].chunks_exact(length) {
            block.0.copy_from_slice(samples);
            self.encoder.push(&block, &mut self.bytes);
        }
        self.waiting.drain(..whole);
    }

    /// Takes the end of the stretch: nothing may be pushed after it.
    pub(crate) fn finish(&mut self) {
        if !self.waiting.is_empty() {
            let mut block = Block::silence();
            let rest = self.waiting.len();
            block.0[..rest].copy_from_slice(&self.waiting);
            self.waiting.clear();
            self.encoder.push(&block, &mut self.bytes);
        }
        self.encoder.finish(&mut self.bytes);
    }

    /// The next whole piece; with `is_last` also one that is shorter.
    pub(crate) fn pull(&mut self, is_last: bool) -> Option<(SourceTime, Vec<u8>)> {
        let length = if self.bytes.len() >= self.chunk_bytes {
            self.chunk_bytes
        } else if is_last && !self.bytes.is_empty() {
            self.bytes.len()
        } else {
            return None;
        };
        let at_ms = i64::try_from(self.given_bytes / u64::from(BYTES_PER_MS)).unwrap_or(i64::MAX);
        self.given_bytes += length as u64;
        let rest = self.bytes.split_off(length);
        Some((self.start.plus_ms(at_ms), std::mem::replace(&mut self.bytes, rest)))
    }
}

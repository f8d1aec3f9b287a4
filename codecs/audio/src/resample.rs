//! From one rate to another with the filter's delay taken out, spurt by spurt.
//!
//! A spurt is a run of contiguous packets. What a spurt is made of is decided by the caller of
//! [`crate::Decoder`]; a whole file is one for [`crate::RawEncoder`].

use rubato::{Fft, FixedSync, Resampler as _, audioadapter_buffers::direct::InterleavedSlice};

use crate::AudioError;

/// Turns the samples of one spurt into exactly `output_hz / input_hz` times as many, rounded down, aligned with the first.
pub(crate) struct Resampler {
    fft: Fft<f32>,
    input_hz: usize,
    output_hz: usize,
    /// Input that does not fill a block of the filter yet.
    waiting: Vec<f32>,
    /// One block of the filter's output.
    block: Vec<f32>,
    /// Output samples of this spurt that still belong to the time before its first input.
    leading: usize,
    taken_samples: u64,
    given_samples: u64,
}

impl Resampler {
    /// A resampler of mono sound between two rates of [`media::SampleRate`].
    pub(crate) fn new(input_hz: u32, output_hz: u32) -> Result<Self, AudioError> {
        let (input_hz, output_hz) = (input_hz as usize, output_hz as usize);
        // 20 ms: 160 to 960 filter taps, a cutoff near the lower Nyquist rate, and 10 ms of delay that is taken out.
        let fft = Fft::new(input_hz, output_hz, input_hz / 50, 1, FixedSync::Both)
            .map_err(|error| AudioError::Codec { action: "set up a resampler", reason: error.to_string() })?;
        let block = vec![0.0; fft.output_frames_max()];
        let leading = fft.output_delay();
        Ok(Self { fft, input_hz, output_hz, waiting: Vec::new(), block, leading, taken_samples: 0, given_samples: 0 })
    }

    /// Takes the next samples of the spurt and appends what became available.
    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.waiting.extend_from_slice(samples);
        self.taken_samples += samples.len() as u64;
        let block_samples = self.fft.input_frames_next();
        let whole = self.waiting.len() - self.waiting.len() % block_samples;
        let waiting = std::mem::take(&mut self.waiting);
        for block in waiting[..whole].chunks_exact(block_samples) {
            self.filter(block, u64::MAX, out);
        }
        self.waiting = waiting;
        self.waiting.drain(..whole);
    }

    /// Appends the rest of the spurt and forgets it.
    pub(crate) fn finish(&mut self, out: &mut Vec<f32>) {
        let total = self.taken_samples * self.output_hz as u64 / self.input_hz as u64;
        let mut last = std::mem::take(&mut self.waiting);
        while self.given_samples < total {
            last.resize(self.fft.input_frames_next(), 0.0);
            self.filter(&last, total, out);
            last.clear();
        }
        last.clear();
        self.waiting = last;
        self.fft.reset();
        self.leading = self.fft.output_delay();
        self.taken_samples = 0;
        self.given_samples = 0;
    }

    /// Filters one whole block and appends its output up to sample `total` of the spurt.
    fn filter(&mut self, input: &[f32], total: u64, out: &mut Vec<f32>) {
        let produced = {
            let from =
                InterleavedSlice::new(input, 1, input.len()).expect("a mono slice holds as many frames as samples");
            let block_samples = self.block.len();
            let mut to = InterleavedSlice::new_mut(&mut self.block, 1, block_samples)
                .expect("a mono slice holds as many frames as samples");
            let (_, produced) = self
                .fft
                .process_into_buffer(&from, &mut to, None)
                .expect("both buffers have the sizes the filter asked for");
            produced
        };
        let skipped = self.leading.min(produced);
        self.leading -= skipped;
        let room = usize::try_from(total - self.given_samples).unwrap_or(usize::MAX);
        let fresh = &self.block[skipped..produced];
        let fresh = &fresh[..fresh.len().min(room)];
        out.extend_from_slice(fresh);
        self.given_samples += fresh.len() as u64;
    }
}

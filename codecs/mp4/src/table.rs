//! What the index of a finished file has to say of each sample, kept small while the file grows: 4 bytes a sample and a
//! little a fragment. How it is written as boxes is in `boxes::stbl`.

use mp4_atom::{StscEntry, SttsEntry};

use crate::sample::Sample;

/// The samples of one track, without their payload.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Runs of equal durations.
    pub(crate) durations: Vec<SttsEntry>,
    /// Runs of chunks with equally many samples.
    pub(crate) chunk_runs: Vec<StscEntry>,
    /// Length of each sample in bytes.
    pub(crate) sizes: Vec<u32>,
    /// Numbers of the samples where decoding may begin, from 1; only meaningful for video.
    pub(crate) keys: Vec<u32>,
    /// Where each chunk begins, in bytes from the beginning of all payload.
    pub(crate) chunks: Vec<u64>,
    /// The sum of all durations.
    pub(crate) ticks: u64,
}

impl Table {
    /// Counts one sample of `size_bytes`.
    pub(crate) fn push(&mut self, sample: &Sample, size_bytes: u32) {
        self.sizes.push(size_bytes);
        if sample.key {
            self.keys.push(self.sizes.len() as u32);
        }
        self.ticks = self.ticks.saturating_add(sample.duration_ticks.into());
        match self.durations.last_mut() {
            Some(run) if run.sample_delta == sample.duration_ticks => run.sample_count += 1,
            _ => self.durations.push(SttsEntry { sample_count: 1, sample_delta: sample.duration_ticks }),
        }
    }

    /// Notes that the latest `samples` samples, counted already, lie together at `offset`.
    pub(crate) fn close_chunk(&mut self, offset: u64, samples: u32) {
        self.chunks.push(offset);
        if self.chunk_runs.last().is_none_or(|run| run.samples_per_chunk != samples) {
            self.chunk_runs.push(StscEntry {
                first_chunk: self.chunks.len() as u32,
                samples_per_chunk: samples,
                sample_description_index: 1,
            });
        }
    }

    /// Whether no sample was counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_day_of_steady_sound_costs_four_bytes_a_sample() {
        let mut table = Table::default();
        let sample = Sample { payload: Bytes::new(), duration_ticks: 1024, key: true };
        let sample = Sample { key: false, ..sample };
        for second in 0..86_400u64 {
            for _ in 0..47 {
                table.push(&sample, 340);
            }
            table.close_chunk(second * 47 * 340, 47);
        }
        assert_eq!((table.durations.len(), table.chunk_runs.len()), (1, 1));
        assert_eq!(table.sizes.len(), 86_400 * 47);
        assert_eq!(table.ticks, 86_400 * 47 * 1024);
    }

    #[test]
    fn runs_end_where_the_value_changes() {
        let mut table = Table::default();
        for (duration_ticks, key) in [(10, true), (10, false), (20, false), (10, true)] {
            table.push(&Sample { payload: Bytes::new(), duration_ticks, key }, 1);
        }
        let runs: Vec<_> = table.durations.iter().map(|run| (run.sample_count, run.sample_delta)).collect();
        assert_eq!(runs, [(2, 10), (1, 20), (1, 10)]);
        assert_eq!(table.keys, [1, 4]);
        for (chunk, samples) in [2, 1, 1].into_iter().enumerate() {
            table.close_chunk(chunk as u64, samples);
        }
        let runs: Vec<_> = table.chunk_runs.iter().map(|run| (run.first_chunk, run.samples_per_chunk)).collect();
        assert_eq!(runs, [(1, 2), (2, 1)]);
    }
}

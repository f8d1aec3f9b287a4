//! 48 kHz blocks to samples without a header: 16 bits, signed, little-endian, 16 kHz, mono.

use media::{Block, SampleRate};

use crate::{AudioError, resample::Resampler};

/// The rate of raw files in hertz.
pub const RAW_HZ: u32 = 16_000;

/// Writes raw samples of one stretch of sound, aligned with the first that went in.
pub struct RawEncoder {
    resampler: Resampler,
    resampled: Vec<f32>,
    /// How many samples may still be written.
    room_samples: u64,
}

impl RawEncoder {
    /// Of sound of `total_samples` at 48 kHz; what is pushed beyond them is left out.
    ///
    /// # Errors
    /// [`AudioError::Codec`] if the resampler cannot be set up.
    pub fn new(total_samples: u64) -> Result<Self, AudioError> {
        let resampler = Resampler::new(SampleRate::HZ_48000.hz(), RAW_HZ)?;
        Ok(Self { resampler, resampled: Vec::new(), room_samples: total_samples / 3 })
    }

    /// Takes the next 20 ms and appends what became available.
    pub fn push(&mut self, block: &Block, out: &mut Vec<u8>) {
        self.resampled.clear();
        self.resampler.push(&block.0[..], &mut self.resampled);
        self.write(out);
    }

    /// Appends the rest.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.resampled.clear();
        self.resampler.finish(&mut self.resampled);
        self.write(out);
    }

    fn write(&mut self, out: &mut Vec<u8>) {
        let fitting = self.resampled.len().min(usize::try_from(self.room_samples).unwrap_or(usize::MAX));
        self.room_samples -= fitting as u64;
        // The cast saturates: what the filter lifts over full scale stays there.
        out.extend(
            self.resampled.iter().take(fitting).flat_map(|sample| ((sample * 32_768.0).round() as i16).to_le_bytes()),
        );
    }
}

#[cfg(test)]
mod tests;

//! The sound track of the mixed video: what `crate::sound` mixes, in AAC.

use audio::{AacEncoder, Loudness};
use media::{Channels, Position, SampleRate};
use mp4::{AudioConfig, Sample};
use timeline::Timeline;

use super::{growing::GrowingFile, lane::SOUND};
use crate::{Damage, Payloads, RenderError, sound::Mix};

/// Mixes and encodes.
pub(crate) struct Sound {
    mix: Mix,
    encoder: AacEncoder,
    bitrate_bps: u32,
}

impl Sound {
    pub(crate) fn new(timeline: &Timeline, bitrate_bps: u32) -> Result<Self, RenderError> {
        let encoder = AacEncoder::new(SampleRate::HZ_48000, Channels::Mono, bitrate_bps)?;
        Ok(Self { mix: Mix::of_everybody(timeline), encoder, bitrate_bps })
    }

    pub(crate) fn config(&self) -> AudioConfig {
        AudioConfig {
            rate: SampleRate::HZ_48000,
            channels: Channels::Mono,
            audio_specific_config: self.encoder.audio_specific_config(),
            priming_samples: self.encoder.priming_samples(),
            bitrate_bps: self.bitrate_bps,
        }
    }

    /// The same as it is known by now, if what was made is what would be made of that.
    pub(crate) fn grown(self, old: &Timeline, new: &Timeline) -> Option<Self> {
        Some(Self { mix: self.mix.grown(old, new)?, ..self })
    }

    /// Mixes and encodes what lies before `until`.
    pub(crate) fn advance(
        &mut self,
        timeline: &Timeline,
        until: Position,
        payloads: &mut dyn Payloads,
        damage: &mut Damage,
        file: &mut GrowingFile,
    ) -> Result<(), RenderError> {
        let Self { mix, encoder, .. } = self;
        mix.advance(timeline, until, timeline.end, payloads, damage, |block| Ok(encoder.push(block)?))?;
        if until == timeline.end {
            encoder.finish()?;
        }
        while let Some(packet) = encoder.poll() {
            file.push(SOUND, Sample { payload: packet.payload, duration_ticks: packet.samples, key: true });
        }
        Ok(())
    }

    /// How loud it was so far.
    pub(crate) fn loudness(&self) -> Option<Loudness> {
        self.mix.loudness()
    }
}

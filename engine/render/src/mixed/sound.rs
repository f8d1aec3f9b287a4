//! Everybody's sound as one AAC track.

use audio::{AacEncoder, Mixer};
use media::{Channels, Position, SampleRate};
use mp4::{AudioConfig, Sample};
use timeline::Timeline;

use super::{growing::GrowingFile, lane::SOUND, voice::Voice};
use crate::{Damage, Payloads, RenderError};

/// How far ahead of the mix is decoded: a decoder may give a packet's last samples only with the next packet, and a
/// packet's place on its grid may lie before its own timestamp.
const AHEAD_MS: i64 = 1_500;
const BLOCK_SAMPLES: u64 = 960;

/// Mixes and encodes.
pub(crate) struct Sound {
    voices: Vec<Voice>,
    mixer: Mixer,
    encoder: AacEncoder,
    bitrate_bps: u32,
    pcm: Vec<f32>,
}

impl Sound {
    pub(crate) fn new(timeline: &Timeline, bitrate_bps: u32) -> Result<Self, RenderError> {
        let encoder = AacEncoder::new(SampleRate::HZ_48000, Channels::Mono, bitrate_bps)?;
        let voices = timeline.audio.iter().map(|_| Voice::default()).collect();
        Ok(Self { voices, mixer: Mixer::new(), encoder, bitrate_bps, pcm: Vec::new() })
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

    /// Mixes and encodes what lies before `until`.
    pub(crate) fn advance(
        &mut self,
        timeline: &Timeline,
        until: Position,
        payloads: &mut dyn Payloads,
        damage: &mut Damage,
        file: &mut GrowingFile,
    ) -> Result<(), RenderError> {
        let ahead = until.plus_ms(AHEAD_MS);
        for (voice, track) in self.voices.iter_mut().zip(&timeline.audio) {
            voice.play(track, ahead, payloads, &mut self.mixer, &mut self.pcm, damage);
        }
        let until_samples = u64::try_from(until.ticks(SampleRate::HZ_48000.hz())).unwrap_or(0);
        let last = until == timeline.end;
        while self.mixer.pulled_samples() + if last { 0 } else { BLOCK_SAMPLES - 1 } < until_samples {
            self.encoder.push(&self.mixer.pull())?;
        }
        if last {
            self.encoder.finish()?;
        }
        while let Some(packet) = self.encoder.poll() {
            file.push(SOUND, Sample { payload: packet.payload, duration_ticks: packet.samples, key: true });
        }
        Ok(())
    }
}

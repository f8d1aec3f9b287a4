//! One track of sound: packets to samples at their place.

use audio::{Decoder, Mixer};
use media::Position;
use timeline::{AudioFrame, AudioTrack};

use crate::{Damage, Payloads};

const MIX_HZ: u32 = 48_000;

/// Decodes one track spurt by spurt.
#[derive(Default)]
pub(crate) struct Voice {
    next: usize,
    decoder: Option<Decoder>,
    /// The first sample of the running spurt on the time line.
    start_sample: u64,
    start: Position,
    packets: i64,
    emitted_samples: u64,
}

impl Voice {
    /// Decodes everything that begins before `until` into the mixer. `pcm` is scratch space.
    pub(crate) fn play(
        &mut self,
        track: &AudioTrack,
        until: Position,
        payloads: &mut dyn Payloads,
        mixer: &mut Mixer,
        pcm: &mut Vec<f32>,
        damage: &mut Damage,
    ) {
        while let Some(frame) = track.frames.get(self.next).filter(|frame| frame.at < until) {
            self.next += 1;
            let decoded = self.decode(track, frame, payloads, pcm, damage);
            if decoded {
                self.emit(mixer, pcm);
            }
            let elapsed_micros = track.packet_micros().saturating_mul(self.packets);
            let expected = Position::from_micros(self.start.micros().saturating_add(elapsed_micros));
            let next = track.frames.get(self.next);
            if !decoded || !next.is_some_and(|next| track.continues(expected, next.at)) {
                self.end_spurt(mixer, pcm);
            }
        }
        if self.next == track.frames.len() {
            self.decoder = None;
        }
    }

    /// Decodes one packet into `pcm`; false if it could not, which ends the spurt.
    fn decode(
        &mut self,
        track: &AudioTrack,
        frame: &AudioFrame,
        payloads: &mut dyn Payloads,
        pcm: &mut Vec<f32>,
        damage: &mut Damage,
    ) -> bool {
        let Ok(payload) = payloads.read(frame.locator) else {
            damage.unreadable += 1;
            return false;
        };
        if self.decoder.is_none() {
            self.decoder = Decoder::new(track.format).ok();
        }
        pcm.clear();
        let decoded = self.decoder.as_mut().is_some_and(|decoder| decoder.decode(&payload, pcm).is_ok());
        if !decoded {
            damage.sound += 1;
            return false;
        }
        if self.packets == 0 {
            self.start = frame.at;
            self.start_sample = u64::try_from(frame.at.ticks(MIX_HZ)).unwrap_or(0);
            self.emitted_samples = 0;
        }
        self.packets += 1;
        true
    }

    fn end_spurt(&mut self, mixer: &mut Mixer, pcm: &mut Vec<f32>) {
        pcm.clear();
        if let Some(decoder) = &mut self.decoder {
            decoder.finish_spurt(pcm);
        }
        self.emit(mixer, pcm);
        self.packets = 0;
    }

    fn emit(&mut self, mixer: &mut Mixer, pcm: &[f32]) {
        mixer.add(self.start_sample.saturating_add(self.emitted_samples), pcm);
        self.emitted_samples = self.emitted_samples.saturating_add(pcm.len() as u64);
    }
}

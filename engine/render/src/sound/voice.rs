//! One track of sound, or a stretch of one: packets to samples at their place.

use std::ops::Range;

use audio::{Decoder, Mixer};
use media::Position;
use timeline::{AudioFrame, AudioTrack};

use crate::{Damage, Payloads};

const MIX_HZ: u32 = 48_000;

/// Decodes packets of one track spurt by spurt.
pub(super) struct Voice {
    /// Which track.
    pub(super) track: usize,
    /// Which of its packets are still to be decoded.
    packets_left: Range<usize>,
    /// Where the first sample of the mix lies.
    origin: Position,
    decoder: Option<Decoder>,
    /// The first sample of the running spurt on the time line.
    start_sample: u64,
    start: Position,
    packets: i64,
    emitted_samples: u64,
    /// Where the next packet would have to lie to go on with the last one, unless that one could not be decoded.
    expected: Option<Position>,
}

impl Voice {
    /// Packets of a track, for a mix that begins at `origin`.
    pub(super) const fn new(track: usize, packets: Range<usize>, origin: Position) -> Self {
        Self {
            track,
            packets_left: packets,
            origin,
            decoder: None,
            start_sample: 0,
            start: Position::ZERO,
            packets: 0,
            emitted_samples: 0,
            expected: None,
        }
    }

    /// Whether it has decoded nothing yet.
    pub(super) const fn is_fresh(&self) -> bool {
        self.packets_left.start == 0
    }

    /// The voice of the same track as it is known by now, if everything that lies before `until` is what was decoded, and goes on
    /// or ends as was thought; for a voice that began with the track's first packet.
    pub(super) fn grown(mut self, old: &AudioTrack, new: &AudioTrack, index: usize, until: Position) -> Option<Self> {
        let decoded = self.packets_left.start;
        let is_same = (old.source, old.format) == (new.source, new.format)
            && old.frames.get(..decoded)? == new.frames.get(..decoded)?
            && new.frames.get(decoded).is_none_or(|next| next.at >= until);
        let goes_on = |expected| new.frames.get(decoded).is_some_and(|next| new.continues(expected, next.at));
        let is_as_thought = self.expected.is_none_or(|expected| goes_on(expected) == (self.packets > 0));
        self.track = index;
        self.packets_left = decoded..new.frames.len();
        (is_same && is_as_thought).then_some(self)
    }

    /// Decodes everything that begins before `until` into the mixer. `pcm` is scratch space.
    pub(super) fn play(
        &mut self,
        track: &AudioTrack,
        until: Position,
        payloads: &mut dyn Payloads,
        mixer: &mut Mixer,
        pcm: &mut Vec<f32>,
        damage: &mut Damage,
    ) {
        while let Some(frame) = self.next(track).filter(|frame| frame.at < until) {
            self.packets_left.start += 1;
            let decoded = self.decode(track, frame, payloads, pcm, damage);
            if decoded {
                self.emit(mixer, pcm);
            }
            let elapsed_micros = track.packet_micros().saturating_mul(self.packets);
            let expected = Position::from_micros(self.start.micros().saturating_add(elapsed_micros));
            self.expected = decoded.then_some(expected);
            let next = self.next(track);
            if !decoded || !next.is_some_and(|next| track.continues(expected, next.at)) {
                self.end_spurt(mixer, pcm);
            }
        }
    }

    /// Lets the decoder go if nothing comes any more, of a track that is known to its end.
    pub(super) fn rest(&mut self) {
        if self.packets_left.is_empty() {
            self.decoder = None;
        }
    }

    fn next<'a>(&self, track: &'a AudioTrack) -> Option<&'a AudioFrame> {
        track.frames.get(self.packets_left.clone())?.first()
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
            self.start_sample = samples(frame.at.micros_since(self.origin));
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

/// How many samples of the mix a time has that is not negative.
pub(super) fn samples(micros: i64) -> u64 {
    u64::try_from(Position::from_micros(micros).ticks(MIX_HZ)).unwrap_or(0)
}

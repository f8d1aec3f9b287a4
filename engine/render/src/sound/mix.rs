//! The mix: everybody's tracks, or the packets of one participant, as blocks of 20 ms. Encoding them is in `file`.

use std::{collections::BTreeMap, ops::Range};

use audio::{Loudness, LoudnessMeter, Mixer};
use media::{Block, Position, SampleRate, samples_per_block};
use timeline::Timeline;

use super::{
    parts::Part,
    voice::{Voice, samples},
};
use crate::{Damage, Payloads, RenderError};

/// How much sound before the end of the mix is decoded: a decoder may give a packet's last samples only with the next packet, and a
/// packet's place on its grid may lie before its own timestamp.
const AHEAD_MS: i64 = 1_500;
const BLOCK_SAMPLES: u64 = samples_per_block(SampleRate::HZ_48000) as u64;

/// Decodes and mixes.
pub(crate) struct Mix {
    voices: Vec<Voice>,
    mixer: Mixer,
    /// `None` where nobody asks how loud it is.
    meter: Option<LoudnessMeter>,
    /// Where the first sample lies.
    origin: Position,
    block: Block,
    pcm: Vec<f32>,
    /// How far packets were decoded.
    decoded: Position,
}

impl Mix {
    /// Of everybody, from second 0 on.
    pub(crate) fn of_everybody(timeline: &Timeline) -> Self {
        let whole = timeline.audio.iter().enumerate();
        let voices = whole.map(|(n, track)| Voice::new(n, 0..track.frames.len(), Position::ZERO)).collect();
        Self { meter: Some(LoudnessMeter::new()), ..Self::of(voices, Position::ZERO) }
    }

    /// Of everybody, from a place on that lies on the grid of 20 ms; nothing is measured.
    pub(crate) fn of_everybody_from(timeline: &Timeline, origin: Position) -> Self {
        let voices = timeline.audio.iter().enumerate().map(|(n, track)| {
            let first = track.frames.partition_point(|frame| frame.at < origin);
            Voice::new(n, first..track.frames.len(), origin)
        });
        Self::of(voices.collect(), origin)
    }

    /// Of one part of one participant's sound, from the part's start on.
    pub(super) fn of_part(part: &Part) -> Self {
        let mut voices: BTreeMap<usize, Range<usize>> = BTreeMap::new();
        for run in &part.runs {
            // Between two runs of a track that are of one part lies none that is not.
            voices.entry(run.track).or_insert_with(|| run.packets.clone()).end = run.packets.end;
        }
        let voices = voices.into_iter().map(|(track, packets)| Voice::new(track, packets, part.start));
        Self::of(voices.collect(), part.start)
    }

    fn of(voices: Vec<Voice>, origin: Position) -> Self {
        Self {
            voices,
            mixer: Mixer::new(),
            meter: None,
            origin,
            block: Block::silence(),
            pcm: Vec::new(),
            decoded: Position::ZERO,
        }
    }

    /// Mixes what lies before `until`, which is `end` at last: whole blocks, and at the end the one in which it lies.
    pub(crate) fn advance(
        &mut self,
        timeline: &Timeline,
        until: Position,
        end: Position,
        payloads: &mut dyn Payloads,
        damage: &mut Damage,
        mut take: impl FnMut(&Block) -> Result<(), RenderError>,
    ) -> Result<(), RenderError> {
        let ahead = until.plus_ms(AHEAD_MS);
        self.decoded = ahead;
        for voice in &mut self.voices {
            if let Some(track) = timeline.audio.get(voice.track) {
                voice.play(track, ahead, payloads, &mut self.mixer, &mut self.pcm, damage);
                if timeline.is_whole {
                    voice.rest();
                }
            }
        }
        let until_samples = samples(until.micros_since(self.origin));
        let rest = if until == end { 0 } else { BLOCK_SAMPLES - 1 };
        while self.mixer.pulled_samples() + rest < until_samples {
            self.mixer.pull(&mut self.block);
            if let Some(meter) = &mut self.meter {
                meter.push(&self.block);
            }
            take(&self.block)?;
        }
        Ok(())
    }

    /// The mix of everybody as it is known by now, if what was mixed is what would be mixed of that.
    pub(crate) fn grown(mut self, old: &Timeline, new: &Timeline) -> Option<Self> {
        let until = self.decoded;
        let mut begun: Vec<Voice> = self.voices.into_iter().filter(|voice| !voice.is_fresh()).collect();
        self.voices = Vec::with_capacity(new.audio.len());
        for (index, track) in new.audio.iter().enumerate() {
            let is_fresh = track.frames.first().is_none_or(|first| first.at >= until);
            let voice = if is_fresh {
                Voice::new(index, 0..track.frames.len(), self.origin)
            } else {
                let begins_alike = |voice: &Voice| {
                    let first = old.audio.get(voice.track).and_then(|of| Some((of.source, of.frames.first()?)));
                    first == track.frames.first().map(|first| (track.source, first))
                };
                let known = begun.iter().position(begins_alike)?;
                let voice = begun.swap_remove(known);
                let old = old.audio.get(voice.track)?;
                voice.grown(old, track, index, until)?
            };
            self.voices.push(voice);
        }
        begun.is_empty().then_some(self)
    }

    /// Leaves the measurement out.
    pub(super) fn unmeasured(&mut self) {
        self.meter = None;
    }

    /// How loud it was so far; `None` without sound, or if nothing was measured.
    pub(crate) fn loudness(&self) -> Option<Loudness> {
        self.meter.as_ref()?.loudness()
    }
}

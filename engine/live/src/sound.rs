//! Sound as it comes to pieces of PCM: of each participant, and of all together.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use media::{AudioFormat, Frame, SourceTime};

use crate::{
    mix::{Mix, WAIT_MS},
    voice::Voice,
};

/// How long a participant says nothing, not even silence, before what is left of the last piece is handed out.
const QUIET: Duration = Duration::from_millis(300);
/// How much may be missing from everybody before the mix begins anew, in milliseconds; less is silence in it.
const LONGEST_HOLE_MS: i64 = 1_000;
/// How many participants are decoded at once; platforms send the sound of 16.
const MOST_VOICES: usize = 64;
/// How many packets in a row may be too old before the clock is believed to have been set.
const MOST_LATE: u32 = 50;
/// The source of a mix that the platform made.
const EVERYBODY: i64 = 0;

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SoundWant {
    /// Each participant's sound.
    pub separate: bool,
    /// Everybody's sound.
    pub mixed: bool,
    /// How much at once, in milliseconds: a multiple of 20.
    pub chunk_ms: u32,
}

/// A piece of sound: samples of 16 bits, signed, little-endian, 16 kHz, mono.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Whose; `None` for everybody's.
    pub source: Option<i64>,
    /// When its first sample was, on the platform's clock.
    pub at: SourceTime,
    /// The samples; of the last piece before a pause there may be fewer.
    pub pcm: Vec<u8>,
}

/// Makes pieces of the packets of one capture.
pub struct Sound {
    want: SoundWant,
    voices: BTreeMap<i64, Voice>,
    mix: Option<Mix>,
    /// How many packets in a row were too old for the mix.
    late: u32,
    /// When the last packet came.
    heard: Option<Instant>,
    ready: VecDeque<Chunk>,
}

impl Sound {
    /// For what is wanted.
    pub const fn new(want: SoundWant) -> Self {
        Self { want, voices: BTreeMap::new(), mix: None, late: 0, heard: None, ready: VecDeque::new() }
    }

    /// Takes a packet of sound of that format.
    pub fn handle_packet(&mut self, frame: &Frame, format: AudioFormat, now: Instant) {
        let source = frame.track.source;
        if self.voices.get(&source).is_some_and(|voice| voice.format() != format || voice.breaks_at(frame.at)) {
            self.end_voice(source);
        }
        if self.voices.len() >= MOST_VOICES && !self.voices.contains_key(&source) {
            return;
        }
        self.begin_mix(frame.at, format);
        self.heard = Some(now);
        let chunk_ms = if self.want.separate && source != EVERYBODY { self.want.chunk_ms } else { 0 };
        let voice = self.voices.entry(source).or_insert_with(|| Voice::new(format, chunk_ms, now));
        let Some(decoded) = voice.decode(frame.at, &frame.payload, now) else {
            self.end_voice(source);
            return;
        };
        if let Some(mix) = &mut self.mix {
            mix.add(&decoded);
            mix.reach(frame.at.plus_ms(i64::from(format.packet_ms)));
            mix.mix_until(mix.end().plus_ms(-WAIT_MS));
        }
        while let Some((at, pcm)) = voice.pull(false) {
            self.ready.push_back(Chunk { source: Some(source), at, pcm });
        }
        self.hand_out_mix(false);
    }

    /// The next piece.
    pub fn poll(&mut self) -> Option<Chunk> {
        self.ready.pop_front()
    }

    /// When [`Sound::handle_timeout`] must be called at the latest; `None` if nobody is heard.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.voices
            .values()
            .map(|voice| voice.heard)
            .min()
            .or(self.heard.filter(|_| self.mix.is_some()))
            .map(|at| at + QUIET)
    }

    /// Tells that the moment `now` has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        let quiet: Vec<i64> =
            self.voices.iter().filter(|(_, voice)| voice.heard + QUIET <= now).map(|(source, _)| *source).collect();
        quiet.into_iter().for_each(|source| self.end_voice(source));
        if self.voices.is_empty() {
            self.end_mix();
        }
    }

    /// Hands out what is left: nothing comes any more.
    pub fn finish(&mut self) {
        let all: Vec<i64> = self.voices.keys().copied().collect();
        all.into_iter().for_each(|source| self.end_voice(source));
        self.end_mix();
    }

    /// Begins the mix, or begins it anew where too much is missing.
    fn begin_mix(&mut self, at: SourceTime, format: AudioFormat) {
        if !self.want.mixed {
            return;
        }
        if let Some(mix) = &self.mix {
            let ahead_ms = at.ms_since(mix.end());
            self.late = if ahead_ms < -WAIT_MS - i64::from(format.packet_ms) { self.late + 1 } else { 0 };
            if ahead_ms <= LONGEST_HOLE_MS && self.late < MOST_LATE {
                return;
            }
            let all: Vec<i64> = self.voices.keys().copied().collect();
            all.into_iter().for_each(|source| self.end_voice(source));
            self.end_mix();
        }
        self.late = 0;
        self.mix = Mix::new(at, self.want.chunk_ms).ok();
    }

    /// Ends the stretch of a voice, which may come again.
    fn end_voice(&mut self, source: i64) {
        let Some(mut voice) = self.voices.remove(&source) else { return };
        if let (Some(decoded), Some(mix)) = (voice.finish(), &mut self.mix) {
            mix.add(&decoded);
        }
        voice.close();
        while let Some((at, pcm)) = voice.pull(true) {
            self.ready.push_back(Chunk { source: Some(source), at, pcm });
        }
        voice.forget();
    }

    fn end_mix(&mut self) {
        if let Some(mix) = &mut self.mix {
            mix.finish();
        }
        self.hand_out_mix(true);
        self.mix = None;
        self.heard = None;
    }

    fn hand_out_mix(&mut self, is_last: bool) {
        while let Some((at, pcm)) = self.mix.as_mut().and_then(|mix| mix.pull(is_last)) {
            self.ready.push_back(Chunk { source: None, at, pcm });
        }
    }
}

#[cfg(test)]
mod tests;

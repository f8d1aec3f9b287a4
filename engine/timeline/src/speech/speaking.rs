//! The rule by which somebody speaks. Where packets and events come from is the business of whoever feeds it.

use std::collections::{BTreeMap, VecDeque};

use media::Position;
use model::ParticipantId;

use super::Loudness;

/// Pauses shorter than this do not end speech (recording-api §6.3).
const SHORTEST_PAUSE_MICROS: i64 = 300_000;
/// For this long after the sound of the active speaker ended, an open microphone beside it is taken for as silent as before:
/// the platform needs about as long to name the next speaker.
const HANDOVER_MICROS: i64 = 1_000_000;
/// What is shorter than this, pauses not counted, is a click and no speech.
const SHORTEST_SPEECH_MICROS: i64 = 60_000;

/// Somebody begins or ceases to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpeechChange {
    /// Who.
    pub who: ParticipantId,
    /// When; before the input that told it, by as long as it took to be sure.
    pub at: Position,
    /// Whether it is the beginning.
    pub speaks: bool,
}

/// Tells speech from packets of sound and from what the platform says of the active speaker.
///
/// * Nobody speaks without a packet of sound: what was received bounds speech from above.
/// * Where the loudness is known, a packet that is loud is speech, one that is quiet is none, and a faint one is while its
///   sender speaks.
/// * Where it is not known, a packet is speech, unless the active speaker is somebody else whose sound of unknown loudness
///   is there at that moment as well. What was no speech for that reason and goes on is none for a second after that sound
///   ended either; what begins then is.
/// * A mix of all is the voice of the active speaker, by the same rule of loudness; while the platform names nobody it is
///   nobody's.
/// * Pauses below 300 ms are speech, and what is shorter than 60 ms altogether is not.
///
/// Inputs come in the order of their time; what comes late is taken as far as it still matters. After each, drain
/// [`Speaking::poll_output`]. Holds a few words for each participant who was heard.
#[derive(Clone, Debug, Default)]
pub struct Speaking {
    active: Option<ParticipantId>,
    voices: BTreeMap<ParticipantId, Voice>,
    /// The microphones whose sound is of unknown loudness.
    unmeasured: BTreeMap<ParticipantId, Microphone>,
    changes: VecDeque<SpeechChange>,
    /// When the first voice will have paused for long enough; `None` if nobody may be speaking.
    timeout: Option<Position>,
}

/// Sound of unknown loudness.
#[derive(Clone, Copy, Debug)]
struct Microphone {
    /// Up to where it was received.
    until: Position,
    /// Whether the active speaker was preferred to it at last.
    is_outdone: bool,
}

/// Somebody who speaks, or is about to.
#[derive(Clone, Copy, Debug)]
struct Voice {
    start: Position,
    end: Position,
    spoken_micros: i64,
    is_told: bool,
}

impl Voice {
    const fn is_over_at(&self) -> Position {
        Position::from_micros(self.end.micros().saturating_add(SHORTEST_PAUSE_MICROS))
    }
}

impl Speaking {
    /// Nobody speaks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a packet of sound that lies from `start` to `end`; `who` is `None` for a mix of all.
    pub fn handle_packet(&mut self, who: Option<ParticipantId>, start: Position, end: Position, loudness: Loudness) {
        self.handle_timeout(start);
        let is_outdone = who.is_some_and(|who| loudness == Loudness::Unknown && self.outdo(who, start, end));
        let Some(who) = who.or(self.active) else { return };
        let is_speech = match loudness {
            Loudness::Loud => true,
            Loudness::Faint => self.voices.contains_key(&who),
            Loudness::Quiet => false,
            Loudness::Unknown => !is_outdone,
        };
        if is_speech && start < end {
            self.speak(who, start, end);
        }
    }

    /// Takes what the platform says of who speaks.
    pub fn handle_active_speaker(&mut self, who: ParticipantId, at: Position) {
        self.handle_timeout(at);
        self.active = Some(who);
    }

    /// Takes note that somebody left, and so is not the active speaker any more.
    pub fn handle_left(&mut self, who: ParticipantId, at: Position) {
        self.handle_timeout(at);
        self.active.take_if(|active| *active == who);
    }

    /// Lets time pass until `now`.
    pub fn handle_timeout(&mut self, now: Position) {
        if self.timeout.is_none_or(|timeout| now < timeout) {
            return;
        }
        let changes = &mut self.changes;
        self.voices.retain(|who, voice| {
            let goes_on = now < voice.is_over_at();
            if !goes_on && voice.is_told {
                changes.push_back(SpeechChange { who: *who, at: voice.end, speaks: false });
            }
            goes_on
        });
        self.timeout = self.voices.values().map(Voice::is_over_at).min();
    }

    /// When [`Speaking::handle_timeout`] has something to do at the earliest, if nothing is heard meanwhile.
    pub fn poll_timeout(&self) -> Option<Position> {
        self.timeout
    }

    /// The next change that was found.
    pub fn poll_output(&mut self) -> Option<SpeechChange> {
        self.changes.pop_front()
    }

    /// Takes note of sound of unknown loudness; whether the active speaker is preferred to it.
    fn outdo(&mut self, who: ParticipantId, start: Position, end: Position) -> bool {
        let rival = self.active.filter(|active| *active != who);
        let rival_until = rival.and_then(|rival| self.unmeasured.get(&rival)).map(|rival| rival.until);
        let fresh = Microphone { until: start, is_outdone: false };
        let microphone = self.unmeasured.entry(who).or_insert(fresh);
        let was_outdone = microphone.is_outdone && start.micros_since(microphone.until) < SHORTEST_PAUSE_MICROS;
        let patience_micros = if was_outdone { HANDOVER_MICROS } else { 0 };
        microphone.is_outdone = rival_until.is_some_and(|until| start.micros_since(until) <= patience_micros);
        microphone.until = microphone.until.max(end);
        microphone.is_outdone
    }

    fn speak(&mut self, who: ParticipantId, start: Position, end: Position) {
        let fresh = Voice { start, end: start, spoken_micros: 0, is_told: false };
        let voice = self.voices.entry(who).or_insert(fresh);
        let spoken_micros = end.micros_since(start.max(voice.end)).max(0);
        voice.spoken_micros = voice.spoken_micros.saturating_add(spoken_micros);
        voice.end = voice.end.max(end);
        if !voice.is_told && voice.spoken_micros >= SHORTEST_SPEECH_MICROS {
            voice.is_told = true;
            self.changes.push_back(SpeechChange { who, at: voice.start, speaks: true });
        }
        let over_at = voice.is_over_at();
        self.timeout = Some(self.timeout.map_or(over_at, |timeout| timeout.min(over_at)));
    }
}

#[cfg(test)]
mod tests;

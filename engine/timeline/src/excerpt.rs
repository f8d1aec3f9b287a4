//! A part of a timeline as a timeline of its own. Which part is wanted says [`Excerpt`]; what is made of it is decided in
//! `render`.

use std::collections::BTreeSet;

use media::{Position, SourceTime};
use model::{
    Blame, Event, EventBody, Excerpt, Fault, LossCause, Participant, ParticipantId, Turn, Utterance, platform::Leg,
};

use crate::{AudioTrack, Counts, Ending, Gap, TAKES_TURNS_MICROS, Timeline, VideoFrame, VideoTrack};

/// For how long a picture before the excerpt may still be looked at in it, in microseconds.
const STILL_SEEN_MICROS: i64 = 2_000_000;
/// How near to its beginning the first picture of an excerpt must lie for none before it to be needed, in microseconds:
/// one picture of a 25 Hz camera.
const AT_ONCE_MICROS: i64 = 40_000;

/// A part that cannot be cut out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExcerptError {
    /// It would not last.
    #[error(
        "from {from_ms} ms to {to_ms} ms there is nothing: the recording lasts {end_ms} ms; ask for a stretch of it"
    )]
    Empty {
        /// Where it would begin.
        from_ms: u64,
        /// Where it would end.
        to_ms: u64,
        /// Where the recording ends.
        end_ms: u64,
    },
    /// Nobody of that number is in the recording.
    #[error("there is no participant {0} to leave out; the numbers are those of participants.json")]
    Unknown(ParticipantId),
    /// Everybody's sound came as one mix, or pictures without saying whose.
    #[error("nobody can be left out: the platform sent everybody's sound as one mix, or pictures without saying whose")]
    Mixed,
}

impl Fault for ExcerptError {
    fn blame(&self) -> Blame {
        Blame::Caller
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "excerpt_empty",
            Self::Unknown(_) => "excerpt_unknown_participant",
            Self::Mixed => "excerpt_of_a_mix",
        }
    }
}

impl Timeline {
    /// The part that `excerpt` asks for; its second 0 is where it begins.
    ///
    /// What happened before is kept with negative positions as far as it tells how things stand at second 0: events, and the
    /// pictures that the first ones cannot be decoded without. A sentence that begins before or ends after is kept, with its
    /// times cut to the part. The counts are those of the whole and so are left out, as is whatever the platform refused; of the
    /// whole nothing is left out.
    ///
    /// # Errors
    /// [`ExcerptError`]: an empty stretch, somebody who is not there, or somebody who cannot be taken out of a mix.
    pub fn excerpt(&self, excerpt: &Excerpt) -> Result<Self, ExcerptError> {
        if excerpt.is_whole() {
            return Ok(self.clone());
        }
        let end_ms = u64::try_from(self.end.ms()).unwrap_or(0);
        let is_to_the_end = excerpt.to_ms.is_none_or(|to_ms| to_ms >= end_ms);
        let to_ms = excerpt.to_ms.unwrap_or(end_ms).min(end_ms);
        if excerpt.from_ms >= to_ms {
            return Err(ExcerptError::Empty { from_ms: excerpt.from_ms, to_ms, end_ms });
        }
        let seen = || self.video.frames.iter().chain(&self.share.frames).map(|frame| frame.source);
        let is_here = |who: &ParticipantId| self.people.contains_key(who) || seen().any(|source| source == who.0);
        if let Some(unknown) = excerpt.without.iter().find(|who| !is_here(who)) {
            return Err(ExcerptError::Unknown(*unknown));
        }
        let is_anybodys = self.audio.iter().any(|track| track.who().is_none()) || seen().any(|source| source <= 0);
        if !excerpt.without.is_empty() && is_anybodys {
            return Err(ExcerptError::Mixed);
        }
        let cut = Cut {
            excerpt,
            from: place(excerpt.from_ms),
            to: if is_to_the_end { self.end } else { place(to_ms) },
            origin: self.origin,
        };
        Ok(cut.of(self, is_to_the_end))
    }
}

fn place(ms: u64) -> Position {
    Position::from_ms(i64::try_from(ms).unwrap_or(i64::MAX))
}

/// Takes things of the whole into the part.
struct Cut<'a> {
    excerpt: &'a Excerpt,
    from: Position,
    to: Position,
    origin: SourceTime,
}

impl Cut<'_> {
    fn of(&self, whole: &Timeline, is_to_the_end: bool) -> Timeline {
        let ended =
            whole.ended.as_ref().map(|ended| Ending { cut_short: ended.cut_short && is_to_the_end, ..ended.clone() });
        Timeline {
            origin: self.origin.plus_ms(self.from.ms()),
            end: self.moved(self.to),
            people: whole
                .people
                .iter()
                .filter(|(who, _)| self.keeps(**who))
                .map(|(who, of)| (*who, of.clone()))
                .collect(),
            events: whole.events.iter().filter(|event| self.keeps_event(event)).cloned().collect(),
            utterances: whole.utterances.iter().filter_map(|utterance| self.utterance(utterance)).collect(),
            audio: whole.audio.iter().filter_map(|track| self.sound(track)).collect(),
            video: self.pictures(&whole.video, Leg::Video, &whole.gaps),
            share: self.pictures(&whole.share, Leg::Share, &whole.gaps),
            speech: whole.speech.iter().filter_map(|turn| self.turn(turn)).collect(),
            gaps: self.gaps(whole),
            refused: Vec::new(),
            substitutions: Vec::new(),
            contradictions: Vec::new(),
            jumps: Vec::new(),
            skew: whole.skew,
            counts: Counts::default(),
            // A stretch that ends before the recording does was cut short by nobody but whoever asked for it.
            ended,
            is_whole: whole.is_whole,
        }
    }

    fn keeps(&self, who: ParticipantId) -> bool {
        !self.excerpt.without.contains(&who)
    }

    fn keeps_source(&self, source: i64) -> bool {
        self.keeps(ParticipantId(source))
    }

    fn keeps_one(&self, who: Option<&Participant>) -> bool {
        who.is_none_or(|who| self.keeps(who.id))
    }

    /// A place of the whole, in the part.
    fn moved(&self, at: Position) -> Position {
        Position::from_micros(at.micros_since(self.from))
    }

    /// A stretch of the whole, in the part; `None` if nothing of it is.
    fn stretch(&self, start: Position, end: Position) -> Option<(Position, Position)> {
        let (start, end) = (start.max(self.from), end.min(self.to));
        (start < end).then(|| (self.moved(start), self.moved(end)))
    }

    fn keeps_event(&self, event: &Event) -> bool {
        // An end that comes later tells that a share or a stay goes on until then.
        let ends = matches!(event.body, EventBody::ShareOff { .. } | EventBody::Left { .. });
        (ends || event.at.position(self.origin) < self.to)
            && match &event.body {
                EventBody::Joined { participant } | EventBody::Renamed { participant } => self.keeps(participant.id),
                EventBody::Left { id }
                | EventBody::ActiveSpeaker { id }
                | EventBody::VideoOn { id }
                | EventBody::VideoOff { id }
                | EventBody::ShareOn { id } => self.keeps(*id),
                EventBody::ShareOff { id } => id.is_none_or(|id| self.keeps(id)),
                EventBody::Transcript(utterance) => self.keeps_one(utterance.speaker.as_ref()),
                EventBody::Chat(message) => {
                    self.keeps_one(message.sender.as_ref()) && self.keeps_one(message.receiver.as_ref())
                }
                EventBody::Status { .. } | EventBody::Paused | EventBody::Resumed => true,
            }
    }

    fn utterance(&self, utterance: &Utterance) -> Option<Utterance> {
        let (from, to) = (self.origin.plus_ms(self.from.ms()), self.origin.plus_ms(self.to.ms()));
        let is_in_it = utterance.start < to && utterance.end > from && self.keeps_one(utterance.speaker.as_ref());
        is_in_it.then(|| Utterance {
            start: utterance.start.max(from),
            end: utterance.end.min(to),
            ..utterance.clone()
        })
    }

    fn turn(&self, turn: &Turn) -> Option<Turn> {
        let (start, end) = self.stretch(turn.start, turn.end).filter(|_| self.keeps(turn.who))?;
        Some(Turn { who: turn.who, start, end })
    }

    /// What is missing of the whole, and where the platform had turned to somebody who is left out: pictures behind that do not follow
    /// those before.
    fn gaps(&self, whole: &Timeline) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = whole.gaps.iter().filter_map(|gap| self.gap(gap)).collect();
        for (track, kind) in [(&whole.video, Leg::Video), (&whole.share, Leg::Share)] {
            let is_of_one =
                |a: &&VideoFrame, b: &&VideoFrame| self.keeps_source(a.source) == self.keeps_source(b.source);
            let frames: Vec<&VideoFrame> = track.frames.iter().collect();
            let runs: Vec<&[&VideoFrame]> = frames.chunk_by(is_of_one).collect();
            for around in runs.windows(3) {
                let [[.., before], [first, .., last] | [first @ last], [after, ..]] = around else { continue };
                let is_away = after.at.micros_since(before.at) > TAKES_TURNS_MICROS;
                if self.keeps_source(before.source) && before.source == after.source && is_away {
                    let turned = Gap { kind, start: first.at, end: last.at.plus_ms(1), cause: LossCause::Pause };
                    gaps.extend(self.gap(&turned));
                }
            }
        }
        gaps.sort_by_key(|gap| (gap.start, gap.kind));
        gaps
    }

    fn gap(&self, gap: &Gap) -> Option<Gap> {
        self.stretch(gap.start, gap.end).map(|(start, end)| Gap { start, end, ..*gap })
    }

    fn sound(&self, track: &AudioTrack) -> Option<AudioTrack> {
        let inside = track.frames.iter().filter(|frame| (self.from..self.to).contains(&frame.at));
        let frames: Vec<_> = inside.map(|frame| crate::AudioFrame { at: self.moved(frame.at), ..*frame }).collect();
        let is_in_it = !frames.is_empty() && self.keeps_source(track.source);
        is_in_it.then_some(AudioTrack { source: track.source, format: track.format, frames })
    }

    /// The pictures from the first one that has to be decoded, with the formats that they have.
    fn pictures(&self, track: &VideoTrack, kind: Leg, gaps: &[Gap]) -> VideoTrack {
        let first = self.first_to_decode(&track.frames, kind, gaps);
        let until = track.frames.partition_point(|frame| frame.at < self.to);
        let mut part = VideoTrack { frames: Vec::new(), parameter_sets: Vec::new(), damaged: 0, ..track.clone() };
        for frame in track.frames.get(first..until).unwrap_or_default() {
            if !self.keeps_source(frame.source) {
                continue;
            }
            let sets = track.format_of(frame).map_or(frame.sets, |format| {
                let known = part.parameter_sets.iter().position(|known| known == format);
                let number = known.unwrap_or_else(|| {
                    part.parameter_sets.push(format.clone());
                    part.parameter_sets.len() - 1
                });
                // There are no more of them than in the whole.
                u16::try_from(number).unwrap_or(frame.sets)
            });
            part.frames.push(VideoFrame { at: self.moved(frame.at), sets, ..*frame });
        }
        part
    }

    /// The place in the list from which pictures have to be decoded, so that those can be shown that are still seen where the
    /// part begins: of each source, its last key picture. Of a camera that is one that is not old, of a screen any: a slide stays.
    /// Nothing before a gap helps.
    fn first_to_decode(&self, frames: &[VideoFrame], kind: Leg, gaps: &[Gap]) -> usize {
        let inside = frames.partition_point(|frame| frame.at < self.from);
        let opening = frames.get(inside..).unwrap_or_default();
        let opening = opening.iter().take_while(|frame| frame.at.micros_since(self.from) <= AT_ONCE_MICROS);
        let at_once: BTreeSet<i64> = opening.filter(|frame| frame.idr).map(|frame| frame.source).collect();
        let cuts = gaps.iter().filter(|gap| gap.kind == kind && gap.start < self.from);
        let whole_from = cuts.map(|gap| gap.end).max().unwrap_or(Position::ZERO);
        let is_seen = |frame: &VideoFrame| kind == Leg::Share || self.from.micros_since(frame.at) <= STILL_SEEN_MICROS;
        let before = frames.get(..inside).unwrap_or_default();
        let recent = before.iter().rev().take_while(|frame| is_seen(frame)).map(|frame| frame.source);
        let is_needed = |source: &i64| self.keeps_source(*source) && !at_once.contains(source);
        let mut seen: BTreeSet<i64> = recent.filter(is_needed).collect();
        if seen.is_empty() {
            return inside;
        }
        let keys = before.iter().enumerate().rev().take_while(|(_, frame)| frame.at >= whole_from);
        let mut first = inside;
        for (index, frame) in keys.filter(|(_, frame)| frame.key) {
            if seen.remove(&frame.source) {
                first = index;
            }
            if seen.is_empty() {
                break;
            }
        }
        first
    }
}

//! Where the parts of each participant's sound begin and end (recording-api §6.5). How each is made is in `part`.
//!
//! A part holds one stay of one person in one format: a new one begins when somebody comes back, when the sound comes in another
//! format, and after a pause that is longer than [`LONGEST_PAUSE_MS`]. Within a part there is silence where nothing was sent.

use std::{collections::BTreeMap, ops::Range};

use media::{AudioFormat, Position};
use model::{EventBody, ParticipantId};
use timeline::{AudioTrack, Timeline};

/// The longest pause within a part, in milliseconds: whoever is silent or muted for longer begins a new one.
const LONGEST_PAUSE_MS: i64 = 60_000;
/// How many parts a list has at most, those that begin first.
pub(crate) const MOST_PARTS: usize = 1_000;

/// One part of one participant's sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Who is heard; `None` for a mix of all.
    pub who: Option<ParticipantId>,
    /// Where its first sample lies, to the millisecond.
    pub start: Position,
    /// Where it ends, within the recording.
    pub end: Position,
    /// How its packets came.
    pub format: AudioFormat,
    /// Ordered by start.
    pub(super) runs: Vec<Run>,
}

/// Packets of one track that play without a break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) start: Position,
    pub(super) track: usize,
    /// Which of the track.
    pub(super) packets: Range<usize>,
    end: Position,
}

/// The parts of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Ordered by start.
    pub parts: Vec<Part>,
    /// How many more there would be than a list may have.
    pub left_out: usize,
}

/// Parts everybody's sound.
pub fn parts(timeline: &Timeline) -> Parts {
    let returns = returns(timeline);
    let mut sources: BTreeMap<i64, Vec<Run>> = BTreeMap::new();
    for (n, track) in timeline.audio.iter().enumerate() {
        let mut first = 0;
        for spurt in track.spurts() {
            let packets = spurt.frames.len();
            if spurt.start < timeline.end {
                let packets = first..first + packets;
                let run = Run { start: spurt.start, track: n, packets, end: spurt.end };
                sources.entry(track.source).or_default().push(run);
            }
            first += packets;
        }
    }
    let mut parts = Vec::new();
    for mut runs in sources.into_values() {
        runs.sort_by_key(|run| run.start);
        let mut open: Option<Part> = None;
        for run in runs {
            let Some(track) = timeline.audio.get(run.track) else { continue };
            match &mut open {
                Some(part) if part.continues_with(&run, track, &returns) => part.take_in(run),
                _ => parts.extend(open.replace(Part::begun(run, track))),
            }
        }
        parts.extend(open);
    }
    for part in &mut parts {
        part.end = part.end.min(timeline.end);
    }
    parts.sort_by_key(|part| (part.start, part.who));
    let left_out = parts.len().saturating_sub(MOST_PARTS);
    parts.truncate(MOST_PARTS);
    Parts { parts, left_out }
}

impl Part {
    /// How long it is, as the end of a file that begins with it.
    pub fn length(&self) -> Position {
        Position::from_micros(self.end.micros_since(self.start))
    }

    /// How many packets it has.
    pub fn packets(&self) -> usize {
        self.runs.iter().map(|run| run.packets.len()).sum()
    }

    fn begun(run: Run, track: &AudioTrack) -> Self {
        Self { who: track.who(), start: run.start, end: run.end, format: track.format, runs: vec![run] }
    }

    fn take_in(&mut self, run: Run) {
        self.end = self.end.max(run.end);
        self.runs.push(run);
    }

    fn continues_with(&self, run: &Run, track: &AudioTrack, returns: &Returns) -> bool {
        let pause_micros = run.start.micros_since(self.end);
        let came_back = self.who.and_then(|who| returns.get(&who)).is_some_and(|returns| {
            let before = returns.partition_point(|at| *at <= self.start);
            returns.get(before).is_some_and(|at| *at <= run.start)
        });
        self.format == track.format && pause_micros <= LONGEST_PAUSE_MS * 1000 && !came_back
    }
}

type Returns = BTreeMap<ParticipantId, Vec<Position>>;

/// When somebody came back who had left under the same number.
fn returns(timeline: &Timeline) -> Returns {
    let mut left: BTreeMap<ParticipantId, bool> = BTreeMap::new();
    let mut returns = Returns::new();
    for event in &timeline.events {
        match &event.body {
            EventBody::Left { id } => {
                left.insert(*id, true);
            }
            EventBody::Joined { participant } if left.insert(participant.id, false) == Some(true) => {
                returns.entry(participant.id).or_default().push(timeline.position(event.at));
            }
            _ => {}
        }
    }
    returns
}

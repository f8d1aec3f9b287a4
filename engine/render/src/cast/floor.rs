//! Who has the word, for the speaker view: whoever dominates for 1.5 s gets it and keeps it for 2 s at least, and while nobody speaks
//! it stays where it is (recording-api §9.2).

use std::collections::BTreeSet;

use model::{EventBody, ParticipantId};
use timeline::Timeline;

/// How long somebody has to dominate before the word passes, in microseconds.
const DOMINANT_MICROS: i64 = 1_500_000;
/// How long the word stays at least, in microseconds.
const HOLD_MICROS: i64 = 2_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Left,
    Silent,
    Speaks,
    /// The platform names the active speaker.
    Named,
}

/// Who has the word from where on, each another one than before; nobody has it before the first.
pub(super) fn floor(timeline: &Timeline) -> Vec<(i64, Option<ParticipantId>)> {
    let mut changes = Vec::new();
    for turn in &timeline.speech {
        changes.push((turn.start.micros(), Change::Speaks, turn.who));
        changes.push((turn.end.micros(), Change::Silent, turn.who));
    }
    for event in &timeline.events {
        let at = timeline.position(event.at).micros();
        match event.body {
            EventBody::ActiveSpeaker { id } => changes.push((at, Change::Named, id)),
            EventBody::Left { id } => changes.push((at, Change::Left, id)),
            _ => {}
        }
    }
    changes.sort_by_key(|(at, change, _)| (*at, *change));
    // What happened before second 0 is in its own order, and tells how things stand then.
    changes.iter_mut().for_each(|(at, ..)| *at = (*at).max(0));
    let mut floor = Floor { by_name: timeline.speech.is_empty(), ..Floor::default() };
    for here in changes.chunk_by(|a, b| a.0 == b.0) {
        let Some((at, ..)) = here.first() else { continue };
        floor.pass_until(*at);
        for (_, change, who) in here {
            floor.take(*at, *change, *who);
        }
        floor.settle(*at);
    }
    floor.pass_until(timeline.end.micros());
    floor.given
}

#[derive(Debug, Default)]
struct Floor {
    /// Whether nothing but the platform's word tells who speaks.
    by_name: bool,
    speaking: BTreeSet<ParticipantId>,
    named: Option<ParticipantId>,
    /// Who dominates, and since when.
    dominant: Option<(ParticipantId, i64)>,
    /// Who has the word, and since when.
    has: Option<(ParticipantId, i64)>,
    given: Vec<(i64, Option<ParticipantId>)>,
}

impl Floor {
    fn take(&mut self, at: i64, change: Change, who: ParticipantId) {
        match change {
            Change::Speaks => {
                self.speaking.insert(who);
            }
            Change::Silent => {
                self.speaking.remove(&who);
            }
            Change::Named => self.named = Some(who),
            Change::Left => {
                self.speaking.remove(&who);
                self.dominant = self.dominant.filter(|(dominant, _)| *dominant != who);
                if self.named == Some(who) {
                    self.named = None;
                }
                if self.has.is_some_and(|(holder, _)| holder == who) {
                    self.has = None;
                    self.given.push((at, None));
                }
            }
        }
    }

    /// Passes the word on if that was due before `at`.
    fn pass_until(&mut self, at: i64) {
        let (Some((who, since)), Some((holder, held))) = (self.dominant, self.has) else { return };
        let due = since.saturating_add(DOMINANT_MICROS).max(held.saturating_add(HOLD_MICROS));
        if who != holder && due <= at {
            self.give(due, who);
        }
    }

    /// Judges who dominates now. The word that nobody has is given at once.
    fn settle(&mut self, at: i64) {
        let now = self.dominates();
        if self.dominant.map(|(who, _)| who) != now {
            self.dominant = now.map(|who| (who, at));
        }
        if let (Some((who, _)), None) = (self.dominant, self.has) {
            self.give(at, who);
        }
    }

    /// Whoever speaks alone; of several whom the platform names, else who has the word, else who dominated.
    fn dominates(&self) -> Option<ParticipantId> {
        if self.by_name {
            return self.named;
        }
        let holder = self.has.map(|(who, _)| who);
        let dominant = self.dominant.map(|(who, _)| who);
        let candidates = [self.named, holder, dominant].into_iter().flatten();
        match self.speaking.len() {
            0 | 1 => self.speaking.first().copied(),
            _ => candidates.into_iter().find(|who| self.speaking.contains(who)).or(self.speaking.first().copied()),
        }
    }

    fn give(&mut self, at: i64, who: ParticipantId) {
        self.has = Some((who, at));
        match self.given.last_mut() {
            Some(last) if last.0 == at => last.1 = Some(who),
            _ => self.given.push((at, Some(who))),
        }
    }
}

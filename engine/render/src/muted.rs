//! When a voice sent nothing although it could. Nothing tells of a microphone that is closed: whoever is muted sends no packets
//! at all, not silence (protocol §9.3), so that it is seen by that alone.
//!
//! It is no loss, and takes nothing from the grade. What is missing is declared by the timeline; how much of its time a track was
//! muted in all is in `ledger`.

use std::collections::BTreeMap;

use media::Position;
use model::{EventBody, ParticipantId};
use schema::document::{Gap, GapCause};
use timeline::Timeline;

use crate::ledger::{self, Stretch};

/// From which length on nothing counts as muted, in microseconds: what is shorter is how packets come (Zoom's own library fills
/// gaps from there on with silence).
const SHORTEST_MICROS: i64 = 500_000;

/// Every stretch in which somebody was in the meeting, sound could be received, and nothing came of him: by voice, then by time. In
/// mixed sound nobody's came.
pub(crate) fn muted(timeline: &Timeline) -> Vec<Gap> {
    let presence = presence(timeline);
    let missing = ledger::missing_of_sound(timeline);
    let mut gaps = Vec::new();
    for (source, heard, _) in ledger::sources(timeline) {
        let mut there = presence.get(&ParticipantId(source)).cloned().unwrap_or_default();
        // Who was never announced, or only later, was there when he was heard; a mix is there all the time.
        let first = heard.iter().map(|(from, _)| *from).min().filter(|_| source != 0).unwrap_or(0);
        if there.first().is_none_or(|(from, _)| first < *from) {
            let to = there.first().map_or(timeline.end.micros(), |(from, _)| *from);
            there.push((first, to));
        }
        let there = ledger::joined(there, timeline.end);
        let accounted = ledger::joined([heard, missing.clone()].concat(), timeline.end);
        let silent = without(&there, &accounted).into_iter().filter(|(from, to)| to - from >= SHORTEST_MICROS);
        gaps.extend(silent.map(|(from, to)| Gap {
            track: format!("audio/{source}"),
            start: Position::from_micros(from),
            end: Position::from_micros(to),
            cause: GapCause::Muted,
        }));
    }
    gaps
}

/// When each of those who were announced was in the meeting.
fn presence(timeline: &Timeline) -> BTreeMap<ParticipantId, Vec<Stretch>> {
    let mut presence: BTreeMap<ParticipantId, Vec<Stretch>> = BTreeMap::new();
    let end = timeline.end.micros();
    for event in &timeline.events {
        let at = timeline.position(event.at).micros().clamp(0, end);
        match &event.body {
            EventBody::Joined { participant } => {
                let stretches = presence.entry(participant.id).or_default();
                if stretches.last().is_none_or(|(_, to)| *to < end) {
                    stretches.push((at, end));
                }
            }
            EventBody::Left { id } => {
                if let Some(last) = presence.get_mut(id).and_then(|stretches| stretches.last_mut()) {
                    last.1 = last.1.min(at.max(last.0));
                }
            }
            _ => {}
        }
    }
    presence
}

/// What of `stretches` lies outside of `others`; both joined.
fn without(stretches: &[Stretch], others: &[Stretch]) -> Vec<Stretch> {
    let mut left = Vec::new();
    let mut at = 0;
    for (from, to) in stretches {
        let mut from = *from;
        while others.get(at).is_some_and(|other| other.1 <= from) {
            at += 1;
        }
        for other in others.iter().skip(at).take_while(|other| other.0 < *to) {
            if from < other.0 {
                left.push((from, other.0));
            }
            from = from.max(other.1);
        }
        if from < *to {
            left.push((from, *to));
        }
    }
    left
}

//! When a voice sent nothing although it could. Nothing tells of a microphone that is closed: whoever is muted sends no packets
//! at all, not silence (protocol §9.3), so that it is seen by that alone.
//!
//! It is no loss, and takes nothing from the grade. What is missing is declared by the timeline; how much of its time a track was
//! muted in all is in `ledger`.

use media::Position;
use model::ParticipantId;
use schema::document::{Gap, GapCause};
use timeline::Timeline;

use crate::{
    ledger,
    presence::presence,
    stretch::{joined, without},
};

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
        let there = joined(there, timeline.end);
        let accounted = joined([heard, missing.clone()].concat(), timeline.end);
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

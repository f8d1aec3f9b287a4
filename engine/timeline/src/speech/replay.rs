//! Plays the sound of a log and its events to the rule of speech, in the order of their time.

use std::{cmp::Reverse, collections::BTreeMap, collections::BinaryHeap};

use media::Position;
use model::{Event, EventBody, ParticipantId, Turn};

use super::{Loudness, Speaking};
use crate::{AudioTrack, clock::Clock};

/// Who spoke when until `end`, ordered by start, then person. `loudness` says of each track how loud its packets are, in
/// their order; `events` are in the order of time.
pub(crate) fn turns(
    tracks: &[AudioTrack],
    loudness: &[Vec<Loudness>],
    events: &[Event],
    clock: Clock,
    end: Position,
) -> Vec<Turn> {
    let mut turns = Turns { begun: BTreeMap::new(), turns: Vec::new(), end };
    let mut speaking = Speaking::new();
    let mut told = events.iter().filter(|event| matters(event)).peekable();
    let next = |track: usize, index: usize| {
        let frame = tracks.get(track)?.frames.get(index)?;
        Some(Reverse((frame.at, track, index)))
    };
    let mut heap: BinaryHeap<_> = (0..tracks.len()).filter_map(|track| next(track, 0)).collect();
    while let Some(Reverse((at, track, index))) = heap.pop() {
        heap.extend(next(track, index + 1));
        while let Some(event) = told.next_if(|event| clock.position(event.at) <= at) {
            match event.body {
                EventBody::ActiveSpeaker { id } => speaking.handle_active_speaker(id, clock.position(event.at)),
                EventBody::Left { id } => speaking.handle_left(id, clock.position(event.at)),
                _ => {}
            }
        }
        if let (Some(sound), Some(levels)) = (tracks.get(track), loudness.get(track)) {
            let until = Position::from_micros(at.micros().saturating_add(sound.packet_micros()));
            let loudness = levels.get(index).copied().unwrap_or(Loudness::Unknown);
            speaking.handle_packet(sound.who(), at, until, loudness);
        }
        turns.take(&mut speaking);
    }
    while let Some(timeout) = speaking.poll_timeout() {
        speaking.handle_timeout(timeout);
        turns.take(&mut speaking);
    }
    turns.turns.sort_unstable_by_key(|turn| (turn.start, turn.who));
    turns.turns
}

fn matters(event: &Event) -> bool {
    matches!(event.body, EventBody::ActiveSpeaker { .. } | EventBody::Left { .. })
}

/// Turns as far as they are known.
struct Turns {
    begun: BTreeMap<ParticipantId, Position>,
    turns: Vec<Turn>,
    end: Position,
}

impl Turns {
    fn take(&mut self, speaking: &mut Speaking) {
        while let Some(change) = speaking.poll_output() {
            if change.speaks {
                self.begun.insert(change.who, change.at);
            } else if let Some(start) = self.begun.remove(&change.who) {
                let end = change.at.min(self.end);
                self.turns.extend((start < end).then_some(Turn { who: change.who, start, end }));
            }
        }
    }
}

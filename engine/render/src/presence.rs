//! Who was in the meeting when, as the platform announced it. Who was never announced is judged by whoever asks.

use std::collections::BTreeMap;

use model::{EventBody, ParticipantId};
use timeline::Timeline;

use crate::stretch::Stretch;

/// When each of those who were announced was in the meeting.
pub(crate) fn presence(timeline: &Timeline) -> BTreeMap<ParticipantId, Vec<Stretch>> {
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

//! What the catalogue knows of a capture that was let go: who was in the meeting, whether it was paused, and the newest
//! events, which a log that was not synced any more lacks (`docs/design/durability.md`, E5). What is made of the people is the
//! platform's business.

use std::collections::{BTreeMap, VecDeque};

use catalog::{Catalog, CatalogError};
use media::SourceTime;
use model::{CaptureId, Cursor, Epoch, Event, EventBody, Participant, ParticipantId, StartJob};

/// How many events are read at once.
const PAGE: u32 = 100;
/// How many of the newest events are written again: more than happen in the longest time that a log waits for its disk.
const NEWEST: usize = 2_000;
/// How much memory those may take, in bytes.
const NEWEST_BYTES: usize = 4 << 20;

/// A meeting as far as its events tell.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Recall {
    /// Everybody who is there.
    pub(crate) present: BTreeMap<ParticipantId, Participant>,
    /// Who shares a screen.
    pub(crate) sharer: Option<ParticipantId>,
    /// Since when media is withheld; `None` if it flows.
    pub(crate) paused_at: Option<SourceTime>,
    /// What happened last, but for changes of status, in order.
    pub(crate) newest: VecDeque<Event>,
    /// What those take of memory.
    pub(crate) newest_bytes: usize,
}

impl Recall {
    /// What the owners before knew; nothing, if there were none or their events cannot be read.
    pub(crate) async fn before(catalog: &Catalog, job: &StartJob) -> Self {
        if job.epoch <= Epoch(1) {
            return Self::default();
        }
        Self::of(catalog, job.capture.id).await.unwrap_or_else(|error| {
            tracing::warn!(capture = %job.capture.id, %error, "earlier events cannot be read; the log may lack the newest");
            Self::default()
        })
    }

    /// Reads every event of a capture.
    pub(crate) async fn of(catalog: &Catalog, capture: CaptureId) -> Result<Self, CatalogError> {
        let mut recall = Self::default();
        let mut last = Cursor::START;
        loop {
            let page = catalog.events_after(capture, last, PAGE).await?;
            let Some(latest) = page.last() else { return Ok(recall) };
            last = latest.cursor;
            page.into_iter().for_each(|event| recall.take(event.event));
        }
    }

    fn take(&mut self, event: Event) {
        match &event.body {
            EventBody::Joined { participant } | EventBody::Renamed { participant } => {
                self.present.insert(participant.id, participant.clone());
            }
            EventBody::Left { id } => {
                self.present.remove(id);
            }
            EventBody::ShareOn { id } => self.sharer = Some(*id),
            EventBody::ShareOff { .. } => self.sharer = None,
            EventBody::Paused => self.paused_at = Some(event.at),
            EventBody::Resumed => self.paused_at = None,
            EventBody::Status { .. } => return,
            _ => {}
        }
        self.newest_bytes += event.memory_bytes();
        self.newest.push_back(event);
        while self.newest.len() > NEWEST || self.newest_bytes > NEWEST_BYTES {
            self.newest_bytes -= self.newest.pop_front().map_or(self.newest_bytes, |oldest| oldest.memory_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{CaptureStatus, Pii, Utterance};

    use super::*;

    fn joined(id: i64) -> EventBody {
        EventBody::Joined { participant: Participant { id: ParticipantId(id), name: None } }
    }

    fn recall(bodies: impl IntoIterator<Item = EventBody>) -> Recall {
        let mut recall = Recall::default();
        bodies.into_iter().for_each(|body| recall.take(Event { at: SourceTime::from_unix_ms(1), body }));
        recall
    }

    #[test]
    fn whoever_came_and_did_not_leave_is_there() {
        let share = EventBody::ShareOn { id: ParticipantId(8) };
        let mut recall = recall([joined(7), joined(8), EventBody::Left { id: ParticipantId(7) }, share, joined(9)]);
        assert_eq!(recall.present.keys().map(|id| id.0).collect::<Vec<i64>>(), [8, 9]);
        assert_eq!(recall.sharer, Some(ParticipantId(8)));
        recall.take(Event { at: SourceTime::from_unix_ms(1), body: EventBody::ShareOff { id: None } });
        assert_eq!(recall.sharer, None);
    }

    #[test]
    fn a_pause_lasts_until_it_is_over() {
        let mut recall = recall([EventBody::Paused, joined(7)]);
        assert_eq!(recall.paused_at, Some(SourceTime::from_unix_ms(1)));
        recall.take(Event { at: SourceTime::from_unix_ms(2), body: EventBody::Resumed });
        assert_eq!(recall.paused_at, None);
    }

    #[test]
    fn the_newest_events_are_kept_but_for_changes_of_status() {
        let status = EventBody::Status { status: CaptureStatus::InCallRecording, sub_code: None };
        let many = (0..2_500).map(joined).chain([status]);
        let newest = recall(many).newest;
        assert_eq!(newest.len(), NEWEST);
        assert_eq!(newest.back().map(|event| event.body.clone()), Some(joined(2_499)));
    }

    #[test]
    fn of_events_that_are_large_fewer_are_kept() {
        let at = SourceTime::from_unix_ms(1);
        let text = Pii::new("x".repeat(64 << 10));
        let said = EventBody::Transcript(Utterance { speaker: None, text, start: at, end: at, language: None });
        let Recall { newest, newest_bytes, .. } = recall(std::iter::repeat_n(said, 200));
        assert_eq!(newest.len(), 63);
        assert_eq!(newest.iter().map(Event::memory_bytes).sum::<usize>(), newest_bytes);
    }
}

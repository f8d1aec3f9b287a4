//! The voice of a capture's owner: gives its events their numbers and announces them. What has to be durable before is the
//! business of `desk`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hub::Hub;
use model::{CaptureId, Cursor, Epoch, Event, SequencedEvent};

/// Numbers the events of one owner from 1, without holes.
pub(super) struct Voice {
    hub: Hub,
    capture: CaptureId,
    /// The place of the event that was numbered last.
    last: Mutex<Cursor>,
}

impl Voice {
    /// Of the owner of a capture in an epoch, who has told nothing yet.
    pub(super) fn new(hub: Hub, capture: CaptureId, epoch: Epoch) -> Self {
        Self { hub, capture, last: Mutex::new(Cursor { epoch, seq: 0 }) }
    }

    /// Whose events these are.
    pub(super) const fn capture(&self) -> CaptureId {
        self.capture
    }

    /// Gives an event the next number.
    pub(super) fn number(&self, event: Event) -> SequencedEvent {
        number(&mut self.last(), event)
    }

    /// Hands a numbered event to whoever listens.
    pub(super) fn announce(&self, event: SequencedEvent) {
        self.hub.publish(self.capture, Arc::new(event));
    }

    /// Numbers an event and announces it, before anybody else numbers one: whoever listens hears them in order.
    pub(super) fn say(&self, event: Event) {
        let mut last = self.last();
        self.announce(number(&mut last, event));
    }

    // A number is whole whenever the lock is free, so a panic elsewhere does not matter.
    fn last(&self) -> MutexGuard<'_, Cursor> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn number(last: &mut Cursor, event: Event) -> SequencedEvent {
    last.seq += 1;
    SequencedEvent { cursor: *last, event }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use media::SourceTime;
    use model::EventBody;

    use super::*;

    #[test]
    fn what_two_say_at_once_is_heard_in_order_and_without_a_hole() {
        const OF_EACH: usize = 1_000;
        let (hub, capture) = (Hub::new(), CaptureId::new(1, [1; 10]));
        hub.remember(capture, Epoch(1));
        let voice = Voice::new(hub.clone(), capture, Epoch(1));
        let talk = || {
            for _ in 0..OF_EACH {
                voice.say(Event { at: SourceTime::from_unix_ms(1), body: EventBody::Paused });
            }
        };
        thread::scope(|scope| {
            scope.spawn(talk);
            scope.spawn(talk);
        });
        // The memory of the hub takes only what comes next.
        let heard = hub.memory(capture).after(Cursor::START, 3 * OF_EACH).expect("everything from the beginning");
        assert_eq!(heard.len(), 2 * OF_EACH);
    }
}

//! What the readers of live events of one capture have together: what was told lately, and the capture as one of them saw it. What it is
//! that they tell alike, and how much of it is kept, is in `schema::event`; how long what one saw will do for the others, in `feed`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use ::feed::Glance;
use model::{CaptureId, SequencedEvent};
use schema::event::{Chorus, Narrator};

use crate::said::Said;

/// Of all captures that somebody follows.
#[derive(Debug, Default)]
pub(crate) struct AllShared(Mutex<HashMap<CaptureId, Weak<Parts>>>);

/// Of one capture, for as long as somebody follows it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Parts>);

#[derive(Debug, Default)]
struct Parts {
    chorus: Mutex<Chorus<Arc<Said>>>,
    glance: Arc<Glance>,
}

impl AllShared {
    /// Of a capture.
    pub(crate) fn of(&self, capture: CaptureId) -> Shared {
        let mut known = lock(&self.0);
        known.retain(|_, parts| parts.strong_count() > 0);
        let parts = known.get(&capture).and_then(Weak::upgrade).unwrap_or_default();
        known.insert(capture, Arc::downgrade(&parts));
        Shared(parts)
    }
}

impl Shared {
    /// What a narrator tells of the next event. The lock is held while that is made, which is once, and is nobody's but the readers'.
    pub(crate) fn tell(&self, narrator: &mut Narrator, event: &SequencedEvent) -> Arc<[Arc<Said>]> {
        lock(&self.0.chorus).tell(narrator, event, |told| Arc::new(Said::new(told)))
    }

    /// The capture as one of them saw it.
    pub(crate) fn glance(&self) -> Arc<Glance> {
        Arc::clone(&self.0.glance)
    }
}

/// What is kept is whole whenever the lock is free, or is made anew: a panic elsewhere does not matter.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_has_it_once_for_as_long_as_somebody_follows_it() {
        let all = AllShared::default();
        let [one, other] = [1, 2].map(|number| CaptureId::new(number, [1; 10]));
        let (first, second) = (all.of(one), all.of(one));
        assert!(Arc::ptr_eq(&first.0, &second.0));
        assert!(!Arc::ptr_eq(&first.0, &all.of(other).0));
        drop((first, second));
        let _third = all.of(other);
        assert_eq!(lock(&all.0).len(), 1, "what nobody follows is forgotten");
    }
}

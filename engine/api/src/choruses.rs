//! What was told lately of each capture that somebody follows live, shared by those who do. What it is that they tell alike, and how much
//! of it is kept, is in `schema::event`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use model::{CaptureId, SequencedEvent};
use schema::event::{Chorus, Narrator};

use crate::said::Said;

/// Of all captures.
#[derive(Debug, Default)]
pub(crate) struct Choruses(Mutex<HashMap<CaptureId, Weak<Telling>>>);

/// Of one capture, for as long as somebody follows it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Telling>);

type Telling = Mutex<Chorus<Arc<Said>>>;

impl Choruses {
    /// The one of a capture.
    pub(crate) fn of(&self, capture: CaptureId) -> Shared {
        let mut known = lock(&self.0);
        known.retain(|_, chorus| chorus.strong_count() > 0);
        let chorus = known.get(&capture).and_then(Weak::upgrade).unwrap_or_default();
        known.insert(capture, Arc::downgrade(&chorus));
        Shared(chorus)
    }
}

impl Shared {
    /// What a narrator tells of the next event. The lock is held while that is made, which is once, and is nobody's but the readers'.
    pub(crate) fn tell(&self, narrator: &mut Narrator, event: &SequencedEvent) -> Arc<[Arc<Said>]> {
        lock(&self.0).tell(narrator, event, |told| Arc::new(Said::new(told)))
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
    fn a_capture_has_one_for_as_long_as_somebody_follows_it() {
        let choruses = Choruses::default();
        let [one, other] = [1, 2].map(|number| CaptureId::new(number, [1; 10]));
        let (first, second) = (choruses.of(one), choruses.of(one));
        assert!(Arc::ptr_eq(&first.0, &second.0));
        assert!(!Arc::ptr_eq(&first.0, &choruses.of(other).0));
        drop((first, second));
        let _third = choruses.of(other);
        assert_eq!(lock(&choruses.0).len(), 1, "what nobody follows is forgotten");
    }
}

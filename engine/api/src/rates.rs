//! How many requests a customer may make in a minute (recording-api §11), where the operator wants that limited: buckets that fill up again,
//! steadily. Pure: time is an argument. Which requests are counted is in [`crate::throttle`].

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How long an empty bucket takes to be full, in milliseconds.
const MINUTE_MS: i64 = 60_000;
/// The most buckets that are known at once; beyond it there is one for all the others of a class.
const BUCKETS: usize = 4_096;

/// How many requests of each class may be made in a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Lists, of each key.
    pub lists: u32,
    /// Everything that concerns one object, of each key.
    pub objects: u32,
    /// Transcripts that are ordered, of each recording.
    pub transcripts: u32,
}

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    Lists,
    Objects,
    Transcripts,
}

impl Rates {
    pub(crate) const fn of(self, class: Class) -> u32 {
        match class {
            Class::Lists => self.lists,
            Class::Objects => self.objects,
            Class::Transcripts => self.transcripts,
        }
    }
}

/// When each bucket will be full, in microseconds since the Unix epoch; one that is full is not kept for long.
#[derive(Debug, Default)]
pub(crate) struct Buckets(Mutex<HashMap<(Class, String), i64>>);

impl Buckets {
    /// Takes one of `per_minute` requests.
    ///
    /// # Errors
    /// In how many seconds there is one, if there is none.
    pub(crate) fn take(&self, class: Class, whose: &str, per_minute: u32, now_unix_ms: i64) -> Result<(), u64> {
        let (now, minute) = (now_unix_ms.saturating_mul(1_000), MINUTE_MS * 1_000);
        let one = minute / i64::from(per_minute.max(1));
        let mut buckets = self.buckets();
        let mut key = (class, whose.to_owned());
        if buckets.len() >= BUCKETS && !buckets.contains_key(&key) {
            buckets.retain(|_, full_at| *full_at > now);
            if buckets.len() >= BUCKETS {
                key.1.clear();
            }
        }
        let full_at = buckets.entry(key).or_insert(now);
        // A clock that was set back must not make anybody wait for longer than from an empty bucket.
        let full = (*full_at).clamp(now, now.saturating_add(minute));
        let after = full.saturating_add(one);
        let beyond = after.saturating_sub(now.saturating_add(minute));
        *full_at = if beyond > 0 { full } else { after };
        if beyond > 0 { Err(beyond.unsigned_abs().div_ceil(1_000_000)) } else { Ok(()) }
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<(Class, String), i64>> {
        // Nothing panics while it holds the lock; a map is whole after any step anyway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_767_225_600_000;

    fn taken(buckets: &Buckets, whose: &str, now_unix_ms: i64) -> usize {
        (0..1_000).take_while(|_| buckets.take(Class::Lists, whose, 60, now_unix_ms).is_ok()).count()
    }

    #[test]
    fn a_minutes_worth_may_be_taken_at_once_and_then_one_by_one() {
        let buckets = Buckets::default();
        assert_eq!(taken(&buckets, "a", NOW), 60);
        assert_eq!(buckets.take(Class::Lists, "a", 60, NOW), Err(1));
        assert_eq!(buckets.take(Class::Lists, "a", 60, NOW + 999), Err(1));
        assert_eq!(taken(&buckets, "a", NOW + 1_000), 1);
        assert_eq!(taken(&buckets, "a", NOW + 11_000), 10);
        assert_eq!(taken(&buckets, "a", NOW + 600_000), 60, "it is never fuller than full");
    }

    #[test]
    fn keys_and_classes_have_buckets_of_their_own() {
        let buckets = Buckets::default();
        assert_eq!(taken(&buckets, "a", NOW), 60);
        assert_eq!(taken(&buckets, "b", NOW), 60);
        assert_eq!(buckets.take(Class::Objects, "a", 300, NOW), Ok(()));
        for _ in 0..5 {
            assert_eq!(buckets.take(Class::Transcripts, "a", 5, NOW), Ok(()));
        }
        assert_eq!(buckets.take(Class::Transcripts, "a", 5, NOW), Err(12));
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let buckets = Buckets::default();
        assert_eq!(taken(&buckets, "a", NOW), 60);
        let hour_ago = NOW - 3_600_000;
        assert_eq!(buckets.take(Class::Lists, "a", 60, hour_ago), Err(1));
        assert_eq!(taken(&buckets, "a", hour_ago + 2_000), 2);
    }

    #[test]
    fn the_memory_is_bounded_and_what_is_full_again_makes_room() {
        let buckets = Buckets::default();
        for number in 0..2 * BUCKETS {
            let _ = buckets.take(Class::Transcripts, &number.to_string(), 5, NOW);
        }
        assert_eq!(buckets.buckets().len(), BUCKETS + 1, "those beyond share one");
        assert!(buckets.take(Class::Transcripts, "beyond", 5, NOW).is_err());
        assert!(buckets.take(Class::Transcripts, "7", 5, NOW).is_ok(), "whoever is known has his own");
        assert!(buckets.take(Class::Transcripts, "beyond", 5, NOW + MINUTE_MS).is_ok());
        assert_eq!(buckets.buckets().len(), 1);
    }
}

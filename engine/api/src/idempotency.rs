//! Remembers the answers to requests that carried an `Idempotency-Key` (recording-api §1.5), in memory and for an hour.
//!
//! A convenience for callers who repeat a request: that one stream has one capture is held by `catalog`, also across
//! restarts.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    body::Bytes,
    http::{HeaderValue, StatusCode},
};

/// How long a finished answer is repeated, in milliseconds.
const MEMORY_MS: i64 = 3_600_000;
/// The most keys that are remembered; beyond it new requests run without a memory.
const LIMIT: usize = 4_096;
/// How much memory answers may take, in bytes; what does not fit is not remembered.
const LIMIT_BYTES: usize = 16 << 20;
/// The longest key that is remembered, in bytes.
const KEY_LIMIT_BYTES: usize = 255;

/// An answer that can be given again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) media_type: Option<HeaderValue>,
    pub(crate) body: Bytes,
}

enum Slot {
    Running,
    Finished { at_unix_ms: i64, answer: Answer },
}

type Slots = HashMap<(String, String), Slot>;

/// The memory; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Idempotency(Arc<Mutex<Slots>>);

/// What is known of a key.
pub(crate) enum Known {
    /// Nothing: the request shall run and report to the claim.
    New(Claim),
    /// It is still running.
    Running,
    /// It was answered.
    Answered(Answer),
}

/// A running request's hold on its key. Dropped without an answer it forgets the key.
pub(crate) struct Claim {
    memory: Idempotency,
    key: Option<(String, String)>,
}

impl Idempotency {
    /// Looks up `key` of `caller` and claims it if it is new.
    pub(crate) fn claim(&self, caller: &str, key: &str, now_unix_ms: i64) -> Known {
        let mut slots = self.slots();
        let full_key = (caller.to_owned(), key.to_owned());
        match slots.get(&full_key) {
            Some(Slot::Running) => return Known::Running,
            Some(Slot::Finished { at_unix_ms, answer }) if now_unix_ms - at_unix_ms < MEMORY_MS => {
                return Known::Answered(answer.clone());
            }
            Some(Slot::Finished { .. }) | None => {}
        }
        if slots.len() >= LIMIT {
            forget(&mut slots, now_unix_ms);
        }
        if slots.len() >= LIMIT || key.is_empty() || key.len() > KEY_LIMIT_BYTES {
            return Known::New(Claim { memory: self.clone(), key: None });
        }
        slots.insert(full_key.clone(), Slot::Running);
        Known::New(Claim { memory: self.clone(), key: Some(full_key) })
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        // Nothing panics while it holds the lock; a map is whole after any step anyway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the answers that are too old to be given again.
fn forget(slots: &mut Slots, now_unix_ms: i64) {
    slots.retain(|_, slot| match slot {
        Slot::Running => true,
        Slot::Finished { at_unix_ms, .. } => now_unix_ms - *at_unix_ms < MEMORY_MS,
    });
}

/// How much memory the answers take.
fn bytes(slots: &Slots) -> usize {
    let answers = slots.values().map(|slot| match slot {
        Slot::Running => 0,
        Slot::Finished { answer, .. } => answer.body.len(),
    });
    answers.sum()
}

impl Claim {
    /// Keeps the answer for whoever repeats the request.
    pub(crate) fn finish(mut self, answer: &Answer, now_unix_ms: i64) {
        let Some(key) = self.key.take() else { return };
        let mut slots = self.memory.slots();
        if bytes(&slots) + answer.body.len() > LIMIT_BYTES {
            forget(&mut slots, now_unix_ms);
        }
        if bytes(&slots) + answer.body.len() > LIMIT_BYTES {
            slots.remove(&key);
        } else {
            slots.insert(key, Slot::Finished { at_unix_ms: now_unix_ms, answer: answer.clone() });
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.memory.slots().remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Answer {
        Answer { status: StatusCode::CREATED, media_type: None, body: Bytes::from_static(b"{}") }
    }

    #[test]
    fn an_answer_is_repeated_for_an_hour_and_to_its_caller_only() {
        let memory = Idempotency::default();
        let Known::New(claim) = memory.claim("a", "k", 0) else { panic!("a new key is new") };
        assert!(matches!(memory.claim("a", "k", 1), Known::Running));
        claim.finish(&answer(), 10);
        assert!(matches!(memory.claim("a", "k", MEMORY_MS + 9), Known::Answered(same) if same == answer()));
        assert!(matches!(memory.claim("b", "k", 11), Known::New(_)));
        assert!(matches!(memory.claim("a", "k", MEMORY_MS + 10), Known::New(_)));
    }

    #[test]
    fn a_request_that_ends_without_an_answer_frees_its_key() {
        let memory = Idempotency::default();
        drop(memory.claim("a", "k", 0));
        assert!(matches!(memory.claim("a", "k", 1), Known::New(_)));
    }

    #[test]
    fn the_memory_is_bounded() {
        let memory = Idempotency::default();
        for number in 0..LIMIT {
            let Known::New(claim) = memory.claim("a", &number.to_string(), 0) else { panic!("a new key is new") };
            claim.finish(&answer(), 0);
        }
        let Known::New(beyond) = memory.claim("a", "beyond", 1) else { panic!("a new key is new") };
        assert!(beyond.key.is_none());
        let Known::New(later) = memory.claim("a", "later", MEMORY_MS) else { panic!("a new key is new") };
        assert!(later.key.is_some(), "old answers make room");
    }

    #[test]
    fn what_answers_take_is_bounded() {
        let memory = Idempotency::default();
        let large = Answer { body: Bytes::from(vec![0; LIMIT_BYTES / 2 + 1]), ..answer() };
        for (key, now_unix_ms, is_kept) in [("a", 0, true), ("b", 1, false), ("c", MEMORY_MS, true)] {
            let Known::New(claim) = memory.claim("a", key, now_unix_ms) else { panic!("a new key is new") };
            claim.finish(&large, now_unix_ms);
            let known = memory.claim("a", key, now_unix_ms);
            assert_eq!(matches!(known, Known::Answered(_)), is_kept, "{key}");
        }
    }
}

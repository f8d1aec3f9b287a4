//! How many connections each address holds.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::peer::Peer;

/// The connections of all addresses; clones share them.
#[derive(Clone, Debug)]
pub(super) struct Crowd {
    limit: usize,
    held: Arc<Mutex<HashMap<Peer, usize>>>,
}

/// A connection's place; free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    crowd: Crowd,
    /// `None` for whoever is not counted.
    peer: Option<Peer>,
}

impl Crowd {
    /// At most `limit` connections for each address.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, held: Arc::default() }
    }

    /// A place for one more connection; `None` if the address holds all it may.
    pub(super) fn enter(&self, peer: Peer) -> Option<Place> {
        if peer.may_be_many() {
            return Some(Place { crowd: self.clone(), peer: None });
        }
        let mut held = self.held();
        let count = held.entry(peer).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Place { crowd: self.clone(), peer: Some(peer) })
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Peer, usize>> {
        // Nothing panics while it holds the lock; the counts are right after any step.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(peer) = self.peer else { return };
        let mut held = self.crowd.held();
        if let Some(count) = held.get_mut(&peer) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                held.remove(&peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(addr: &str) -> Peer {
        Peer::new(addr.parse().expect("an address"))
    }

    #[test]
    fn an_address_holds_no_more_than_its_share_and_gets_it_back() {
        let crowd = Crowd::new(2);
        let first = crowd.enter(peer("203.0.113.7")).expect("a place");
        let _second = crowd.enter(peer("203.0.113.7")).expect("a place");
        assert!(crowd.enter(peer("203.0.113.7")).is_none());
        let other = crowd.enter(peer("203.0.113.8")).expect("a place of its own");
        drop(first);
        assert!(crowd.enter(peer("203.0.113.7")).is_some());
        drop(other);
        assert_eq!(crowd.held().len(), 1, "who holds nothing is not remembered");
    }

    #[test]
    fn a_proxy_may_hold_all() {
        let crowd = Crowd::new(1);
        let places: Vec<_> = (0..10).map(|_| crowd.enter(peer("10.0.0.1"))).collect();
        assert!(places.iter().all(Option::is_some));
    }
}

//! How many refused webhooks are put up with (fault-matrix D4): from one address before its refusals are answered 429 for a
//! while, and in all before they are only counted and no longer logged. What Zoom signed costs nothing here, and is never
//! refused for what others sent from the same address.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::peer::Peer;

/// How many refusals one address has at once.
const OF_A_PEER: u32 = 60;
/// How many lines about refusals are logged at once.
const OF_THE_LOG: u32 = 20;
/// How long until there is one more, of either.
const ONE_MORE: Duration = Duration::from_secs(1);
/// How many addresses are known at once; those beyond share one account.
const PEERS: usize = 4_096;

/// The accounts of refusals.
#[derive(Debug)]
pub(crate) struct Refusals(Mutex<Accounts>);

#[derive(Debug)]
struct Accounts {
    peers: HashMap<Peer, Account>,
    /// That of every address which has none of its own.
    others: Account,
    log: Account,
}

/// What is left of an amount that fills up again.
#[derive(Clone, Copy, Debug)]
struct Account {
    left: u32,
    full: u32,
    since: Instant,
}

impl Refusals {
    pub(crate) fn new(now: Instant) -> Self {
        let account = |full| Account { left: full, full, since: now };
        Self(Mutex::new(Accounts { peers: HashMap::new(), others: account(OF_A_PEER), log: account(OF_THE_LOG) }))
    }

    /// Whether an address was refused so often that it is told to wait.
    pub(crate) fn is_spent(&self, peer: Peer, now: Instant) -> bool {
        if peer.may_be_many() {
            return false;
        }
        let mut accounts = self.accounts();
        let Accounts { peers, others, .. } = &mut *accounts;
        match peers.get_mut(&peer) {
            Some(account) => account.left_at(now) == 0,
            None => peers.len() >= PEERS && others.left_at(now) == 0,
        }
    }

    /// Takes note of a refusal, and answers whether it may be logged.
    pub(crate) fn note(&self, peer: Option<Peer>, now: Instant) -> bool {
        let mut accounts = self.accounts();
        if let Some(peer) = peer.filter(|peer| !peer.may_be_many()) {
            accounts.of(peer, now).take(now);
        }
        accounts.log.take(now)
    }

    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        // Nothing panics while it holds the lock; accounts are whole after any step anyway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Accounts {
    fn of(&mut self, peer: Peer, now: Instant) -> &mut Account {
        if self.peers.len() >= PEERS && !self.peers.contains_key(&peer) {
            self.peers.retain(|_, account| account.left_at(now) < account.full);
            if self.peers.len() >= PEERS {
                return &mut self.others;
            }
        }
        self.peers.entry(peer).or_insert(Account { left: OF_A_PEER, full: OF_A_PEER, since: now })
    }
}

impl Account {
    fn left_at(&mut self, now: Instant) -> u32 {
        let seconds = now.saturating_duration_since(self.since).as_millis() / ONE_MORE.as_millis();
        let more = u32::try_from(seconds).unwrap_or(u32::MAX);
        if self.left.saturating_add(more) >= self.full {
            (self.left, self.since) = (self.full, now);
        } else {
            self.left += more;
            self.since += ONE_MORE * more;
        }
        self.left
    }

    fn take(&mut self, now: Instant) -> bool {
        let is_there = self.left_at(now) > 0;
        self.left = self.left.saturating_sub(1);
        is_there
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn peer(number: u32) -> Peer {
        Peer::new(IpAddr::V4(Ipv4Addr::from_bits(0x0800_0000 + number)))
    }

    #[test]
    fn an_address_is_told_to_wait_after_its_last_refusal_until_time_passed() {
        let now = Instant::now();
        let refusals = Refusals::new(now);
        for _ in 0..OF_A_PEER {
            assert!(!refusals.is_spent(peer(1), now));
            refusals.note(Some(peer(1)), now);
        }
        assert!(refusals.is_spent(peer(1), now));
        assert!(!refusals.is_spent(peer(2), now), "another address has an account of its own");
        assert!(refusals.is_spent(peer(1), now + ONE_MORE / 2));
        assert!(!refusals.is_spent(peer(1), now + ONE_MORE));
        refusals.note(Some(peer(1)), now + ONE_MORE);
        assert!(refusals.is_spent(peer(1), now + ONE_MORE));
    }

    #[test]
    fn whoever_may_speak_for_many_is_never_told_to_wait() {
        let now = Instant::now();
        let refusals = Refusals::new(now);
        let proxy = Peer::new(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let logged = (0..1_000).filter(|_| refusals.note(Some(proxy), now)).count();
        assert!(!refusals.is_spent(proxy, now));
        assert_eq!(logged, OF_THE_LOG as usize, "but the log does not grow with it");
        assert!(refusals.note(None, now + ONE_MORE));
        assert!(!refusals.note(None, now + ONE_MORE));
    }

    #[test]
    fn the_memory_of_addresses_is_bounded() {
        let now = Instant::now();
        let refusals = Refusals::new(now);
        let count = u32::try_from(PEERS).expect("a small number");
        for number in 0..count + 2 * OF_A_PEER {
            refusals.note(Some(peer(number)), now);
        }
        assert_eq!(refusals.accounts().peers.len(), PEERS);
        assert!(
            refusals.is_spent(peer(count + 3 * OF_A_PEER), now),
            "addresses beyond share an account, which is empty"
        );
        assert!(!refusals.is_spent(peer(7), now));
        let later = now + ONE_MORE * OF_A_PEER;
        refusals.note(Some(peer(count)), later);
        assert_eq!(refusals.accounts().peers.len(), 1, "accounts that are full again make room");
    }
}

//! The addresses that hosts were last reached at, for when their names cannot be resolved. When one is used is decided in
//! `reach`.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// For how long an address is good.
const GOOD_FOR: Duration = Duration::from_secs(300);
/// How many hosts are remembered.
const HOSTS: usize = 256;

/// The last good address of each host and port.
#[derive(Debug, Default)]
pub(crate) struct Remembered(Mutex<HashMap<String, (SocketAddr, Instant)>>);

impl Remembered {
    /// Where `authority` was reached within the last five minutes.
    pub(crate) fn last_good(&self, authority: &str, now: Instant) -> Option<SocketAddr> {
        let hosts = self.hosts();
        hosts.get(authority).filter(|(_, at)| now.duration_since(*at) < GOOD_FOR).map(|(address, _)| *address)
    }

    /// Remembers that `authority` was reached at `address`; where there is no room, the oldest is forgotten.
    pub(crate) fn note(&self, authority: String, address: SocketAddr, now: Instant) {
        let mut hosts = self.hosts();
        if hosts.len() >= HOSTS && !hosts.contains_key(&authority) {
            hosts.retain(|_, (_, at)| now.duration_since(*at) < GOOD_FOR);
        }
        if hosts.len() >= HOSTS
            && !hosts.contains_key(&authority)
            && let Some(oldest) = hosts.iter().min_by_key(|(_, (_, at))| *at).map(|(host, _)| host.clone())
        {
            hosts.remove(&oldest);
        }
        hosts.insert(authority, (address, now));
    }

    /// Whoever panicked with the lock left the map as whole as it was.
    fn hosts(&self) -> MutexGuard<'_, HashMap<String, (SocketAddr, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, last], 443))
    }

    #[test]
    fn an_address_is_good_for_five_minutes_after_it_was_last_reached() {
        let (remembered, start) = (Remembered::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(remembered.last_good("a:443", start), None);
        remembered.note("a:443".to_owned(), address(1), start);
        remembered.note("a:443".to_owned(), address(2), at(100));
        assert_eq!(remembered.last_good("a:443", at(399)), Some(address(2)));
        assert_eq!(remembered.last_good("a:443", at(400)), None);
        assert_eq!(remembered.last_good("a:8443", at(100)), None);
    }

    #[test]
    fn no_number_of_hosts_makes_it_grow_without_end() {
        let (remembered, start) = (Remembered::default(), Instant::now());
        for number in 0..2_000_u64 {
            remembered.note(format!("{number}:443"), address(1), start + Duration::from_millis(number));
        }
        assert_eq!(remembered.hosts().len(), 256);
        assert_eq!(remembered.last_good("0:443", start), None, "the oldest went first");
        assert!(remembered.last_good("1999:443", start + Duration::from_secs(2)).is_some());
    }
}

//! Who is at the other end of a connection, as far as its address tells. How much one of them may take is in
//! [`crate::refusals`] (refused webhooks) and [`crate::serve`] (connections).

use std::net::{IpAddr, Ipv6Addr};

/// The other end of a connection: an IPv4 address, or the /64 network of an IPv6 address, which is one customer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Peer(IpAddr);

impl Peer {
    pub(crate) fn new(addr: IpAddr) -> Self {
        Self(match addr.to_canonical() {
            IpAddr::V6(addr) => {
                let [a, b, c, d, ..] = addr.segments();
                let is_whole = addr.is_loopback() || addr.is_unspecified();
                IpAddr::V6(if is_whole { addr } else { Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0) })
            }
            v4 => v4,
        })
    }

    /// Whether it may stand for many: a proxy in front of us has an address of this machine or of a private network, and
    /// everybody comes through it. Nothing is limited by such an address; that is the proxy's to do.
    pub(crate) fn may_be_many(self) -> bool {
        match self.0 {
            IpAddr::V4(addr) => {
                let [a, b, ..] = addr.octets();
                let is_carriers = a == 100 && (64..128).contains(&b);
                addr.is_loopback() || addr.is_private() || addr.is_link_local() || is_carriers
            }
            IpAddr::V6(addr) => addr.is_loopback() || addr.is_unique_local() || addr.is_unicast_link_local(),
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
    fn a_network_of_one_customer_is_one_peer() {
        assert_eq!(peer("2001:db8:1:2::1"), peer("2001:db8:1:2:ffff::9"));
        assert_ne!(peer("2001:db8:1:2::1"), peer("2001:db8:1:3::1"));
        assert_eq!(peer("::ffff:203.0.113.7"), peer("203.0.113.7"));
        assert_ne!(peer("203.0.113.7"), peer("203.0.113.8"));
    }

    #[test]
    fn addresses_that_a_proxy_may_have_stand_for_many() {
        for addr in ["127.0.0.1", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "fe80::1"] {
            assert!(peer(addr).may_be_many(), "{addr}");
        }
        for addr in ["203.0.113.7", "172.32.0.1", "100.128.0.1", "2001:db8::1", "::ffff:8.8.8.8"] {
            assert!(!peer(addr).may_be_many(), "{addr}");
        }
    }
}

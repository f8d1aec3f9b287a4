//! One line of what the operator names as its own among the networks that are not public. Where that counts is in `receivers`.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use crate::{
    PatternError,
    pattern::{Host, HostPattern},
};

/// A host, or a network in the notation of RFC 4632 and RFC 4291 §2.3, such as `10.0.0.0/8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivatePattern(Named);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Host(HostPattern),
    Network { address: IpAddr, prefix_bits: u8 },
}

impl PrivatePattern {
    /// Whether it names `address`, to which `host` with `port` resolved. Without a port of its own it names every port.
    pub(crate) fn names(&self, host: &Host, port: u16, address: IpAddr) -> bool {
        match &self.0 {
            Named::Host(pattern) => pattern.names(host, port) || pattern.names(&Host::Address(address), port),
            Named::Network { address: network, prefix_bits } => match (network, address) {
                (IpAddr::V4(network), IpAddr::V4(address)) => {
                    masked_v4(*network, *prefix_bits) == masked_v4(address, *prefix_bits)
                }
                (IpAddr::V6(network), IpAddr::V6(address)) => {
                    masked_v6(*network, *prefix_bits) == masked_v6(address, *prefix_bits)
                }
                _ => false,
            },
        }
    }
}

fn masked_v4(address: Ipv4Addr, prefix_bits: u8) -> u32 {
    let beyond = 32_u32.saturating_sub(u32::from(prefix_bits));
    address.to_bits().checked_shr(beyond).unwrap_or(0)
}

fn masked_v6(address: Ipv6Addr, prefix_bits: u8) -> u128 {
    let beyond = 128_u32.saturating_sub(u32::from(prefix_bits));
    address.to_bits().checked_shr(beyond).unwrap_or(0)
}

impl FromStr for PrivatePattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let whole = text.trim();
        let Some((network, prefix_bits)) = whole.split_once('/').filter(|_| !whole.contains("://")) else {
            return whole.parse().map(|host| Self(Named::Host(host)));
        };
        let fault = || PatternError { pattern: text.to_owned(), reason: "nor is it a network such as `10.0.0.0/8`" };
        let address: IpAddr = network.parse().map_err(|_| fault())?;
        let most_bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = prefix_bits.parse().ok().filter(|bits| *bits <= most_bits).ok_or_else(fault)?;
        Ok(Self(Named::Network { address, prefix_bits }))
    }
}

impl fmt::Display for PrivatePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Named::Host(pattern) => pattern.fmt(f),
            Named::Network { address, prefix_bits } => write!(f, "{address}/{prefix_bits}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str, host: &str, port: u16, address: &str) -> bool {
        let host = host.parse().map_or_else(|_| Host::Name(host.to_owned()), Host::Address);
        line.parse::<PrivatePattern>().expect(line).names(&host, port, address.parse().expect(address))
    }

    #[test]
    fn a_host_is_named_wherever_it_leads_and_a_network_whoever_leads_there() {
        assert!(names("receiver.internal", "receiver.internal", 9000, "10.0.0.5"));
        assert!(!names("receiver.internal", "other.internal", 9000, "10.0.0.5"));
        assert!(names("*.internal", "other.internal", 80, "192.168.0.1"));
        assert!(names("receiver.internal:9000", "receiver.internal", 9000, "10.0.0.5"));
        assert!(!names("receiver.internal:9000", "receiver.internal", 80, "10.0.0.5"));
        assert!(names("10.0.0.5", "any.example", 80, "10.0.0.5"));
        assert!(names("10.0.0.0/8", "any.example", 80, "10.255.0.5"));
        assert!(!names("10.0.0.0/8", "any.example", 80, "11.0.0.5"));
        assert!(names("10.1.2.3/32", "10.1.2.3", 80, "10.1.2.3"));
        assert!(!names("10.1.2.3/32", "10.1.2.4", 80, "10.1.2.4"));
        assert!(names("0.0.0.0/0", "any.example", 80, "192.168.1.1"));
        assert!(names("fd00::/8", "any.example", 80, "fd12::1"));
        assert!(!names("fd00::/8", "any.example", 80, "fc00::1"));
        assert!(!names("0.0.0.0/0", "any.example", 80, "fd12::1"), "another family");
    }

    #[test]
    fn lines_are_printed_as_they_were_written_and_what_is_none_is_refused() {
        for text in ["receiver.internal", "*.internal:9000", "10.0.0.0/8", "fd00::/8"] {
            assert_eq!(text.parse::<PrivatePattern>().expect(text).to_string(), text);
        }
        for text in ["", "10.0.0.0/33", "10.0.0.0/", "fd00::/129", "name/8", "http://a.internal", "10.0.0.0/8/8"] {
            assert!(text.parse::<PrivatePattern>().is_err(), "{text}");
        }
    }
}

//! Which IP addresses belong to the public internet. Who may nevertheless connect to another one is decided in
//! `target`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether `address` is neither private, local, shared, reserved nor a disguise of such a one.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Whether `address` is local to a link, tells a machine about itself at a provider of machines, or is no single machine: what
/// no receiver of a customer is, whatever the operator names.
pub(crate) fn is_never_dialled(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_never_dialled_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => is_never_dialled_v4(address),
            None => {
                address.is_unspecified()
                    || address.is_multicast()
                    || address.is_unicast_link_local()
                    || METADATA_V6.contains(&address.segments())
            }
        },
    }
}

/// The metadata services of providers whose addresses are not link-local: Alibaba, Azure, Oracle.
const METADATA_V4: [[u8; 4]; 3] = [[100, 100, 100, 200], [168, 63, 129, 16], [192, 0, 0, 192]];

/// The same of Amazon, Google and Scaleway.
const METADATA_V6: [[u16; 8]; 3] =
    [[0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], [0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42]];

fn is_never_dialled_v4(address: Ipv4Addr) -> bool {
    let octets = address.octets();
    let [first, ..] = octets;
    first == 0 || first >= 224 || address.is_link_local() || METADATA_V4.contains(&octets)
}

/// The IPv4 address that one of IPv6 stands for: mapped or compatible (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0 | 0xffff) if (g, h) > (0, 1) => Some(v4(g, h)),
        (0x64, 0xff9b, 0 | 1, ..) => Some(v4(g, h)),
        (0x2002, ..) => Some(v4(b, c)),
        _ => None,
    }
}

/// The IANA special-purpose registry for IPv4 (RFC 6890), all of it.
const fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || a == 10
        || a == 127
        || (a == 100 && b & 0xc0 == 64)
        || (a == 169 && b == 254)
        || (a == 172 && b & 0xf0 == 16)
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 192 && b == 168)
        || (a == 198 && b & 0xfe == 18)
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113)
        || a >= 224)
}

/// Global unicast only, less what embeds an IPv4 address that is not public and less what is reserved for documents.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(embedded) = address.to_ipv4_mapped() {
        return is_public_v4(embedded);
    }
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b) {
        // NAT64 (RFC 6052) and 6to4 (RFC 3056).
        (0x64, 0xff9b) => (c, d, e, f) == (0, 0, 0, 0) && is_public_v4(v4(g, h)),
        (0x2002, _) => is_public_v4(v4(b, c)),
        // Protocol assignments with Teredo and ORCHID, documentation.
        (0x2001, 0..=0x01ff | 0x0db8) | (0x3fff, 0..=0x0fff) => false,
        (0x2000..=0x3fff, _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_lead_inside_are_not_public() {
        let inside = [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "100.64.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "fec0::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "2001:1ff::1",
            "3fff::1",
            "3fff:fff::1",
            "::127.0.0.1",
        ];
        for text in inside {
            assert!(!is_public(text.parse().expect(text)), "{text}");
        }
    }

    #[test]
    fn what_is_local_to_a_link_or_a_provider_is_never_dialled_in_any_disguise() {
        let never = [
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "ff02::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "fd00:42::42",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe",
            "2002:a9fe:a9fe::",
        ];
        for text in never {
            assert!(is_never_dialled(text.parse().expect(text)), "{text}");
        }
        for text in ["127.0.0.1", "::1", "10.0.0.1", "100.100.100.201", "fd00:ec2::253", "::ffff:10.0.0.1", "1.1.1.1"] {
            assert!(!is_never_dialled(text.parse().expect(text)), "{text}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        let outside = [
            "1.1.1.1",
            "170.114.0.1",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
            "2a00::1",
            "2001:200::1",
            "3fff:1000::1",
        ];
        for text in outside {
            assert!(is_public(text.parse().expect(text)), "{text}");
        }
    }
}

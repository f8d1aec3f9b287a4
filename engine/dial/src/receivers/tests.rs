//! Addresses of receivers as a table.

use super::*;
use crate::Refusal;

fn receivers(private: &[&str], require_tls: bool) -> Receivers {
    Receivers { private: private.iter().map(|line| line.parse().expect(line)).collect(), require_tls }
}

fn refusal(receivers: &Receivers, url: &str) -> Option<Refusal> {
    match receivers.check(url, Protocol::Http) {
        Ok(_) => None,
        Err(DialError::Refused { refusal, .. }) => Some(refusal),
        Err(other) => panic!("{url}: {other}"),
    }
}

const fn never(text: [u8; 4]) -> Option<Refusal> {
    Some(Refusal::NeverDialled {
        address: std::net::IpAddr::V4(std::net::Ipv4Addr::new(text[0], text[1], text[2], text[3])),
    })
}

#[test]
fn any_public_host_may_be_a_receiver_and_nothing_that_leads_inside() {
    let open = receivers(&[], false);
    let inside = |address: &str| Some(Refusal::Inside { address: address.parse().expect(address) });
    let cases = [
        ("https://hooks.example.com/a?token=1", None),
        ("http://hooks.example.com:8080/", None),
        ("https://1.1.1.1/", None),
        ("https://[2606:4700::1111]/", None),
        ("http://127.0.0.1/", inside("127.0.0.1")),
        ("http://2130706433/", inside("127.0.0.1")),
        ("http://0x7f.1/", inside("127.0.0.1")),
        ("http://[::1]/", inside("::1")),
        ("http://[::ffff:10.0.0.1]/", inside("10.0.0.1")),
        ("http://100.64.0.1/", inside("100.64.0.1")),
        ("http://192.168.0.1/", inside("192.168.0.1")),
        ("http://169.254.169.254/latest/meta-data", never([169, 254, 169, 254])),
        ("http://100.100.100.200/", never([100, 100, 100, 200])),
        ("http://0.0.0.0/", never([0, 0, 0, 0])),
        ("https://user@hooks.example.com/", Some(Refusal::Credentials)),
        ("https://user:pass@hooks.example.com/", Some(Refusal::Credentials)),
        ("https://hooks.example.com/#a", Some(Refusal::Malformed)),
        ("https://hooks.example.com\\@evil.example/", Some(Refusal::Malformed)),
        ("ftp://hooks.example.com/", Some(Refusal::NotSecure { wanted: "https` or `http" })),
        ("wss://hooks.example.com/", Some(Refusal::NotSecure { wanted: "https` or `http" })),
        ("file:///etc/passwd", Some(Refusal::NotSecure { wanted: "https` or `http" })),
        ("hooks.example.com", Some(Refusal::Malformed)),
        ("https://hooks.example.com%00.evil/", Some(Refusal::Malformed)),
        ("", Some(Refusal::Malformed)),
    ];
    for (url, expected) in cases {
        assert_eq!(refusal(&open, url), expected, "{url:?}");
    }
}

#[test]
fn where_tls_is_required_nothing_plain_is_dialled() {
    let strict = receivers(&[], true);
    assert_eq!(refusal(&strict, "http://hooks.example.com/"), Some(Refusal::NotSecure { wanted: "https" }));
    assert_eq!(refusal(&strict, "https://hooks.example.com/"), None);
    assert!(strict.check("ws://hooks.example.com/", Protocol::WebSocket).is_err());
    assert!(strict.check("wss://hooks.example.com/", Protocol::WebSocket).is_ok());
    assert!(receivers(&[], false).check("ws://hooks.example.com/", Protocol::WebSocket).is_ok());
}

#[test]
fn of_what_a_name_resolves_to_the_operator_may_name_all_but_what_is_never_dialled() {
    let named = receivers(&["receiver.internal", "10.0.0.0/8", "169.254.0.0/16", "0.0.0.0/0"], false);
    let narrow = receivers(&["receiver.internal", "10.0.0.0/8"], false);
    let leads = |receivers: &Receivers, host: &str, address: &str| {
        let target = receivers.check(&format!("http://{host}/"), Protocol::Http).expect(host);
        target.check_address(address.parse().expect(address)).is_ok()
    };
    assert!(leads(&narrow, "receiver.internal", "192.168.0.7"));
    assert!(leads(&narrow, "other.example", "10.9.8.7"));
    assert!(!leads(&narrow, "other.example", "192.168.0.7"));
    assert!(!leads(&narrow, "other.example", "127.0.0.1"));
    assert!(leads(&named, "other.example", "127.0.0.1"));
    for address in ["169.254.169.254", "100.100.100.200", "224.0.0.1", "0.0.0.0"] {
        assert!(!leads(&named, "receiver.internal", address), "{address}");
    }
}

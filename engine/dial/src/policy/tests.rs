//! The addresses of the fault matrix (D9) and more, as a table.

use super::*;

const NOT_SECURE: Refusal = Refusal::NotSecure { wanted: "wss" };

fn policy(hosts: &[&str]) -> Policy {
    Policy { allowed_hosts: hosts.iter().map(|host| host.parse().expect(host)).collect() }
}

fn refusal(policy: &Policy, url: &str) -> Option<Refusal> {
    match policy.check(url) {
        Ok(_) => None,
        Err(DialError::Refused { refusal, .. }) => Some(refusal),
        Err(other) => panic!("{url}: {other}"),
    }
}

#[test]
fn only_plain_secure_addresses_of_allowed_hosts_pass() {
    let zoom = policy(&["*.zoom.us", "*.zoomgov.com"]);
    let cases = [
        ("wss://zoomsjc1rtms.zoom.us", None),
        ("wss://zoomsjc1rtms.zoom.us:443/path?query=1", None),
        ("wss://ZOOMSJC1RTMS.ZOOM.US/", None),
        ("WSS://a.b.zoomgov.com", None),
        ("wss://evil-zoom.us", Some(Refusal::Host)),
        ("wss://evilzoom.us", Some(Refusal::Host)),
        ("wss://zoom.us", Some(Refusal::Host)),
        ("wss://zoom.us.evil.com", Some(Refusal::Host)),
        ("wss://a.zoom.us.evil.com/", Some(Refusal::Host)),
        ("wss://.zoom.us", Some(Refusal::Host)),
        ("wss://a.zoom.us.", Some(Refusal::Host)),
        ("wss://evil.com/a.zoom.us", Some(Refusal::Host)),
        ("wss://evil.com?a.zoom.us", Some(Refusal::Host)),
        ("wss://localhost", Some(Refusal::Host)),
        ("wss://user@a.zoom.us", Some(Refusal::Credentials)),
        ("wss://user:pass@a.zoom.us", Some(Refusal::Credentials)),
        ("wss://@a.zoom.us", Some(Refusal::Credentials)),
        ("wss://a.zoom.us@evil.com", Some(Refusal::Credentials)),
        ("wss://a.zoom.us#@evil.com", Some(Refusal::Malformed)),
        ("wss://a.zoom.us:8443", Some(Refusal::Port { port: 8443 })),
        ("wss://a.zoom.us:80", Some(Refusal::Port { port: 80 })),
        ("ws://a.zoom.us", Some(NOT_SECURE)),
        ("https://a.zoom.us", Some(NOT_SECURE)),
        ("file:///etc/passwd", Some(NOT_SECURE)),
        ("wss://127.0.0.1", Some(Refusal::IpLiteral)),
        ("wss://2130706433", Some(Refusal::IpLiteral)),
        ("wss://0x7f.1", Some(Refusal::IpLiteral)),
        ("wss://[::1]", Some(Refusal::IpLiteral)),
        ("wss://[::ffff:127.0.0.1]", Some(Refusal::IpLiteral)),
        ("wss://169.254.169.254/latest", Some(Refusal::IpLiteral)),
        ("wss://a.zoom.us\n", Some(Refusal::Malformed)),
        (" wss://a.zoom.us", Some(Refusal::Malformed)),
        ("wss://a.zoom.us\t.evil.com", Some(Refusal::Malformed)),
        ("wss://a.zoom.us\\.evil.com", Some(Refusal::Malformed)),
        ("wss:\\\\a.zoom.us", Some(Refusal::Malformed)),
        ("wss://a.zооm.us", Some(Refusal::Malformed)),
        ("wss://a.zoom。us", Some(Refusal::Malformed)),
        ("wss://xn--zom-gna.us", Some(Refusal::Host)),
        ("wss://", Some(Refusal::Malformed)),
        ("a.zoom.us", Some(Refusal::Malformed)),
        ("", Some(Refusal::Malformed)),
        ("wss://a.zoom.us:99999", Some(Refusal::Malformed)),
        ("wss://a%2ezoom.us@evil.com", Some(Refusal::Credentials)),
        ("wss://evil.com%2f.zoom.us", Some(Refusal::Malformed)),
        ("wss://evil.com%00.zoom.us", Some(Refusal::Malformed)),
    ];
    for (url, expected) in cases {
        assert_eq!(refusal(&zoom, url), expected, "{url:?}");
    }
}

#[test]
fn this_machine_is_dialled_only_where_it_is_named() {
    let any_port = policy(&["127.0.0.1", "localhost"]);
    assert_eq!(refusal(&any_port, "wss://127.0.0.1:40123/signaling"), None);
    assert_eq!(refusal(&any_port, "wss://localhost:40123"), None);
    assert_eq!(refusal(&any_port, "wss://127.0.0.2:40123"), Some(Refusal::IpLiteral));
    assert_eq!(refusal(&any_port, "ws://127.0.0.1:40123"), Some(NOT_SECURE));
    let one_port = policy(&["127.0.0.1:9000"]);
    assert_eq!(refusal(&one_port, "wss://127.0.0.1:9000"), None);
    assert_eq!(refusal(&one_port, "wss://127.0.0.1:9001"), Some(Refusal::Port { port: 9001 }));
    assert_eq!(refusal(&one_port, "wss://127.0.0.1"), Some(Refusal::Port { port: 443 }));
}

#[test]
fn a_name_that_resolves_inside_is_refused() {
    let zoom = policy(&["*.zoom.us", "localhost", "10.0.0.5"]);
    let address = |text: &str| text.parse().expect("an address");
    let named = zoom.check("wss://a.zoom.us").expect("an allowed host");
    assert!(named.check_address(address("170.114.1.1")).is_ok());
    for inside in ["127.0.0.1", "10.0.0.5", "169.254.169.254", "::1", "::ffff:10.0.0.5"] {
        let error = named.check_address(address(inside)).expect_err(inside);
        assert!(matches!(error, DialError::Refused { refusal: Refusal::PrivateAddress { .. }, .. }), "{error}");
    }
    let local = zoom.check("wss://localhost:9000").expect("an allowed host");
    assert!(local.check_address(address("127.0.0.1")).is_ok());
    assert!(local.check_address(address("::1")).is_ok());
    assert!(local.check_address(address("10.0.0.5")).is_err());
    let listed = zoom.check("wss://10.0.0.5").expect("a listed address");
    assert!(listed.check_address(address("10.0.0.5")).is_ok());
}

#[test]
fn an_address_has_at_most_4_kib_and_128_letters_of_it_are_shown_without_control_characters() {
    let zoom = policy(&["*.zoom.us"]);
    let of_length = |length: usize| format!("wss://a.zoom.us/{}", "x".repeat(length - 16));
    assert_eq!(refusal(&zoom, &of_length(4_096)), None);
    assert_eq!(refusal(&zoom, &of_length(4_097)), Some(Refusal::Malformed));
    let shown = |url: &str| match zoom.check(url) {
        Err(DialError::Refused { address, .. }) => address,
        other => panic!("{other:?}"),
    };
    assert_eq!(shown(&of_length(5_000)), of_length(128));
    assert_eq!(shown("wss://a\u{1b}[2J\r\n.zoom.us/"), "wss://a[2J.zoom.us/");
}

#[test]
fn an_error_shows_the_address_without_its_secrets() {
    let error = policy(&["*.zoom.us"]).check("wss://user:pass@evil.com/path?token=1").expect_err("credentials");
    let text = error.to_string();
    assert!(text.contains("wss://evil.com/path") && !text.contains("pass@") && !text.contains("token"), "{text}");
    assert!(error.permanent());
}

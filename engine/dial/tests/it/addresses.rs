//! What is never dialled (fault matrix D9): no byte leaves, and not even the resolver hears of it.

use std::{sync::Arc, time::Duration};

use dial::{DialError, Dialer, HttpRequest, Refusal};
use model::Fault;
use rcgen::CertificateParams;
use tokio::net::TcpListener;

use crate::server::{DEADLINE, LIMIT_BYTES, Scripted, Server, authority, policy, unbounded};

/// Addresses that look like one of `*.zoom.us` to somebody, and hosts that would have to be listed for them to be dialled.
const DISGUISES: &[&str] = &[
    // Other hosts.
    "wss://evil-zoom.us/",
    "wss://evilzoom.us/",
    "wss://zoom.us/",
    "wss://zoom.us.evil.com/",
    "wss://a.zoom.us.evil.com/",
    "wss://.zoom.us/",
    "wss://a.zoom.us./",
    "wss://a.zoom.us../",
    "wss://a.zoom.uss/",
    "wss://a.zoom.us%20/",
    "wss://a.zoom.us%00.evil.com/",
    "wss://a.zoom.us%2eevil.com/",
    "wss://evil.com/a.zoom.us",
    "wss://evil.com/?a.zoom.us",
    "wss://evil.com%2f.zoom.us/",
    "wss://evil.com%23.zoom.us/",
    "wss://evil.com%5c.zoom.us/",
    // Look-alikes, as letters and as punycode.
    "wss://a.zооm.us/",
    "wss://a.zoom。us/",
    "wss://a.ｚｏｏｍ.us/",
    "wss://a.zoom.us\u{200b}/",
    "wss://a.zoom\u{ad}.us/",
    "wss://xn--zom-gna.us/",
    "wss://a.xn--zom-jbc.us/",
    "wss://a.xn--zm-emca.us/",
    // Credentials.
    "wss://user@a.zoom.us/",
    "wss://user:pass@a.zoom.us/",
    "wss://@a.zoom.us/",
    "wss://:@a.zoom.us/",
    "wss://a.zoom.us@evil.com/",
    "wss://a.zoom.us:443@evil.com/",
    "wss://a.zoom.us%40evil.com/",
    "wss://a.zoom.us#@evil.com/",
    // Numbers, in every way that a parser of addresses reads them.
    "wss://127.0.0.1/",
    "wss://127.1/",
    "wss://2130706433/",
    "wss://0x7f000001/",
    "wss://0x7f.1/",
    "wss://0177.0.0.1/",
    "wss://017700000001/",
    "wss://127.0.0.1./",
    "wss://１２７.0.0.1/",
    "wss://169.254.169.254/latest/meta-data",
    "wss://0xa9fea9fe/",
    "wss://1.1.1.1/",
    "wss://[::1]/",
    "wss://[::ffff:127.0.0.1]/",
    "wss://[::ffff:7f00:1]/",
    "wss://[64:ff9b::7f00:1]/",
    "wss://[fe80::1%25eth0]/",
    "wss://[::1].zoom.us/",
    "wss://[a.zoom.us]/",
    // Ports.
    "wss://a.zoom.us:80/",
    "wss://a.zoom.us:8443/",
    "wss://a.zoom.us:0/",
    "wss://a.zoom.us:65536/",
    "wss://a.zoom.us:99999/",
    "wss://a.zoom.us:443:443/",
    "wss://a.zoom.us:-1/",
    "wss://a.zoom.us:4\t43/",
    // Other protocols.
    "ws://a.zoom.us/",
    "https://a.zoom.us/",
    "http://a.zoom.us/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:,a.zoom.us",
    "wss:a.zoom.us.evil.com",
    // What parsers forgive, and each differently.
    " wss://a.zoom.us/",
    "wss://a.zoom.us/ ",
    "wss://a.zoom.us\n/",
    "wss://a.zoom.us\r\nHost: evil.com/",
    "wss://a.zoom.us\t.evil.com/",
    "wss://a.zoom.us\0.evil.com/",
    "wss://a.zoom.us\\.evil.com/",
    "wss:\\\\a.zoom.us/",
    "wss://evil.com\\@a.zoom.us/",
    "wss://",
    "wss:///",
    "//a.zoom.us/",
    "a.zoom.us",
    "",
];

#[tokio::test]
async fn no_disguise_is_dialled_nor_resolved() {
    let server = Server::new(&authority(), certificate_of("a.zoom.us")).await;
    let network = Scripted::new(server.address, &[&["1.1.1.1"]]);
    let dialer =
        Dialer::new(policy(&["*.zoom.us"]), None).expect("a dialer").with_network(Arc::clone(&network) as Arc<_>);
    let long = [
        format!("wss://a.zoom.us/{}", "a".repeat(1 << 20)),
        format!("wss://{}.zoom.us/", "a".repeat(64)),
        format!("wss://{}zoom.us.evil.com/", "a.".repeat(100)),
        format!("wss://{}zoom.us/", "a.".repeat(200)),
        "wss://a..zoom.us/".to_owned(),
        "wss://a!.zoom.us/".to_owned(),
    ];
    for url in DISGUISES.iter().copied().chain(long.iter().map(String::as_str)) {
        let error = dialer.websocket(url, LIMIT_BYTES, unbounded(), DEADLINE).await.expect_err(url);
        assert!(matches!(error, DialError::Refused { .. }) && error.permanent(), "{url:?}: {error}");
        let over_http = url.replacen("wss:", "https:", 1);
        let request = HttpRequest { method: "GET", url: &over_http, headers: &[], body: Default::default() };
        // Over HTTP this one is none.
        if over_http != "https://a.zoom.us/" {
            dialer.http(request, LIMIT_BYTES, DEADLINE).await.expect_err(url);
        }
    }
    assert_eq!(network.asked(), [""; 0]);
    assert_eq!(network.connected(), [""; 0]);
}

#[tokio::test]
async fn with_the_hosts_listed_the_same_addresses_are_dialled() {
    let authority = authority();
    for (url, pattern) in [
        ("wss://evil-zoom.us/", "evil-zoom.us"),
        ("wss://zoom.us.evil.com/", "*.evil.com"),
        ("wss://zoom.us/", "zoom.us"),
        ("wss://a.zoom.us:8443/", "a.zoom.us:8443"),
        ("wss://xn--zom-gna.us/", "xn--zom-gna.us"),
        ("wss://2130706433/", "127.0.0.1"),
        ("wss://0x7f.1/", "127.0.0.1"),
        ("wss://[::1]/", "[::1]"),
    ] {
        let names = ["evil-zoom.us", "zoom.us.evil.com", "zoom.us", "a.zoom.us", "xn--zom-gna.us", "127.0.0.1", "::1"];
        let params = CertificateParams::new(names.map(str::to_owned)).expect("names");
        let server = Server::new(&authority, params).await;
        let network = Scripted::new(server.address, &[&["1.1.1.1"]]);
        let dialer = Dialer::new(policy(&[pattern]), Some(authority.pem().as_bytes()))
            .expect("a dialer")
            .with_network(Arc::clone(&network) as Arc<_>);
        let (client, _peer) = tokio::join!(dialer.websocket(url, LIMIT_BYTES, unbounded(), DEADLINE), server.accept());
        client.unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(network.connected().len(), 1, "{url}");
    }
}

#[tokio::test]
async fn a_name_that_changes_its_mind_after_the_check_is_connected_to_where_it_was_checked() {
    let authority = authority();
    let server = Server::new(&authority, certificate_of("a.zoom.us")).await;
    let network = Scripted::new(server.address, &[&["1.1.1.1"], &["127.0.0.1"]]);
    let dialer = Dialer::new(policy(&["*.zoom.us"]), Some(authority.pem().as_bytes()))
        .expect("a dialer")
        .with_network(Arc::clone(&network) as Arc<_>);
    let url = "wss://a.zoom.us/";
    let (client, _peer) = tokio::join!(dialer.websocket(url, LIMIT_BYTES, unbounded(), DEADLINE), server.accept());
    client.expect("a public address");
    assert_eq!(network.asked(), ["a.zoom.us"], "one resolution for one connection");
    assert_eq!(network.connected(), ["1.1.1.1"]);

    let error = dialer.websocket(url, LIMIT_BYTES, unbounded(), DEADLINE).await.expect_err("a private address");
    assert_eq!(error.code(), "address_is_private", "{error}");
    assert_eq!(network.asked().len(), 2);
    assert_eq!(network.connected(), ["1.1.1.1"], "nothing more was connected to");
}

/// C17: where the resolver fails, the address at which the host last proved itself serves, and no other.
#[tokio::test]
async fn an_address_is_good_once_its_host_proved_who_it_is() {
    let authority = authority();
    let url = "wss://a.zoom.us/";
    for (host, is_good) in [("a.zoom.us", true), ("b.zoom.us", false)] {
        let server = Server::new(&authority, certificate_of(host)).await;
        let network = Scripted::new(server.address, &[&["1.1.1.1"], &[]]);
        let dialer = Dialer::new(policy(&["*.zoom.us"]), Some(authority.pem().as_bytes()))
            .expect("a dialer")
            .with_network(Arc::clone(&network) as Arc<_>);
        let (first, _peer) =
            tokio::join!(dialer.websocket(url, LIMIT_BYTES, unbounded(), DEADLINE), server.try_accept());
        if is_good {
            first.expect("the host");
            let serve = async {
                let _peer = server.accept().await;
                std::future::pending::<()>().await;
            };
            tokio::select! {
                second = dialer.websocket(url, LIMIT_BYTES, unbounded(), DEADLINE) => drop(second.expect("the same address")),
                () = serve => {}
            }
            assert_eq!(network.connected(), ["1.1.1.1", "1.1.1.1"]);
        } else {
            assert_eq!(first.expect_err("another host").code(), "tls_bad_certificate");
            let error = dialer.websocket(url, LIMIT_BYTES, unbounded(), DEADLINE).await.expect_err("no address");
            assert_eq!(error.code(), "dns_failed", "{error}");
            assert_eq!(network.connected(), ["1.1.1.1"]);
        }
        assert_eq!(network.asked().len(), 2, "the resolver is asked each time");
    }
}

#[tokio::test]
async fn a_name_with_one_private_address_among_public_ones_is_refused() {
    let server = Server::new(&authority(), certificate_of("a.zoom.us")).await;
    for inside in ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fe80::1", "fd00::1"] {
        let network = Scripted::new(server.address, &[&["1.1.1.1", inside, "2606:4700::1111"]]);
        let dialer =
            Dialer::new(policy(&["*.zoom.us"]), None).expect("a dialer").with_network(Arc::clone(&network) as Arc<_>);
        let error = dialer.websocket("wss://a.zoom.us/", LIMIT_BYTES, unbounded(), DEADLINE).await.expect_err(inside);
        assert!(
            matches!(error, DialError::Refused { refusal: Refusal::PrivateAddress { .. }, .. }),
            "{inside}: {error}"
        );
        assert!(network.connected().is_empty());
    }
}

#[tokio::test]
async fn what_the_policy_forbids_is_not_dialled_over_the_real_network_either() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let dialer = Dialer::new(policy(&["*.zoom.us"]), None).expect("a dialer");
    let url = format!("wss://127.0.0.1:{port}/");
    let error = dialer.websocket(&url, LIMIT_BYTES, unbounded(), DEADLINE).await.expect_err("refused");
    assert_eq!(error.code(), "address_is_ip_literal");
    // `localhost` resolves inside, and only its own pattern may vouch for that.
    let error = dialer.websocket("wss://localhost/", LIMIT_BYTES, unbounded(), DEADLINE).await.expect_err("refused");
    assert_eq!(error.code(), "address_host_not_allowed");
    assert!(tokio::time::timeout(Duration::ZERO, listener.accept()).await.is_err(), "somebody connected");

    // With the host listed, somebody does.
    let open = Dialer::new(policy(&["127.0.0.1"]), None).expect("a dialer");
    let (accepted, _) =
        tokio::join!(listener.accept(), open.websocket(&url, LIMIT_BYTES, unbounded(), Duration::from_millis(200)));
    accepted.expect("a connection");
}

fn certificate_of(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).expect("a name")
}

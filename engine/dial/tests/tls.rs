//! Connections to a server on this machine whose certificate comes from an authority made for the test.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use dial::{DialError, Dialer, Incoming, Policy, SocketError};
use futures_util::{SinkExt, StreamExt};
use model::Fault;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_tungstenite::{
    WebSocketStream, accept_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

const DEADLINE: Duration = Duration::from_secs(10);
const LIMIT_BYTES: usize = 64 << 10;

#[tokio::test]
async fn text_and_binary_arrive_alike_and_pings_are_answered() {
    let authority = authority();
    let server = Server::new(&authority, certificate());
    let dialer = dialer(&authority.pem());
    let url = server.url();
    let (client, mut peer) = tokio::join!(dialer.websocket(&url, LIMIT_BYTES, DEADLINE), server.accept());
    let mut client = client.expect("a connection");

    let play = async {
        peer.send(Message::text("text")).await.expect("sent");
        peer.send(Message::binary(&b"\xff\x00"[..])).await.expect("sent");
        peer.send(Message::Ping(Bytes::from_static(b"are you there"))).await.expect("sent");
        let pong = peer.next().await;
        let text = peer.next().await;
        peer.close(Some(CloseFrame { code: CloseCode::Away, reason: "".into() })).await.expect("closed");
        (pong, text)
    };
    let listen = async {
        assert_eq!(client.next().await, Some(Ok(Incoming::Message(Bytes::from_static(b"text")))));
        assert_eq!(client.next().await, Some(Ok(Incoming::Message(Bytes::from_static(b"\xff\x00")))));
        client.send(Bytes::from_static(b"{}")).await.expect("sent");
        assert_eq!(client.next().await, Some(Ok(Incoming::Closed(Some(1001)))));
    };
    let ((first, second), ()) = tokio::join!(play, listen);
    let mut answers: Vec<Message> =
        [first, second].into_iter().flatten().map(|answer| answer.expect("a message")).collect();
    answers.sort_by_key(Message::is_pong);
    assert_eq!(answers, [Message::text("{}"), Message::Pong(Bytes::from_static(b"are you there"))]);
}

#[tokio::test]
async fn a_message_above_the_limit_ends_the_connection() {
    let authority = authority();
    let server = Server::new(&authority, certificate());
    let dialer = dialer(&authority.pem());
    let url = server.url();
    let (client, mut peer) = tokio::join!(dialer.websocket(&url, LIMIT_BYTES, DEADLINE), server.accept());
    let mut client = client.expect("a connection");
    let send = async {
        peer.send(Message::binary(vec![0; LIMIT_BYTES])).await.expect("sent");
        // The other end may hang up in the middle of it.
        drop(peer.send(Message::binary(vec![0; LIMIT_BYTES + 1])).await);
        peer.next().await
    };
    let receive = async {
        assert!(matches!(client.next().await, Some(Ok(Incoming::Message(bytes))) if bytes.len() == LIMIT_BYTES));
        assert_eq!(client.next().await, Some(Err(SocketError::TooLarge)));
        assert_eq!(client.next().await, None);
        client.close(1009).await;
    };
    let (last, ()) = tokio::join!(send, receive);
    match last {
        Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), 1009),
        other => panic!("no good-bye: {other:?}"),
    }
}

#[tokio::test]
async fn a_connection_that_breaks_says_so() {
    let authority = authority();
    let server = Server::new(&authority, certificate());
    let dialer = dialer(&authority.pem());
    let url = server.url();
    let (client, peer) = tokio::join!(dialer.websocket(&url, LIMIT_BYTES, DEADLINE), server.accept());
    drop(peer);
    let mut client = client.expect("a connection");
    assert!(matches!(client.next().await, Some(Err(SocketError::Broken { .. }))));
    assert_eq!(client.next().await, None);
}

#[tokio::test]
async fn certificates_that_prove_nothing_are_refused_for_good() {
    let authority = authority();
    let stranger = self::authority();
    let mut expired = certificate();
    expired.not_before = date_time_ymd(2019, 1, 1);
    expired.not_after = date_time_ymd(2020, 1, 1);
    let other_host = CertificateParams::new(["zoom.example".to_owned()]).expect("names");
    let cases = [
        ("expired", &authority, expired),
        ("other host", &authority, other_host),
        ("stranger", &stranger, certificate()),
    ];
    for (what, issuer, params) in cases {
        let server = Server::new(issuer, params);
        let dialer = dialer(&authority.pem());
        let url = server.url();
        let (outcome, _) = tokio::join!(dialer.websocket(&url, LIMIT_BYTES, DEADLINE), server.try_accept());
        let error = outcome.expect_err(what);
        assert!(matches!(error, DialError::Certificate { .. }), "{what}: {error}");
        assert!(error.permanent());
        assert_eq!(error.code(), "tls_bad_certificate");
    }
}

#[tokio::test]
async fn an_http_answer_that_is_no_upgrade_is_told_by_its_status_and_not_followed() {
    let authority = authority();
    let server = Server::new(&authority, certificate());
    let dialer = dialer(&authority.pem());
    let url = server.url();
    let redirect = async {
        let mut stream = server.accept_tls().await.expect("TLS");
        let mut request = [0; 4096];
        let read = stream.read(&mut request).await.expect("a request");
        let location = b"HTTP/1.1 302 Found\r\nLocation: wss://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(location).await.expect("answered");
        stream.flush().await.expect("answered");
        String::from_utf8_lossy(&request[..read]).into_owned()
    };
    let (outcome, request) = tokio::join!(dialer.websocket(&url, LIMIT_BYTES, DEADLINE), redirect);
    let error = outcome.expect_err("a redirect");
    assert!(error.to_string().contains("302") && !error.permanent(), "{error}");
    assert!(!request.to_ascii_lowercase().contains("sec-websocket-extensions"), "no compression is offered: {request}");
}

#[tokio::test]
async fn what_does_not_answer_in_time_is_told_by_what_it_was_doing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("wss://{}/", listener.local_addr().expect("an address"));
    let dialer = dialer(&authority().pem());
    let error = dialer.websocket(&url, LIMIT_BYTES, Duration::from_millis(200)).await.expect_err("nobody answers");
    assert!(matches!(error, DialError::Timeout { phase: "encryption", limit_ms: 200, .. }), "{error}");
    assert!(!error.permanent());

    drop(listener);
    let error = dialer.websocket(&url, LIMIT_BYTES, DEADLINE).await.expect_err("nobody listens");
    assert_eq!(error.code(), "connect_failed", "{error}");
    assert!(!error.permanent());
}

#[tokio::test]
async fn what_the_policy_forbids_is_never_dialled() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let elsewhere = Policy { allowed_hosts: vec!["*.zoom.us".parse().expect("a pattern")] };
    let dialer = Dialer::new(elsewhere, None).expect("a dialer");
    let error =
        dialer.websocket(&format!("wss://127.0.0.1:{port}/"), LIMIT_BYTES, DEADLINE).await.expect_err("refused");
    assert_eq!(error.code(), "address_is_ip_literal");
    // `localhost` resolves inside, and only its own pattern may vouch for that.
    let error = dialer.websocket("wss://localhost/", LIMIT_BYTES, DEADLINE).await.expect_err("refused");
    assert_eq!(error.code(), "address_host_not_allowed");
    let accepted = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(accepted.is_err(), "somebody connected");
}

#[test]
fn an_authority_that_cannot_be_read_is_refused() {
    for pem in [&b""[..], b"not PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let error = Dialer::new(Policy::default(), Some(pem)).expect_err("no certificate");
        assert_eq!(error.code(), "tls_bad_authorities");
    }
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// What a server on this machine is certified as.
fn certificate() -> CertificateParams {
    CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("names")
}

fn dialer(ca_pem: &str) -> Dialer {
    let policy = Policy { allowed_hosts: vec!["127.0.0.1".parse().expect("a pattern")] };
    Dialer::new(policy, Some(ca_pem.as_bytes())).expect("a dialer")
}

struct Server {
    listener: TcpListener,
    address: SocketAddr,
    acceptor: TlsAcceptor,
}

impl Server {
    fn new(authority: &Authority, params: CertificateParams) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, authority).expect("a certificate");
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .expect("a server");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let listener = TcpListener::from_std(listener).expect("a socket");
        Self { listener, address, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }

    fn url(&self) -> String {
        format!("wss://{}/signaling", self.address)
    }

    async fn accept_tls(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let (stream, _) = self.listener.accept().await?;
        self.acceptor.accept(stream).await
    }

    async fn try_accept(&self) -> Option<WebSocketStream<TlsStream<TcpStream>>> {
        accept_async(self.accept_tls().await.ok()?).await.ok()
    }

    async fn accept(&self) -> WebSocketStream<TlsStream<TcpStream>> {
        self.try_accept().await.expect("a client")
    }
}

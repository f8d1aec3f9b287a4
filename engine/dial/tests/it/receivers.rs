//! Receivers of customers (fault matrix F7): where a name leads is asked once, every answer is checked, and only that is
//! connected to.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use dial::{Answer, DialError, HttpRequest, Network, Outward, Protocol, Receivers, Refusal};
use futures_util::StreamExt;
use model::Fault;
use rcgen::CertificateParams;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

use crate::server::{DEADLINE, LIMIT_BYTES, Scripted, Server, authority};

fn rules(private: &[&str]) -> Receivers {
    Receivers { private: private.iter().map(|line| line.parse().expect(line)).collect(), require_tls: false }
}

fn post(url: &str) -> HttpRequest<'_> {
    HttpRequest { method: "POST", url, headers: &[("webhook-id", "canary")], body: Bytes::from_static(b"{}") }
}

/// Answers one plain request with these bytes and hands out what was asked.
async fn answer(listener: &TcpListener, answer: &[u8]) -> String {
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let mut request = vec![0; 16 << 10];
    let read = stream.read(&mut request).await.expect("a request");
    stream.write_all(answer).await.expect("answered");
    String::from_utf8_lossy(&request[..read]).into_owned()
}

fn refusal(error: &DialError) -> Option<&Refusal> {
    match error {
        DialError::Refused { refusal, .. } => Some(refusal),
        _ => None,
    }
}

#[tokio::test]
async fn a_plain_receiver_that_the_operator_names_gets_the_request_as_it_is() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook?token=1", listener.local_addr().expect("an address"));
    let outward = Outward::new(rules(&["127.0.0.1"]), None).expect("a way out");
    let (heard, asked) = tokio::join!(
        outward.http(post(&url), LIMIT_BYTES, DEADLINE),
        answer(&listener, b"HTTP/1.1 204 No Content\r\n\r\n")
    );
    assert_eq!(heard.expect("an answer").status, 204);
    assert!(asked.starts_with("POST /hook?token=1 HTTP/1.1\r\n") && asked.ends_with("\r\n\r\n{}"), "{asked}");

    let closed = Outward::new(rules(&[]), None).expect("a way out");
    let error = closed.http(post(&url), LIMIT_BYTES, DEADLINE).await.expect_err("a private address");
    assert!(matches!(refusal(&error), Some(Refusal::Inside { .. })), "{error}");
    assert!(tokio::time::timeout(Duration::ZERO, listener.accept()).await.is_err(), "somebody connected");
}

#[tokio::test]
async fn an_encrypted_receiver_proves_who_it_is() {
    let authority = authority();
    for (name, is_good) in [("hooks.example", true), ("other.example", false)] {
        let certificate = CertificateParams::new([name.to_owned()]).expect("a name");
        let server = Server::new(&authority, certificate).await;
        let network = Scripted::new(server.address, &[&["1.1.1.1"]]);
        let outward =
            Outward::new(rules(&[]), Some(authority.pem().as_bytes())).expect("a way out").with_network(network);
        let ask = outward.http(post("https://hooks.example/"), LIMIT_BYTES, DEADLINE);
        if is_good {
            let (heard, _) = tokio::join!(ask, server.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
            assert_eq!(heard.expect("an answer").status, 200);
        } else {
            let (heard, _) = tokio::join!(ask, server.accept_tls());
            assert_eq!(heard.expect_err("another host").code(), "tls_bad_certificate");
        }
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_nobody_goes_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let network = Scripted::new(address, &[&["1.1.1.1"]]);
    let outward = Outward::new(rules(&[]), None).expect("a way out").with_network(Arc::clone(&network) as Arc<_>);
    let redirect = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n";
    let (heard, _) =
        tokio::join!(outward.http(post("http://hooks.example/"), LIMIT_BYTES, DEADLINE), answer(&listener, redirect));
    assert_eq!(heard.expect("an answer").status, 302);
    assert_eq!((network.asked().len(), network.connected()), (1, vec!["1.1.1.1".to_owned()]));
}

#[tokio::test]
async fn a_name_that_changes_its_mind_after_its_registration_is_connected_to_nowhere_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let network = Scripted::new(
        listener.local_addr().expect("an address"),
        &[&["1.1.1.1"], &["169.254.169.254"], &["10.0.0.1"], &["1.1.1.1", "127.0.0.1"], &["1.1.1.1"]],
    );
    let outward =
        Outward::new(rules(&["10.0.0.0/8"]), None).expect("a way out").with_network(Arc::clone(&network) as Arc<_>);
    let url = "http://hooks.example/";
    outward.check_resolved(url, Protocol::Http, DEADLINE).await.expect("public at its registration");

    let error = outward.http(post(url), LIMIT_BYTES, DEADLINE).await.expect_err("a metadata service");
    assert!(matches!(refusal(&error), Some(Refusal::NeverDialled { .. })), "{error}");
    let (heard, _) = tokio::join!(
        outward.http(post(url), LIMIT_BYTES, DEADLINE),
        answer(&listener, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    );
    heard.expect("the operator names this network");
    let error = outward.http(post(url), LIMIT_BYTES, DEADLINE).await.expect_err("one address of two is inside");
    assert!(matches!(refusal(&error), Some(Refusal::Inside { .. })), "{error}");
    assert_eq!(network.connected(), ["10.0.0.1"], "only what was checked is connected to");
    outward.check_resolved(url, Protocol::Http, DEADLINE).await.expect("public again");
    assert_eq!(network.asked().len(), 5, "the resolver is asked once for each");
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_in_time_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let outward = Outward::new(rules(&["127.0.0.0/8"]), None).expect("a way out");
    let error = outward.http(post(&url), LIMIT_BYTES, Duration::from_millis(50)).await.expect_err("silence");
    assert_eq!(error.code(), "connect_timeout", "{error}");
}

#[tokio::test]
async fn of_an_answer_the_head_alone_can_be_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let outward = Outward::new(rules(&["127.0.0.0/8"]), None).expect("a way out");
    let (heard, _) = tokio::join!(outward.http_head(post(&url), DEADLINE), async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = vec![0; 16 << 10];
        assert!(stream.read(&mut request).await.expect("a request") > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\na").await.expect("answered");
        // The rest never comes, and the connection stays open until the other end hangs up.
        drop(stream.read(&mut request).await);
    });
    let heard = heard.expect("a head");
    assert_eq!((heard.status, heard.body.len()), (200, 0));
}

/// A network whose resolver answers as often as it is let.
struct Stuck {
    asked: AtomicUsize,
    let_go: Semaphore,
}

impl Network for Stuck {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> Answer<'a, Vec<SocketAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            self.let_go.acquire().await.expect("it stays open").forget();
            Ok(vec![SocketAddr::from(([1, 1, 1, 1], port))])
        })
    }

    fn connect(&self, _: SocketAddr) -> Answer<'_, TcpStream> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn names_that_do_not_resolve_take_no_more_than_their_places_even_when_nobody_waits_any_more() {
    let network = Arc::new(Stuck { asked: AtomicUsize::new(0), let_go: Semaphore::new(0) });
    let outward = Outward::new(rules(&[]), None).expect("a way out").with_network(Arc::clone(&network) as Arc<_>);
    let check = |patience| outward.check_resolved("http://hooks.example/", Protocol::Http, patience);
    for n in 1..=40 {
        assert_eq!(check(Duration::from_millis(20)).await.expect_err("no answer").code(), "connect_timeout");
        assert_eq!(network.asked.load(Ordering::SeqCst), n.min(32), "{n}");
    }
    // The control: a lookup that ended makes room.
    network.let_go.add_permits(33);
    check(DEADLINE).await.expect("resolved");
    assert_eq!(network.asked.load(Ordering::SeqCst), 33);
}

/// Takes one WebSocket and hands out the head of the request with which it was asked for, and the first message.
#[expect(clippy::result_large_err, reason = "what a refusal is belongs to tungstenite")]
async fn upgraded(listener: &TcpListener) -> (Vec<(String, String)>, String) {
    let (stream, _) = listener.accept().await.expect("a connection");
    let mut head = Vec::new();
    let note =
        |request: &tokio_tungstenite::tungstenite::handshake::server::Request, response| {
            head.extend(request.headers().iter().map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            }));
            Ok(response)
        };
    let mut socket = tokio_tungstenite::accept_hdr_async(stream, note).await.expect("a WebSocket");
    let message = socket.next().await.expect("a message").expect("whole");
    assert!(message.is_text());
    (head, message.to_text().expect("text").to_owned())
}

#[tokio::test]
async fn a_websocket_to_a_plain_receiver_carries_the_headers_and_large_messages() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}/live?token=1", listener.local_addr().expect("an address"));
    let outward = Outward::new(rules(&["127.0.0.1"]), None).expect("a way out");
    let large = "x".repeat(3 << 20);
    let send = async {
        let headers = [("webhook-id", "canary"), ("webhook-signature", "v1,abc=")];
        let mut socket = outward.websocket(&url, &headers, LIMIT_BYTES, DEADLINE).await.expect("a WebSocket");
        socket.send(large.as_bytes()).await.expect("sent");
        socket
    };
    let (_socket, (head, message)) = tokio::join!(send, upgraded(&listener));
    assert!(message == large, "{} bytes came", message.len());
    for (name, value) in [("webhook-id", "canary"), ("webhook-signature", "v1,abc=")] {
        assert!(head.iter().any(|(known, found)| known == name && found == value), "{name}: {head:?}");
    }

    let closed = Outward::new(rules(&[]), None).expect("a way out");
    let error = closed.websocket(&url, &[], LIMIT_BYTES, DEADLINE).await.expect_err("a private address");
    assert!(matches!(refusal(&error), Some(Refusal::Inside { .. })), "{error}");
}

//! Connections: TLS with a certificate made here, slow heads, and the end.

use std::path::Path;

use axum::routing::get;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    net::TcpStream,
    sync::oneshot,
};
use tokio_rustls::TlsConnector;

use super::*;

const HELLO: &[u8] = b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// So short that a test need not wait.
const BRISK: Pace = Pace { head: Duration::from_millis(20), stall: Duration::from_millis(20) };

fn peer() -> Peer {
    Peer::new(std::net::IpAddr::from([203, 0, 113, 7]))
}

/// One connection in a place of its own.
async fn talk(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    stopped: watch::Receiver<bool>,
    pace: Pace,
) {
    let place = Arc::new(Crowd::new(1).enter(peer()).expect("the only one"));
    converse(socket, (peer(), &place), router, &Lobby::new(1).enter().await, stopped, pace).await;
}

fn hello() -> Router {
    Router::new().route("/hello", get(async || "hello"))
}

/// `hello`, and `/slow`, whose first request says when it has come and waits to be let go on.
fn slow() -> (Router, oneshot::Receiver<()>, oneshot::Sender<()>) {
    let (entered, has_entered) = oneshot::channel();
    let (go_on, may_go_on) = oneshot::channel();
    let steps = Arc::new(std::sync::Mutex::new(Some((entered, may_go_on))));
    let answer = async move || {
        let steps = steps.lock().expect("a lock").take();
        if let Some((entered, may_go_on)) = steps {
            let _ = entered.send(());
            let _ = may_go_on.await;
        }
        "slow"
    };
    (hello().route("/slow", get(answer)), has_entered, go_on)
}

fn certificate(dir: &Path) -> (TlsFiles, RootCertStore) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let files = TlsFiles { cert_file: dir.join("cert.pem"), key_file: dir.join("key.pem") };
    std::fs::write(&files.cert_file, made.cert.pem()).expect("a file");
    std::fs::write(&files.key_file, made.signing_key.serialize_pem()).expect("a file");
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a root");
    (files, roots)
}

async fn read_all(mut socket: impl AsyncRead + Unpin) -> String {
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("an answer");
    answer
}

#[tokio::test]
async fn plain_http_is_served_until_it_is_stopped() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, None, hello(), 100, async {
        let _ = stopped.await;
    }));
    let mut socket = TcpStream::connect(addr).await.expect("a connection");
    socket.write_all(HELLO).await.expect("a request");
    assert!(read_all(socket).await.ends_with("hello"));
    stop.send(()).expect("the server runs");
    server.await.expect("no panic").expect("no TLS");
    assert!(TcpStream::connect(addr).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn our_own_certificate_serves_https() {
    let dir = tempfile::tempdir().expect("a directory");
    let (files, roots) = certificate(dir.path());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    tokio::spawn(serve(listener, Some(files), hello(), 100, std::future::pending()));
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let socket = TcpStream::connect(addr).await.expect("a connection");
    let name = ServerName::try_from("localhost").expect("a name");
    let mut socket = TlsConnector::from(Arc::new(config)).connect(name, socket).await.expect("a handshake");
    socket.write_all(HELLO).await.expect("a request");
    let mut answer = Vec::new();
    // A peer that closes without a TLS goodbye is fine: the answer says its own length.
    let _ = socket.read_to_end(&mut answer).await;
    assert!(answer.ends_with(b"hello"));
}

#[tokio::test]
async fn certificates_that_cannot_be_used_are_told_before_anything_is_accepted() {
    let dir = tempfile::tempdir().expect("a directory");
    let (files, _) = certificate(dir.path());
    let missing = TlsFiles { key_file: dir.path().join("missing.pem"), ..files.clone() };
    let swapped = TlsFiles { cert_file: files.key_file.clone(), key_file: files.cert_file.clone() };
    for wrong in [missing, swapped] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        assert!(serve(listener, Some(wrong), hello(), 100, std::future::pending()).await.is_err());
    }
}

#[tokio::test]
async fn a_head_that_does_not_arrive_in_time_ends_the_connection() {
    let (mut client, server) = duplex(1024);
    let (_stopping, stopped) = watch::channel(false);
    let served = tokio::spawn(talk(server, hello(), stopped, BRISK));
    client.write_all(b"GET /hello HTTP/1.1\r\nHost: l").await.expect("a piece of a head");
    let answer = read_all(client).await;
    assert!(!answer.contains("200 OK"), "{answer}");
    served.await.expect("no panic");
}

#[tokio::test]
async fn a_connection_that_asks_nothing_ends_before_its_first_request_and_after_any() {
    for requests in 0..3 {
        let (mut client, server) = duplex(1024);
        let (_stopping, stopped) = watch::channel(false);
        let served = tokio::spawn(talk(server, hello(), stopped, BRISK));
        for _ in 0..requests {
            client.write_all(b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("a request");
        }
        let answer = read_all(client).await;
        assert_eq!(answer.matches("200 OK").count(), requests);
        served.await.expect("no panic");
    }
}

#[tokio::test]
async fn a_reader_that_takes_nothing_of_its_answer_is_left() {
    let endless = || {
        let piece = || Ok::<_, std::convert::Infallible>(axum::body::Bytes::from_static(&[b'x'; 1024]));
        axum::body::Body::from_stream(futures_util::stream::repeat_with(piece))
    };
    let router = Router::new().route("/hello", get(async move || endless()));
    let (mut client, server) = duplex(1024);
    let (_stopping, stopped) = watch::channel(false);
    let served = tokio::spawn(talk(server, router, stopped, BRISK));
    client.write_all(b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("a request");
    served.await.expect("it ended by itself");
    // The control: what was written before is there, and the connection did not end for another reason.
    let mut taken = vec![0; 1024];
    client.read_exact(&mut taken).await.expect("the begin of an answer");
    assert!(taken.starts_with(b"HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    for (length, expected) in
        [(HEAD_LIMIT_BYTES / 2, "200 OK"), (HEAD_LIMIT_BYTES * 2, "431 Request Header Fields Too Large")]
    {
        let (mut client, server) = duplex(64 * 1024);
        let (_stopping, stopped) = watch::channel(false);
        tokio::spawn(talk(server, hello(), stopped, PACE));
        let head = format!("GET /hello HTTP/1.1\r\nConnection: close\r\nx: {}\r\n\r\n", "y".repeat(length));
        // Refused before all of it is written.
        let _ = client.write_all(head.as_bytes()).await;
        let answer = read_all(client).await;
        assert!(answer.contains(expected), "{answer}");
    }
}

#[tokio::test]
async fn whoever_asks_is_known_by_address() {
    let router = Router::new().route(
        "/hello",
        get(async |peer: axum::Extension<Peer>| if peer.0 == self::peer() { "known" } else { "another" }),
    );
    let (mut client, server) = duplex(1024);
    let (_stopping, stopped) = watch::channel(false);
    tokio::spawn(talk(server, router, stopped, PACE));
    client.write_all(HELLO).await.expect("a request");
    assert!(read_all(client).await.ends_with("known"));
}

#[tokio::test]
async fn a_running_request_is_finished_after_the_stop() {
    let (router, has_entered, go_on) = slow();
    let (mut client, server) = duplex(1024);
    let (stopping, stopped) = watch::channel(false);
    let served = tokio::spawn(talk(server, router, stopped, PACE));
    client.write_all(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("a request");
    has_entered.await.expect("the request runs");
    stopping.send_replace(true);
    go_on.send(()).expect("the request waits");
    assert!(read_all(client).await.ends_with("slow"));
    served.await.expect("no panic");
}

/// Idle clients take every place, again and again; one that asks something is answered at once, and so is one that is being
/// answered when its place is wanted.
#[tokio::test]
async fn a_crowd_of_idle_connections_keeps_nobody_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    let (router, has_entered, go_on) = slow();
    tokio::spawn(serve(listener, None, router, 4, std::future::pending()));
    let mut slow = TcpStream::connect(addr).await.expect("a connection");
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.expect("a request");
    has_entered.await.expect("it is being answered");
    let mut idle = Vec::new();
    for _ in 0..10 {
        for _ in 0..5 {
            idle.push(TcpStream::connect(addr).await.expect("a connection"));
        }
        let mut socket = TcpStream::connect(addr).await.expect("a connection");
        socket.write_all(HELLO).await.expect("a request");
        // Well before idle connections would have ended by themselves.
        let answer = timeout(Duration::from_secs(4), read_all(socket)).await.expect("an answer");
        assert!(answer.ends_with("hello"), "{answer}");
    }
    let mut nothing = [0];
    let first = timeout(Duration::from_secs(4), idle[0].read(&mut nothing)).await.expect("it was closed");
    assert!(matches!(first, Ok(0) | Err(_)));
    go_on.send(()).expect("the request waits");
    assert!(read_all(slow).await.ends_with("slow"));
}

/// The only place is taken by one that is being answered when the next one comes, and then the stop.
#[tokio::test]
async fn a_connection_that_waits_for_a_place_when_the_stop_comes_is_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    let (router, has_entered, go_on) = slow();
    let stop = CancellationToken::new();
    let served = tokio::spawn(serve(listener, None, router, 1, stop.clone().cancelled_owned()));
    let mut slow = TcpStream::connect(addr).await.expect("a connection");
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.expect("a request");
    has_entered.await.expect("it is being answered");
    let mut next = TcpStream::connect(addr).await.expect("a connection");
    next.write_all(HELLO).await.expect("a request");
    // It is accepted: what the listener has to do it does before this task has its turn again.
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    tokio::task::yield_now().await;
    go_on.send(()).expect("the request waits");
    assert!(read_all(slow).await.ends_with("slow"));
    assert!(read_all(next).await.ends_with("hello"));
    served.await.expect("no panic").expect("served");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_let_in_right_before_the_stop_is_answered() {
    for (late, is_answered) in [(FIRST_REQUEST / 2, true), (FIRST_REQUEST * 2, false)] {
        let (mut client, server) = duplex(1024);
        let (stopping, stopped) = watch::channel(false);
        let mut served = tokio::spawn(talk(server, hello(), stopped, PACE));
        stopping.send_replace(true);
        assert_eq!(timeout(late, &mut served).await.is_err(), is_answered, "after {late:?}");
        // Refused where the connection is closed already.
        let _ = client.write_all(HELLO).await;
        assert_eq!(read_all(client).await.ends_with("hello"), is_answered, "after {late:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_answered_ends_with_the_stop() {
    let (mut client, server) = duplex(1024);
    let (stopping, stopped) = watch::channel(false);
    let served = tokio::spawn(talk(server, hello(), stopped, PACE));
    client.write_all(b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("a request");
    let mut begin = [0; 12];
    client.read_exact(&mut begin).await.expect("an answer");
    let stopped_at = tokio::time::Instant::now();
    stopping.send_replace(true);
    served.await.expect("no panic");
    assert_eq!(tokio::time::Instant::now(), stopped_at);
}

/// How much of what is written the kernel takes for a client that reads nothing, on a connection that is accepted in this way.
async fn taken_for_nobody(accept: impl AsyncFnOnce(&TcpListener) -> TcpStream) -> usize {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 << 10).expect("as little as there is");
    let _client = socket.connect(listener.local_addr().expect("an address")).await.expect("connected");
    let accepted = accept(&listener).await;
    let (piece, mut taken) = (vec![0; 16 << 10], 0);
    // No longer writable is what it is when its writer would wait.
    while let Ok(bytes) = accepted.try_write(&piece) {
        taken += bytes;
    }
    taken
}

#[tokio::test]
async fn the_kernel_takes_little_for_a_client_that_takes_nothing() {
    let ours = taken_for_nobody(async |listener| accept(listener).await.expect("accepted").0).await;
    assert!(ours <= 2 * UNSENT_BYTES as usize, "{ours} bytes");
    // The control: without a bound it is several times as much.
    let unbounded = taken_for_nobody(async |listener| listener.accept().await.expect("accepted").0).await;
    assert!(unbounded > 4 * UNSENT_BYTES as usize, "{unbounded} bytes");
}

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

fn hello() -> Router {
    Router::new().route("/hello", get(async || "hello"))
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
    let server = tokio::spawn(serve(listener, None, hello(), async {
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
    tokio::spawn(serve(listener, Some(files), hello(), std::future::pending()));
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
        assert!(serve(listener, Some(wrong), hello(), std::future::pending()).await.is_err());
    }
}

#[tokio::test]
async fn a_head_that_does_not_arrive_in_time_ends_the_connection() {
    let (mut client, server) = duplex(1024);
    let (_stopping, stopped) = watch::channel(false);
    let served = tokio::spawn(converse(server, hello(), stopped, Duration::from_millis(20)));
    client.write_all(b"GET /hello HTTP/1.1\r\nHost: l").await.expect("a piece of a head");
    let answer = read_all(client).await;
    assert!(!answer.contains("200 OK"), "{answer}");
    served.await.expect("no panic");
}

#[tokio::test]
async fn a_running_request_is_finished_after_the_stop() {
    let (entered, has_entered) = oneshot::channel::<()>();
    let (go_on, may_go_on) = oneshot::channel::<()>();
    let steps = Arc::new(std::sync::Mutex::new(Some((entered, may_go_on))));
    let router = Router::new().route(
        "/hello",
        get(async move || {
            let steps = steps.lock().expect("a lock").take();
            if let Some((entered, may_go_on)) = steps {
                let _ = entered.send(());
                let _ = may_go_on.await;
            }
            "finished"
        }),
    );
    let (mut client, server) = duplex(1024);
    let (stopping, stopped) = watch::channel(false);
    let served = tokio::spawn(converse(server, router, stopped, HEAD_TIMEOUT));
    client.write_all(b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("a request");
    has_entered.await.expect("the request runs");
    stopping.send_replace(true);
    go_on.send(()).expect("the request waits");
    assert!(read_all(client).await.ends_with("finished"));
    served.await.expect("no panic");
}

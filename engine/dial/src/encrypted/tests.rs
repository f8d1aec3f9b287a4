//! A session against a server that is not ours, over connections that cut where they like.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName},
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::{stream::Stream, tls};

/// A server and a client that trusts it, both of one version.
fn configured(version: &'static SupportedProtocolVersion) -> (ServerConfig, Arc<ClientConfig>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["zoom.test".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(&[version]).unwrap();
    let mut server = server.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    server.send_tls13_tickets = 4;
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
    (server, Arc::new(client.with_root_certificates(roots).with_no_client_auth()))
}

/// The same, ready to accept.
fn parties(version: &'static SupportedProtocolVersion) -> (TlsAcceptor, Arc<ClientConfig>) {
    let (server, client) = configured(version);
    (TlsAcceptor::from(Arc::new(server)), client)
}

/// A connection whose other end is handed, byte for byte, through `cut`, which delivers at most so many at once.
async fn connected(version: &'static SupportedProtocolVersion, cut: usize) -> (Stream, impl AsyncDuplex) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut far, _) = listener.accept().await.unwrap();
    far.set_nodelay(true).unwrap();
    let (mut outer, inner) = duplex(cut);
    tokio::spawn(async move { tokio::io::copy_bidirectional_with_sizes(&mut far, &mut outer, 1 << 10, cut).await });
    let (acceptor, config) = parties(version);
    let session = Session::new(config, ServerName::try_from("zoom.test").unwrap()).unwrap();
    let (near, far) = tokio::join!(Encrypted::agree(Line::new(near), session), acceptor.accept(inner));
    (Stream::encrypted(near.unwrap()), far.unwrap())
}

trait AsyncDuplex: tokio::io::AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: tokio::io::AsyncRead + AsyncWrite + Unpin + Send> AsyncDuplex for T {}

#[tokio::test]
async fn everything_arrives_both_ways_however_the_connection_cuts_it() {
    let sent: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
    for version in [&TLS12, &TLS13] {
        for cut in [1, 7, 16 << 10, 1 << 20] {
            let sent = &sent[..sent.len().min(cut * 20_000)];
            let (mut near, mut far) = connected(version, cut).await;
            let (mut here, mut there) = (Vec::new(), Vec::new());
            let client = async {
                near.write_all(sent).await.unwrap();
                near.flush().await.unwrap();
                let mut came = vec![0; sent.len()];
                near.read_exact(&mut came).await.unwrap();
                here = came;
                near.shutdown().await.unwrap();
                assert_eq!(near.read(&mut [0]).await.unwrap(), 0, "the end was said");
            };
            let server = async {
                let mut came = vec![0; sent.len()];
                far.read_exact(&mut came).await.unwrap();
                there = came;
                far.write_all(sent).await.unwrap();
                far.flush().await.unwrap();
                assert_eq!(far.read(&mut [0]).await.unwrap(), 0, "the end was said");
                far.shutdown().await.unwrap();
            };
            tokio::join!(client, server);
            assert!(here == sent && there == sent, "{version:?} {cut}");
        }
    }
}

#[tokio::test]
async fn an_end_that_was_not_said_is_told_from_one_that_was() {
    let (mut near, mut far) = connected(&TLS13, 1 << 10).await;
    far.write_all(b"last").await.unwrap();
    far.flush().await.unwrap();
    drop(far);
    let mut came = Vec::new();
    let error = near.read_to_end(&mut came).await.unwrap_err();
    assert_eq!((came.as_slice(), error.kind()), (&b"last"[..], io::ErrorKind::UnexpectedEof));
}

#[tokio::test]
async fn keys_that_change_meanwhile_change_nothing_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (far, _) = listener.accept().await.unwrap();
    let (acceptor, config) = parties(&TLS13);
    let session = Session::new(config, ServerName::try_from("zoom.test").unwrap()).unwrap();
    let (near, far) = tokio::join!(Encrypted::agree(Line::new(near), session), acceptor.accept(far));
    let (mut near, mut far) = (Stream::encrypted(near.unwrap()), far.unwrap());
    for turn in 0..5_u8 {
        far.get_mut().1.refresh_traffic_keys().unwrap();
        far.write_all(&[turn; 100]).await.unwrap();
        far.flush().await.unwrap();
        let mut came = [0; 100];
        near.read_exact(&mut came).await.unwrap();
        assert_eq!(came, [turn; 100]);
        near.write_all(&[turn; 100]).await.unwrap();
        near.flush().await.unwrap();
        far.read_exact(&mut came).await.unwrap();
        assert_eq!(came, [turn; 100]);
    }
}

/// What a client makes of a server's flight that `change` was allowed to touch; records begin where the one before ends.
async fn after(change: impl FnOnce(&mut Vec<u8>) + Send + 'static) -> (Vec<u8>, io::Result<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut far, _) = listener.accept().await.unwrap();
    let (mut outer, inner) = duplex(1 << 20);
    let (acceptor, config) = parties(&TLS13);
    let (agreed, is_agreed) = tokio::sync::oneshot::channel::<()>();
    tokio::spawn(async move {
        let mut server = acceptor.accept(inner).await.unwrap();
        is_agreed.await.unwrap();
        server.write_all(b"first").await.unwrap();
        server.write_all(b"second").await.unwrap();
        server.flush().await.unwrap();
        server.shutdown().await.unwrap();
    });
    tokio::spawn(async move {
        // Until the peers agree both directions pass as they are.
        let (mut from_client, mut from_server) = (vec![0; 4 << 10], vec![0; 64 << 10]);
        let mut is_first = true;
        while is_first {
            tokio::select! {
                count = far.read(&mut from_client) => outer.write_all(&from_client[..count.unwrap()]).await.unwrap(),
                count = outer.read(&mut from_server) => {
                    far.write_all(&from_server[..count.unwrap()]).await.unwrap();
                    is_first = false;
                }
            }
        }
        let count = far.read(&mut from_client).await.unwrap();
        outer.write_all(&from_client[..count]).await.unwrap();
        agreed.send(()).unwrap();
        let mut flight = Vec::new();
        outer.read_to_end(&mut flight).await.unwrap();
        change(&mut flight);
        far.write_all(&flight).await.unwrap();
        drop(far);
    });
    let session = Session::new(config, ServerName::try_from("zoom.test").unwrap()).unwrap();
    let mut near = Stream::encrypted(Encrypted::agree(Line::new(near), session).await.unwrap());
    let mut came = Vec::new();
    let outcome = near.read_to_end(&mut came).await;
    (came, outcome.map(drop))
}

#[tokio::test]
async fn a_record_that_was_changed_ends_the_connection_and_what_came_before_it_is_read() {
    let (came, outcome) = after(|_| {}).await;
    assert!(outcome.is_ok() && came == b"firstsecond", "the control: {outcome:?} {came:?}");
    let (came, outcome) = after(|flight| {
        // The last record says that nothing follows; the one before it says the second word.
        let second = flight.len() - (5 + 2 + 17) - 3;
        flight[second] ^= 1;
    })
    .await;
    let fault = outcome.unwrap_err();
    assert_eq!((came.as_slice(), fault.kind()), (&b"first"[..], io::ErrorKind::InvalidData));
    assert!(matches!(tls::fault(String::new(), &fault), crate::DialError::Tls { .. }), "{fault}");
}

#[tokio::test]
async fn bytes_that_are_no_records_end_the_connection() {
    for garbage in [vec![0x17, 3, 3, 0xff, 0xff, 0], vec![0x99; 100_000], vec![0x16, 3, 3, 0, 0]] {
        let (_, outcome) = after(move |flight| *flight = garbage).await;
        assert!(outcome.is_err());
    }
}

/// A server that says something with the end of its own part of the agreement, in one write, and ends then.
fn speak_first(version: &'static SupportedProtocolVersion) -> (std::net::SocketAddr, Arc<ClientConfig>) {
    let (mut server, client) = configured(version);
    server.send_half_rtt_data = true;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::Write as _;
        let (mut socket, _) = listener.accept().unwrap();
        let mut session = rustls::ServerConnection::new(Arc::new(server)).unwrap();
        let mut is_told = false;
        while session.is_handshaking() || !is_told {
            session.read_tls(&mut socket).unwrap();
            session.process_new_packets().unwrap();
            if !is_told {
                session.writer().write_all(b"220 hello").unwrap();
                is_told = true;
            }
            let mut flight = Vec::new();
            while session.wants_write() {
                session.write_tls(&mut flight).unwrap();
            }
            socket.write_all(&flight).unwrap();
        }
        // Until the client ends.
        drop(session.read_tls(&mut socket));
    });
    (address, client)
}

#[tokio::test]
async fn what_a_server_says_with_the_end_of_the_agreement_is_read() {
    for version in [&TLS12, &TLS13] {
        let (address, config) = speak_first(version);
        let near = TcpStream::connect(address).await.unwrap();
        let session = Session::new(config, ServerName::try_from("zoom.test").unwrap()).unwrap();
        let mut near = Stream::encrypted(Encrypted::agree(Line::new(near), session).await.unwrap());
        let mut came = [0; 9];
        near.read_exact(&mut came).await.unwrap();
        assert_eq!(&came, b"220 hello", "{version:?}");
    }
}

#[tokio::test]
async fn nothing_is_encrypted_behind_the_word_that_nothing_follows_and_what_comes_is_read_still() {
    let (mut near, mut far) = connected(&TLS13, 1 << 10).await;
    near.shutdown().await.unwrap();
    assert_eq!(near.write(b"too late").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    far.write_all(b"still").await.unwrap();
    far.flush().await.unwrap();
    let mut came = [0; 5];
    near.read_exact(&mut came).await.unwrap();
    assert_eq!(&came, b"still");
}

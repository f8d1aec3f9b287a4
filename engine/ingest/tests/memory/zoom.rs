//! A peer on this machine that speaks as much of Zoom's protocol as makes a capture listen, then says whatever it is told to. It
//! holds nothing of what it says.

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use futures_util::{FutureExt, SinkExt, StreamExt};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
    },
};

/// The kinds of media and text, as their addresses end.
const KINDS: [&str; 5] = ["audio", "video", "deskshare", "transcript", "chat"];

/// Where the peer listens, and whom it is certified by.
pub(crate) struct Peer {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    /// The address of signaling.
    pub(crate) url: String,
    /// The authority, for whoever shall trust it.
    pub(crate) ca_pem: String,
}

/// What long messages are made of.
static LETTERS: [u8; 16 << 10] = [b'A'; 16 << 10];

/// One connection.
type Socket = WebSocketStream<TlsStream<TcpStream>>;

/// The connections of one capture.
#[derive(Default)]
pub(crate) struct Talk {
    open: HashMap<String, Socket>,
    /// Those on which a message never ends.
    interrupted: Vec<Socket>,
}

impl Peer {
    pub(crate) async fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
        let key = KeyPair::generate().expect("a key");
        let names = CertificateParams::new(["127.0.0.1".to_owned()]).expect("names");
        let certificate = names.signed_by(&key, &authority).expect("a certificate");
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .expect("a server");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address: SocketAddr = listener.local_addr().expect("an address");
        let url = format!("wss://{address}/signaling");
        Self { listener, acceptor: TlsAcceptor::from(Arc::new(config)), url, ca_pem: authority.pem() }
    }

    /// Takes the connections of a capture, of every kind, and answers their handshakes.
    #[expect(clippy::result_large_err, reason = "the shape of the callback is the library's")]
    pub(crate) async fn join(&self) -> Talk {
        let mut talk = Talk::default();
        while talk.open.len() <= KINDS.len() {
            let (stream, _) = self.listener.accept().await.expect("a client");
            let stream = self.acceptor.accept(stream).await.expect("TLS");
            let mut kind = String::new();
            let look = |request: &Request, answer: Response| {
                kind = request.uri().path().trim_start_matches('/').to_owned();
                Ok(answer)
            };
            let mut socket = accept_hdr_async(stream, look).await.expect("an upgrade");
            assert!(matches!(socket.next().await, Some(Ok(Message::Text(_)))), "a handshake");
            let answer =
                if kind == "signaling" { self.offer() } else { r#"{"msg_type":4,"status_code":0}"#.to_owned() };
            talk.open.insert(kind.clone(), socket);
            talk.say(&kind, &answer).await;
        }
        talk
    }

    fn offer(&self) -> String {
        let base = self.url.trim_end_matches("signaling");
        let urls: Vec<String> = KINDS.iter().map(|kind| format!(r#""{kind}":"{base}{kind}""#)).collect();
        format!(r#"{{"msg_type":2,"status_code":0,"media_server":{{"server_urls":{{{}}}}}}}"#, urls.join(","))
    }
}

impl Talk {
    /// Writes all the way to the socket: encryption keeps what finds no room there until it is asked again.
    async fn write(&mut self, kind: &str, bytes: &[u8]) {
        let stream = self.open.get_mut(kind).expect("a connection").get_mut();
        stream.write_all(bytes).await.expect("sent");
        stream.flush().await.expect("sent");
    }

    /// Says something short.
    pub(crate) async fn say(&mut self, kind: &str, message: &str) {
        self.announce(kind, message.len()).await;
        self.write(kind, message.as_bytes()).await;
    }

    /// Answers whoever asks for a sign of life.
    async fn answer(&mut self) {
        for socket in self.open.values_mut() {
            while let Some(Some(Ok(_))) = socket.next().now_or_never() {}
            socket.flush().await.expect("sent");
        }
    }

    /// Says `before`, so many letters, and `behind`, and waits until all that was said on this connection has been heard.
    pub(crate) async fn say_long(&mut self, kind: &str, before: &str, letters: usize, behind: &str) {
        self.answer().await;
        self.announce(kind, before.len() + letters + behind.len()).await;
        self.write(kind, before.as_bytes()).await;
        self.letters(kind, letters).await;
        self.write(kind, behind.as_bytes()).await;
        self.is_heard(kind).await;
    }

    /// Begins a message of `length` bytes that never ends; where there is no room for it, the capture ends the connection.
    pub(crate) async fn begin(&mut self, kind: &str, length: usize) {
        self.announce(kind, length).await;
        let mut socket = self.open.remove(kind).expect("a connection");
        let mut left = length - 1;
        while left > 0 && socket.get_mut().write_all(&LETTERS[..left.min(LETTERS.len())]).await.is_ok() {
            left -= left.min(LETTERS.len());
        }
        // Whoever ended the connection reads nothing more of it.
        drop(socket.get_mut().flush().await);
        self.interrupted.push(socket);
    }

    /// Waits until everything that was said on a connection has been heard: whoever answers a ping has read what precedes it.
    pub(crate) async fn is_heard(&mut self, kind: &str) {
        self.write(kind, &[0x89, 0]).await;
        let socket = self.open.get_mut(kind).expect("a connection");
        while !matches!(socket.next().await.expect("an answer"), Ok(Message::Pong(_))) {}
    }

    async fn announce(&mut self, kind: &str, length: usize) {
        let mut head = vec![0x81, 127];
        head.extend((length as u64).to_be_bytes());
        self.write(kind, &head).await;
    }

    async fn letters(&mut self, kind: &str, count: usize) {
        let mut left = count;
        while left > 0 {
            let here = left.min(LETTERS.len());
            self.write(kind, &LETTERS[..here]).await;
            left -= here;
        }
    }
}

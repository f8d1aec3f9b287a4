//! Authorities, certificates, a server that has one, and a network that leads every name to it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use dial::{Allowance, Answer, Dialer, Network, Policy};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ServerSessionMemoryCache, StoresServerSessions},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_tungstenite::{WebSocketStream, accept_async};

pub(crate) const DEADLINE: Duration = Duration::from_secs(10);
pub(crate) const LIMIT_BYTES: usize = 64 << 10;

/// Room for whatever comes.
pub(crate) fn unbounded() -> Allowance {
    Allowance::new(usize::MAX)
}

pub(crate) type Authority = CertifiedIssuer<'static, KeyPair>;

pub(crate) fn authority() -> Authority {
    named_authority("an authority of the test")
}

pub(crate) fn named_authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// What a server on this machine is certified as.
pub(crate) fn certificate() -> CertificateParams {
    CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("names")
}

pub(crate) fn policy(hosts: &[&str]) -> Policy {
    Policy { allowed_hosts: hosts.iter().map(|host| host.parse().expect("a pattern")).collect() }
}

/// A dialer that trusts one authority and knows this machine.
pub(crate) fn dialer(ca_pem: &str) -> Dialer {
    Dialer::new(policy(&["127.0.0.1"]), Some(ca_pem.as_bytes())).expect("a dialer")
}

pub(crate) struct Server {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
    acceptor: TlsAcceptor,
}

impl Server {
    pub(crate) async fn new(authority: &Authority, params: CertificateParams) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, authority).expect("a certificate");
        Self::with_chain("127.0.0.1:0", vec![certificate.der().clone()], &key).await
    }

    pub(crate) async fn with_chain(listen: &str, chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Self {
        Self::remembering(listen, chain, key, ServerSessionMemoryCache::new(16)).await
    }

    /// A server that offers to resume the sessions in `sessions` without showing its certificate again.
    pub(crate) async fn remembering(
        listen: &str,
        chain: Vec<CertificateDer<'static>>,
        key: &KeyPair,
        sessions: Arc<dyn StoresServerSessions>,
    ) -> Self {
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_no_client_auth()
            .with_single_cert(chain, private)
            .expect("a server");
        config.session_storage = sessions;
        let listener = TcpListener::bind(listen).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        Self { listener, address, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }

    pub(crate) fn url(&self) -> String {
        format!("wss://{}/signaling", self.address)
    }

    pub(crate) async fn accept_tls(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let (stream, _) = self.listener.accept().await?;
        self.acceptor.accept(stream).await
    }

    pub(crate) async fn try_accept(&self) -> Option<WebSocketStream<TlsStream<TcpStream>>> {
        accept_async(self.accept_tls().await.ok()?).await.ok()
    }

    pub(crate) async fn accept(&self) -> WebSocketStream<TlsStream<TcpStream>> {
        self.try_accept().await.expect("a client")
    }

    /// Answers one request with these bytes, and hands out the request's head and body as far as it came at once.
    pub(crate) async fn answer(&self, answer: &[u8]) -> String {
        let mut stream = self.accept_tls().await.expect("TLS");
        let mut request = vec![0; 16 << 10];
        let read = stream.read(&mut request).await.expect("a request");
        // The other end may hang up in the middle of it.
        drop(stream.write_all(answer).await);
        drop(stream.shutdown().await);
        String::from_utf8_lossy(&request[..read]).into_owned()
    }
}

/// A network in which the test says what every name resolves to, one answer after the other, and in which every
/// connection ends at one server of this machine. It remembers what was asked of it.
pub(crate) struct Scripted {
    answers: Mutex<Vec<Vec<SocketAddr>>>,
    server: SocketAddr,
    asked: Mutex<Vec<String>>,
    connected: Mutex<Vec<SocketAddr>>,
}

impl Scripted {
    /// The last answer is repeated.
    pub(crate) fn new(server: SocketAddr, answers: &[&[&str]]) -> Arc<Self> {
        let address = |text: &&str| SocketAddr::new(text.parse().expect("an address"), 443);
        let mut answers: Vec<Vec<SocketAddr>> =
            answers.iter().map(|answer| answer.iter().map(address).collect()).collect();
        answers.reverse();
        Arc::new(Self { answers: Mutex::new(answers), server, asked: Mutex::default(), connected: Mutex::default() })
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("a lock").clone()
    }

    pub(crate) fn connected(&self) -> Vec<String> {
        self.connected.lock().expect("a lock").iter().map(|address| address.ip().to_string()).collect()
    }
}

impl Network for Scripted {
    fn resolve<'a>(&'a self, name: &'a str, _: u16) -> Answer<'a, Vec<SocketAddr>> {
        Box::pin(async move {
            self.asked.lock().expect("a lock").push(name.to_owned());
            let mut answers = self.answers.lock().expect("a lock");
            let answer = if answers.len() > 1 { answers.pop() } else { answers.first().cloned() };
            Ok(answer.unwrap_or_default())
        })
    }

    fn connect(&self, address: SocketAddr) -> Answer<'_, TcpStream> {
        self.connected.lock().expect("a lock").push(address);
        Box::pin(TcpStream::connect(self.server))
    }
}

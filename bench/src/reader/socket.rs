//! Opens a connection: TCP, TLS, the upgrade to WebSocket; then moves raw bytes.

use std::sync::{Arc, atomic::Ordering};

use http::Uri;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    counters::Counters,
    frame::{Small, Walker, keep_alive_answer, masked, opcode},
};
use crate::failure::Failure;

/// How much is read at once, as the engine does.
const READ_BYTES: usize = 32 << 10;
/// The longest answer to an upgrade.
const HEAD_LIMIT_BYTES: usize = 16 << 10;
/// The longest message of a handshake.
const HANDSHAKE_LIMIT_BYTES: u64 = 64 << 10;

/// A client that trusts one authority.
///
/// # Errors
/// If there is none in the text.
pub(super) fn client_config(ca_pem: &[u8]) -> Result<Arc<ClientConfig>, Failure> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem) {
        roots.add(certificate?)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// An open WebSocket.
pub(super) struct Socket {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
    walker: Walker,
    small: Vec<Small>,
}

impl Socket {
    /// Opens `url`.
    ///
    /// # Errors
    /// If it is no `wss` address of a loopback server, or the server refuses.
    pub(super) async fn open(url: &str, tls: &Arc<ClientConfig>) -> Result<Self, Failure> {
        let uri: Uri = url.parse()?;
        let host = uri.host().ok_or("an address without a host")?.to_owned();
        let stream = TcpStream::connect((host.as_str(), uri.port_u16().unwrap_or(443))).await?;
        stream.set_nodelay(true)?;
        let stream = TlsConnector::from(Arc::clone(tls)).connect(ServerName::try_from(host)?, stream).await?;
        let (walker, small) = (Walker::new(), Vec::new());
        let mut socket = Self { stream, buffer: vec![0; READ_BYTES], walker, small };
        socket.upgrade(&uri).await?;
        Ok(socket)
    }

    async fn upgrade(&mut self, uri: &Uri) -> Result<(), Failure> {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        // The key proves nothing to a simulator on loopback; its example of RFC 6455 §1.3 does.
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.stream.flush().await?;
        let mut head = Vec::new();
        loop {
            let count = self.stream.read(&mut self.buffer).await?;
            head.extend_from_slice(&self.buffer[..count]);
            if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
                if !head.starts_with(b"HTTP/1.1 101 ") {
                    return Err(format!("{uri} was not upgraded").into());
                }
                self.walker.walk(&head[end + 4..], &mut self.small);
                return Ok(());
            }
            if count == 0 || head.len() > HEAD_LIMIT_BYTES {
                return Err(format!("{uri} gave no answer to the upgrade").into());
            }
        }
    }

    /// Sends a text message.
    ///
    /// # Errors
    /// If the connection broke.
    pub(super) async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        self.write(opcode::TEXT, message).await
    }

    async fn write(&mut self, opcode: u8, payload: &[u8]) -> Result<(), Failure> {
        self.stream.write_all(&masked(opcode, payload, rand::random())).await?;
        self.stream.flush().await?;
        Ok(())
    }

    /// Sends a handshake and waits for the message of this type that answers it.
    ///
    /// # Errors
    /// If the answer is a refusal, or the connection ends before it.
    pub(super) async fn shake_hands(&mut self, request: &[u8], answer_type: i64) -> Result<serde_json::Value, Failure> {
        self.walker.gather(Some(HANDSHAKE_LIMIT_BYTES));
        self.send(request).await?;
        loop {
            for small in std::mem::take(&mut self.small) {
                let Ok(message) = serde_json::from_slice::<serde_json::Value>(&small.payload) else { continue };
                if message["msg_type"].as_i64() != Some(answer_type) {
                    continue;
                }
                self.walker.gather(None);
                return match message["status_code"].as_i64() {
                    Some(0) => Ok(message),
                    _ => Err(format!("a handshake was refused: {message}").into()),
                };
            }
            let count = self.stream.read(&mut self.buffer).await?;
            if count == 0 {
                return Err("the connection ended in the handshake".into());
            }
            self.walker.walk(&self.buffer[..count], &mut self.small);
        }
    }

    /// Reads and counts until the connection ends; answers only what must be answered.
    ///
    /// # Errors
    /// If an answer cannot be sent.
    pub(super) async fn read_to_end(&mut self, counters: Option<&Counters>) -> Result<(), Failure> {
        loop {
            let before = self.walker.frames;
            // A server that hangs up without a word is as much an end as one that says good-bye.
            let count = self.stream.read(&mut self.buffer).await.unwrap_or(0);
            if count == 0 {
                return Ok(());
            }
            self.walker.walk(&self.buffer[..count], &mut self.small);
            if let Some(counters) = counters {
                counters.bytes.fetch_add(count as u64, Ordering::Relaxed);
                counters.messages.fetch_add(self.walker.frames - before, Ordering::Relaxed);
            }
            if !self.small.is_empty() && self.answer().await? {
                return Ok(());
            }
        }
    }

    /// Answers pings and keep-alives; true once the server says good-bye.
    async fn answer(&mut self) -> Result<bool, Failure> {
        for small in std::mem::take(&mut self.small) {
            match small.opcode {
                opcode::PING => self.write(opcode::PONG, &small.payload).await?,
                opcode::CLOSE => {
                    self.write(opcode::CLOSE, &small.payload).await?;
                    return Ok(true);
                }
                _ => {
                    if let Some(answer) = keep_alive_answer(&small.payload) {
                        self.send(&answer).await?;
                    }
                }
            }
        }
        Ok(false)
    }
}

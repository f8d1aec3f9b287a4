//! Makes connections: checks the address, resolves it once, checks what it resolved to, and connects to exactly that.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{net::TcpStream, time};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::{
    client_async_with_config,
    tungstenite::{Error as WsError, protocol::WebSocketConfig},
};

use crate::{DialError, Policy, Target, WebSocket, pattern::Host, tls};

/// How much is read from a socket at once, in bytes.
const READ_BUFFER_BYTES: usize = 16 << 10;
/// How much may wait to be sent, in bytes; we send only small control messages.
const WRITE_LIMIT_BYTES: usize = 1 << 20;
/// The least time that one of several addresses gets.
const ADDRESS_SHARE: Duration = Duration::from_secs(1);

/// The only way out. Cheap to clone.
#[derive(Clone)]
pub struct Dialer {
    policy: Arc<Policy>,
    tls: Arc<ClientConfig>,
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Dialer {
    /// A dialer that keeps to `policy` and trusts the system's certificate authorities and those of `extra_ca_pem`.
    ///
    /// # Errors
    /// [`DialError::Authorities`] if `extra_ca_pem` holds no certificates that can be read.
    pub fn new(policy: Policy, extra_ca_pem: Option<&[u8]>) -> Result<Self, DialError> {
        Ok(Self { policy: Arc::new(policy), tls: tls::client_config(extra_ca_pem)? })
    }

    /// What may be dialled.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Opens a WebSocket to `url` within `deadline`; messages above `message_limit_bytes` will end it.
    ///
    /// # Errors
    /// A [`DialError`]; [`DialError::permanent`] tells whether to try again.
    pub async fn websocket(
        &self,
        url: &str,
        message_limit_bytes: usize,
        deadline: Duration,
    ) -> Result<WebSocket, DialError> {
        let target = self.policy.check(url)?;
        let mut phase = "its address";
        let attempt = async {
            let addresses = resolve(&target).await?;
            phase = "a connection";
            let stream = connect(&target, &addresses, deadline).await?;
            phase = "encryption";
            let stream = self.encrypt(&target, stream).await?;
            phase = "the WebSocket";
            upgrade(&target, stream, message_limit_bytes).await
        };
        match time::timeout(deadline, attempt).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let limit_ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
                Err(DialError::Timeout { host: target.authority(), phase, limit_ms })
            }
        }
    }

    async fn encrypt(&self, target: &Target, stream: TcpStream) -> Result<TlsStream<TcpStream>, DialError> {
        let host = target.authority();
        let name = match &target.host {
            Host::Address(address) => ServerName::from(*address),
            Host::Name(name) => ServerName::try_from(name.clone())
                .map_err(|error| DialError::Tls { host: host.clone(), reason: error.to_string() })?,
        };
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        connector.connect(name, stream).await.map_err(|error| tls_error(host, &error))
    }
}

async fn resolve(target: &Target) -> Result<Vec<SocketAddr>, DialError> {
    let name = match &target.host {
        Host::Address(address) => return checked(target, [SocketAddr::new(*address, target.port)]),
        Host::Name(name) => name,
    };
    let unknown = |reason: String| DialError::Dns { host: name.clone(), reason };
    let found = tokio::net::lookup_host((name.as_str(), target.port)).await;
    let addresses = checked(target, found.map_err(|error| unknown(error.to_string()))?)?;
    if addresses.is_empty() {
        return Err(unknown("it has no address".to_owned()));
    }
    Ok(addresses)
}

/// Every address must be allowed: a name with one that is not is no honest name.
fn checked(target: &Target, found: impl IntoIterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, DialError> {
    let unmapped = |address: SocketAddr| -> IpAddr { address.ip().to_canonical() };
    found.into_iter().map(|address| target.check_address(unmapped(address)).map(|()| address)).collect()
}

async fn connect(target: &Target, addresses: &[SocketAddr], deadline: Duration) -> Result<TcpStream, DialError> {
    let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let share = (deadline / count).max(ADDRESS_SHARE);
    let mut reason = String::new();
    for address in addresses {
        match time::timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Keep-alive answers are tiny and must not wait for company.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY is not available");
                }
                return Ok(stream);
            }
            Ok(Err(error)) => reason = format!("{address}: {error}"),
            Err(_) => reason = format!("{address}: no answer within {share:?}"),
        }
    }
    Err(DialError::Connect { host: target.authority(), reason })
}

async fn upgrade(
    target: &Target,
    stream: TlsStream<TcpStream>,
    message_limit_bytes: usize,
) -> Result<WebSocket, DialError> {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_LIMIT_BYTES)
        .max_message_size(Some(message_limit_bytes))
        .max_frame_size(Some(message_limit_bytes));
    match client_async_with_config(target.url.as_str(), stream, Some(config)).await {
        Ok((socket, _)) => Ok(WebSocket::new(socket)),
        Err(error) => Err(upgrade_error(target.authority(), error)),
    }
}

fn upgrade_error(host: String, error: WsError) -> DialError {
    match error {
        WsError::Http(response) => DialError::Handshake { host, reason: format!("HTTP status {}", response.status()) },
        // With TLS 1.3 the peer's alert about the handshake may come this late.
        WsError::Io(error) => match tls_error(host, &error) {
            DialError::Tls { host, reason } => DialError::Handshake { host, reason },
            other => other,
        },
        other => DialError::Handshake { host, reason: other.to_string() },
    }
}

fn tls_error(host: String, error: &io::Error) -> DialError {
    let fault = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match fault {
        Some(rustls::Error::InvalidCertificate(reason)) => DialError::Certificate { host, reason: reason.to_string() },
        _ => DialError::Tls { host, reason: error.to_string() },
    }
}

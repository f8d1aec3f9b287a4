//! The way to customers' receivers: checks the address, resolves it once, checks everything that it resolved to, and connects
//! to exactly that. The way to the platform is in `dialer`; what is delivered is `deliver`'s business.

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use rustls::ClientConfig;
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};

use crate::{
    Allowance, DialError, HttpRequest, HttpResponse, Network, Protocol, Receivers, WebSocket, http,
    line::Line,
    network::Machine,
    reach::{Means, reach, resolved, too_late},
    stream::Stream,
    target::Target,
    tls,
    upgrade::{Terms, upgrade},
};

/// How much may wait to be sent to a receiver, in bytes: a picture in base64, with room to spare.
const OUTGOING_LIMIT_BYTES: usize = 16 << 20;

/// How many names are looked up at once. A lookup holds a thread of the process until the machine's resolver has enough of it,
/// however little of that is waited for, and customers choose the names.
const LOOKUPS: usize = 32;

/// The way to receivers. Cheap to clone.
#[derive(Clone)]
pub struct Outward {
    receivers: Arc<Receivers>,
    tls: Arc<ClientConfig>,
    network: Arc<dyn Network>,
    lookups: Arc<Semaphore>,
}

impl fmt::Debug for Outward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outward").field("receivers", &self.receivers).finish_non_exhaustive()
    }
}

impl Outward {
    /// A way to what `receivers` allow that trusts the system's certificate authorities and those of `extra_ca_pem`, whose
    /// revocation lists are obeyed.
    ///
    /// # Errors
    /// [`DialError::Authorities`] if `extra_ca_pem` holds no certificates that can be read.
    pub fn new(receivers: Receivers, extra_ca_pem: Option<&[u8]>) -> Result<Self, DialError> {
        Ok(Self {
            receivers: Arc::new(receivers),
            tls: tls::client_config(extra_ca_pem)?,
            network: Arc::new(Machine),
            lookups: Arc::new(Semaphore::new(LOOKUPS)),
        })
    }

    /// The same over another network, which is for tests.
    #[must_use]
    pub fn with_network(mut self, network: Arc<dyn Network>) -> Self {
        self.network = network;
        self
    }

    /// Whether `url` may be dialled, as far as its text tells; no name is resolved.
    ///
    /// # Errors
    /// [`DialError::Refused`].
    pub fn check(&self, url: &str, protocol: Protocol) -> Result<(), DialError> {
        self.receivers.check(url, protocol).map(drop)
    }

    /// Whether `url` may be dialled, and what it resolves to now. Nothing is connected to.
    ///
    /// # Errors
    /// [`DialError::Refused`]; [`DialError::Dns`] or [`DialError::Timeout`] if what it resolves to cannot be told.
    pub async fn check_resolved(&self, url: &str, protocol: Protocol, deadline: Duration) -> Result<(), DialError> {
        let target = self.receivers.check(url, protocol)?;
        let lookup = resolved(&target, self.resolve(&target));
        match timeout(deadline, lookup).await {
            Ok(found) => found.map(drop),
            Err(_) => Err(too_late(&target, "its address", deadline)),
        }
    }

    /// Sends one request and answers with what comes back within `deadline`, whatever its status: redirects are not
    /// followed. A body above `limit_bytes` is refused.
    ///
    /// # Errors
    /// A [`DialError`].
    pub async fn http(
        &self,
        request: HttpRequest<'_>,
        limit_bytes: usize,
        deadline: Duration,
    ) -> Result<HttpResponse, DialError> {
        self.exchange(request, Some(limit_bytes), deadline).await
    }

    /// Sends one request and answers with the head of what comes back within `deadline`, whatever its status. Its body is not
    /// waited for.
    ///
    /// # Errors
    /// A [`DialError`].
    pub async fn http_head(&self, request: HttpRequest<'_>, deadline: Duration) -> Result<HttpResponse, DialError> {
        self.exchange(request, None, deadline).await
    }

    async fn exchange(
        &self,
        request: HttpRequest<'_>,
        limit_bytes: Option<usize>,
        deadline: Duration,
    ) -> Result<HttpResponse, DialError> {
        let target = self.receivers.check(request.url, Protocol::Http)?;
        let mut phase = "";
        let attempt = async {
            let stream = self.connect(&target, &mut phase).await?;
            phase = "an answer";
            http::exchange(&target, stream, request, limit_bytes).await
        };
        let outcome = timeout(deadline, attempt).await;
        outcome.unwrap_or_else(|_| Err(too_late(&target, phase, deadline)))
    }

    /// Opens a WebSocket to `url` within `deadline`, with these headers beside those of the protocol. Messages that come in
    /// above `message_limit_bytes` will end it; of what goes out 16 MiB may wait.
    ///
    /// # Errors
    /// A [`DialError`].
    pub async fn websocket(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        message_limit_bytes: usize,
        deadline: Duration,
    ) -> Result<WebSocket, DialError> {
        let target = self.receivers.check(url, Protocol::WebSocket)?;
        let mut phase = "";
        let attempt = async {
            let stream = self.connect(&target, &mut phase).await?;
            phase = "the WebSocket";
            let terms = Terms {
                headers,
                message_limit_bytes,
                write_limit_bytes: OUTGOING_LIMIT_BYTES,
                // Twice over, as what a message takes is counted.
                allowance: Allowance::new(message_limit_bytes.saturating_mul(4)),
            };
            upgrade(&target, stream, terms).await
        };
        let outcome = timeout(deadline, attempt).await;
        outcome.unwrap_or_else(|_| Err(too_late(&target, phase, deadline)))
    }

    /// Asks the resolver once there is a place for it, which stays taken until that answers, even if nobody waits any more.
    async fn resolve(&self, target: &Target) -> io::Result<Vec<SocketAddr>> {
        let place = Arc::clone(&self.lookups).acquire_owned().await.map_err(io::Error::other)?;
        let (network, name, port) = (Arc::clone(&self.network), target.host.name().to_owned(), target.port);
        let lookup = tokio::spawn(async move {
            let found = network.resolve(&name, port).await;
            drop(place);
            found
        });
        lookup.await.map_err(io::Error::other)?
    }

    /// Opens a connection. No address is remembered: over a plain connection nobody proves to be the receiver.
    async fn connect(&self, target: &Target, phase: &mut &'static str) -> Result<Stream, DialError> {
        let means =
            Means { resolve: self.resolve(target), connect: |address| self.network.connect(address), pause: sleep };
        let (_, stream) = reach(target, None, means, phase).await?;
        if !target.is_encrypted {
            return Ok(Stream::plain(Line::new(stream)));
        }
        *phase = "encryption";
        tls::encrypt(&self.tls, target, Line::new(stream)).await
    }
}

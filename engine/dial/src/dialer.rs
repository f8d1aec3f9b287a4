//! Makes connections: checks the address, resolves it once, checks what it resolved to, and connects to exactly that.
//!
//! What is said over a plain connection is in `http`.

use std::{fmt, sync::Arc, time::Duration};

use rustls::ClientConfig;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    Allowance, DialError, HostPattern, HttpRequest, HttpResponse, Network, Policy, Target, WebSocket, http,
    line::Line,
    network::Machine,
    reach::{Means, reach, too_late},
    remembered::Remembered,
    stream::Stream,
    tls,
    upgrade::{Terms, upgrade},
};

/// How much may wait to be sent, in bytes; we send only small control messages.
const WRITE_LIMIT_BYTES: usize = 64 << 10;

/// The only way out. Cheap to clone.
#[derive(Clone)]
pub struct Dialer {
    policy: Arc<Policy>,
    http_policy: Arc<Policy>,
    tls: Arc<ClientConfig>,
    network: Arc<dyn Network>,
    remembered: Arc<Remembered>,
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("policy", &self.policy).field("http", &self.http_policy).finish_non_exhaustive()
    }
}

impl Dialer {
    /// A dialer that keeps to `policy` and trusts the system's certificate authorities and those of `extra_ca_pem`.
    ///
    /// Revocation lists (PEM sections `X509 CRL`) in `extra_ca_pem` are obeyed; without any, revocation is not checked.
    ///
    /// # Errors
    /// [`DialError::Authorities`] if `extra_ca_pem` holds no certificates that can be read.
    pub fn new(policy: Policy, extra_ca_pem: Option<&[u8]>) -> Result<Self, DialError> {
        let policy = Arc::new(policy);
        Ok(Self {
            http_policy: Arc::clone(&policy),
            policy,
            tls: tls::client_config(extra_ca_pem)?,
            network: Arc::new(Machine),
            remembered: Arc::default(),
        })
    }

    /// The same, which may send HTTP requests to `hosts` besides those of its policy. WebSockets may not go there.
    #[must_use]
    pub fn with_http_hosts(mut self, hosts: impl IntoIterator<Item = HostPattern>) -> Self {
        let mut policy = Policy::clone(&self.http_policy);
        policy.allowed_hosts.extend(hosts);
        self.http_policy = Arc::new(policy);
        self
    }

    /// The same over another network, which is for tests.
    #[must_use]
    pub fn with_network(mut self, network: Arc<dyn Network>) -> Self {
        self.network = network;
        self
    }

    /// What may be dialled.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Opens a WebSocket to `url` within `deadline`; messages above `message_limit_bytes` will end it, as will one for which there
    /// is no room in `allowance`, and one that is not complete 10 s after its first byte.
    ///
    /// # Errors
    /// A [`DialError`]; [`DialError::permanent`] tells whether to try again.
    pub async fn websocket(
        &self,
        url: &str,
        message_limit_bytes: usize,
        allowance: Allowance,
        deadline: Duration,
    ) -> Result<WebSocket, DialError> {
        let target = self.policy.check(url)?;
        let mut phase = "";
        let attempt = async {
            let stream = self.connect(&target, &mut phase).await?;
            phase = "the WebSocket";
            let terms = Terms { headers: &[], message_limit_bytes, write_limit_bytes: WRITE_LIMIT_BYTES, allowance };
            upgrade(&target, stream, terms).await
        };
        let outcome = timeout(deadline, attempt).await;
        outcome.unwrap_or_else(|_| Err(too_late(&target, phase, deadline)))
    }

    /// Sends one request and answers with what comes back within `deadline`, whatever its status: redirects are not
    /// followed. A body above `limit_bytes` is refused.
    ///
    /// # Errors
    /// A [`DialError`]; [`DialError::permanent`] tells whether to try again.
    pub async fn http(
        &self,
        request: HttpRequest<'_>,
        limit_bytes: usize,
        deadline: Duration,
    ) -> Result<HttpResponse, DialError> {
        let target = self.http_policy.check_scheme(request.url, "https")?;
        let mut phase = "";
        let attempt = async {
            let stream = self.connect(&target, &mut phase).await?;
            phase = "an answer";
            http::exchange(&target, stream, request, Some(limit_bytes)).await
        };
        let outcome = timeout(deadline, attempt).await;
        outcome.unwrap_or_else(|_| Err(too_late(&target, phase, deadline)))
    }

    async fn connect(&self, target: &Target, phase: &mut &'static str) -> Result<Stream, DialError> {
        let authority = target.authority();
        let last_good = self.remembered.last_good(&authority, Instant::now().into_std());
        let means = Means {
            resolve: self.network.resolve(target.host.name(), target.port),
            connect: |address| self.network.connect(address),
            pause: sleep,
        };
        let (address, stream) = reach(target, last_good, means, phase).await?;
        *phase = "encryption";
        let stream = tls::encrypt(&self.tls, target, Line::new(stream)).await?;
        // Only who proved to be the peer is good.
        self.remembered.note(authority, address, Instant::now().into_std());
        Ok(stream)
    }
}

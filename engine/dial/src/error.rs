//! What can go wrong on the way out.

use std::{net::IpAddr, time::Duration};

use model::{Blame, Fault};

/// Why an address is not dialled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not an address, or contains characters that addresses are disguised with.
    #[error("it is not a plain address")]
    Malformed,
    /// It is not encrypted, or of another kind than the one wanted.
    #[error("it is not a `{wanted}` address")]
    NotSecure {
        /// The scheme that is wanted: `wss` or `https`, or for receivers which of several.
        wanted: &'static str,
    },
    /// It carries a user name or a password.
    #[error("it carries a user name or a password")]
    Credentials,
    /// It names a machine by its number.
    #[error("it names a machine by its number, which `zoom.allowed_hosts` does not list")]
    IpLiteral,
    /// Its host is not allowed.
    #[error("its host is not in `zoom.allowed_hosts`")]
    Host,
    /// Its port is not allowed.
    #[error("its port {port} is not allowed; add `:{port}` to the host in `zoom.allowed_hosts`")]
    Port {
        /// The port.
        port: u16,
    },
    /// It leads into a private network.
    #[error("it leads to {address}, which is not a public address")]
    PrivateAddress {
        /// What the name resolved to.
        address: IpAddr,
    },
    /// A receiver lies in a network that is not public, and the operator does not name it.
    #[error(
        "it leads to {address}, which is not a public address; if it is yours, name its host or network in `deliver.private`"
    )]
    Inside {
        /// What the name resolved to.
        address: IpAddr,
    },
    /// A receiver is local to a link or to the host's provider; no setting allows that.
    #[error(
        "it leads to {address}, which is link-local, a metadata service or no machine at all, and is never dialled"
    )]
    NeverDialled {
        /// What the name resolved to.
        address: IpAddr,
    },
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// The operator's policy forbids it; nothing was dialled.
    #[error("`{address}` is not dialled: {refusal}")]
    Refused {
        /// The address, at most 128 characters of it and without credentials.
        address: String,
        /// Why.
        refusal: Refusal,
    },
    /// The name leads nowhere.
    #[error("the name `{host}` cannot be resolved: {reason}; check the machine's DNS")]
    Dns {
        /// The name.
        host: String,
        /// The resolver's words.
        reason: String,
    },
    /// No address of the host takes a connection.
    #[error("`{host}` cannot be reached: {reason}; check that outgoing connections to it are allowed")]
    Connect {
        /// The host and port.
        host: String,
        /// The latest reason.
        reason: String,
    },
    /// It took too long.
    #[error("`{host}` did not get as far as {phase} within {limit:?}", limit = Duration::from_millis(*limit_ms))]
    Timeout {
        /// The host and port.
        host: String,
        /// What was being done.
        phase: &'static str,
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// The host cannot prove who it is.
    #[error("the certificate of `{host}` is not accepted: {reason}")]
    Certificate {
        /// The host and port.
        host: String,
        /// What is wrong with it.
        reason: String,
        /// Whether time may heal it, as it does an expired one.
        may_heal: bool,
    },
    /// The host knows only versions of TLS that are not secure.
    #[error("`{host}` offers neither TLS 1.2 nor TLS 1.3; nothing older is spoken, so the peer must be renewed")]
    TlsTooOld {
        /// The host and port.
        host: String,
    },
    /// The connection could not be encrypted.
    #[error("the connection to `{host}` cannot be encrypted: {reason}")]
    Tls {
        /// The host and port.
        host: String,
        /// Why.
        reason: String,
    },
    /// The host does not speak WebSocket there.
    #[error("`{host}` refused the WebSocket: {reason}")]
    Handshake {
        /// The host and port.
        host: String,
        /// The HTTP status or what else it said.
        reason: String,
    },
    /// The host does not answer a request as HTTP wants it, or the request is none.
    #[error("the request to `{host}` failed: {reason}")]
    Http {
        /// The host and port.
        host: String,
        /// What was noticed.
        reason: String,
    },
    /// An HTTP answer is larger than it may be.
    #[error("the answer of `{host}` is larger than {limit_bytes} bytes")]
    AnswerTooLarge {
        /// The host and port.
        host: String,
        /// The limit in bytes.
        limit_bytes: usize,
    },
    /// The trusted authorities cannot be read.
    #[error("the certificate authorities cannot be read: {reason}")]
    Authorities {
        /// Why.
        reason: String,
    },
}

impl DialError {
    /// Whether another attempt at the same address a little later is pointless.
    pub const fn permanent(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. }
                | Self::Certificate { may_heal: false, .. }
                | Self::TlsTooOld { .. }
                | Self::AnswerTooLarge { .. }
                | Self::Authorities { .. }
        )
    }
}

impl Fault for DialError {
    fn blame(&self) -> Blame {
        match self {
            Self::Authorities { .. } => Blame::Caller,
            Self::Dns { .. } => Blame::Ourselves,
            _ => Blame::Peer,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Refused { refusal, .. } => match refusal {
                Refusal::Malformed => "address_malformed",
                Refusal::NotSecure { .. } => "address_not_secure",
                Refusal::Credentials => "address_with_credentials",
                Refusal::IpLiteral => "address_is_ip_literal",
                Refusal::Host => "address_host_not_allowed",
                Refusal::Port { .. } => "address_port_not_allowed",
                Refusal::PrivateAddress { .. } | Refusal::Inside { .. } => "address_is_private",
                Refusal::NeverDialled { .. } => "address_never_dialled",
            },
            Self::Dns { .. } => "dns_failed",
            Self::Connect { .. } => "connect_failed",
            Self::Timeout { .. } => "connect_timeout",
            Self::Certificate { .. } => "tls_bad_certificate",
            Self::TlsTooOld { .. } => "tls_too_old",
            Self::Tls { .. } => "tls_failed",
            Self::Handshake { .. } => "websocket_refused",
            Self::Http { .. } => "http_failed",
            Self::AnswerTooLarge { .. } => "http_answer_too_large",
            Self::Authorities { .. } => "tls_bad_authorities",
        }
    }
}

/// Why a line of `allowed_hosts` means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{pattern}` is not a host: {reason}; write `*.example.com`, `host.example.com`, `127.0.0.1` or `localhost`, with `:port` if it is not 443"
)]
pub struct PatternError {
    pub(crate) pattern: String,
    pub(crate) reason: &'static str,
}

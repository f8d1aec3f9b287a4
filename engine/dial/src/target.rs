//! A web address as it is given, taken apart, and what it may resolve to. Pure: who may be dialled is decided in `policy` and
//! `receivers`, resolving and connecting are in `reach`.

use std::net::IpAddr;

use url::Url;

use crate::{
    DialError, Refusal, address,
    pattern::{Host, HostPattern},
    private::PrivatePattern,
};

/// How much of an address is repeated in an error, in characters.
const SHOWN_CHARS: usize = 128;

/// How long an address may be, in bytes.
const LONGEST_BYTES: usize = 4 << 10;

/// An address that may be dialled, as text; what it resolves to is still to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The whole address, normalized.
    pub(crate) url: String,
    pub(crate) host: Host,
    pub(crate) port: u16,
    /// Whether it is spoken to over TLS.
    pub(crate) is_encrypted: bool,
    pub(crate) leads: Leads,
}

/// Where a name may lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Leads {
    /// To public addresses, and to those that these lines, which allow the name, name themselves.
    AsListed(Vec<HostPattern>),
    /// To public addresses, and to those private ones that the operator names as its own.
    Anywhere(Vec<PrivatePattern>),
}

/// The parts of an address.
pub(crate) struct Parts {
    pub(crate) url: Url,
    pub(crate) host: Host,
    pub(crate) port: u16,
}

impl Parts {
    /// Takes an address apart. `schemes` are those that it may begin with, `wanted` what they are called.
    pub(crate) fn of(text: &str, schemes: &[&str], wanted: &'static str) -> Result<Self, Refusal> {
        if text.len() > LONGEST_BYTES {
            return Err(Refusal::Malformed);
        }
        // A URL parser forgives these, and two parsers may forgive differently.
        if text.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'\\') {
            return Err(Refusal::Malformed);
        }
        let url = Url::parse(text).map_err(|_| Refusal::Malformed)?;
        if !schemes.contains(&url.scheme()) {
            return Err(Refusal::NotSecure { wanted });
        }
        if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
            return Err(Refusal::Credentials);
        }
        if url.fragment().is_some() {
            return Err(Refusal::Malformed);
        }
        let host = match url.host().ok_or(Refusal::Malformed)? {
            url::Host::Domain(name) => Host::Name(name.to_ascii_lowercase()),
            url::Host::Ipv4(address) => Host::Address(address.into()),
            url::Host::Ipv6(address) => Host::Address(address.into()),
        };
        let port = url.port_or_known_default().ok_or(Refusal::Malformed)?;
        Ok(Self { url, host, port })
    }

    /// The target of these parts.
    pub(crate) fn leading(self, leads: Leads) -> Result<Target, Refusal> {
        let Self { url, host, port } = self;
        if matches!(&host, Host::Name(name) if !is_host_name(name)) {
            return Err(Refusal::Malformed);
        }
        let is_encrypted = matches!(url.scheme(), "wss" | "https");
        Ok(Target { url: url.to_string(), host, port, is_encrypted, leads })
    }
}

impl Target {
    /// The host and port, for people.
    pub(crate) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Checks the address of a host that is named by its number; any other is still to be resolved.
    ///
    /// # Errors
    /// As [`Target::check_address`].
    pub(crate) fn check_literal(&self) -> Result<(), DialError> {
        match &self.host {
            Host::Address(address) => self.check_address(address.to_canonical()),
            Host::Name(_) => Ok(()),
        }
    }

    /// Whether `address`, one of those that the name resolved to, may be dialled.
    ///
    /// # Errors
    /// [`DialError::Refused`] if it may not.
    pub(crate) fn check_address(&self, address: IpAddr) -> Result<(), DialError> {
        let refusal = match &self.leads {
            Leads::AsListed(allowed_by) => {
                let is_vouched_for = allowed_by.iter().any(|pattern| pattern.vouches_for(address));
                (!address::is_public(address) && !is_vouched_for).then_some(Refusal::PrivateAddress { address })
            }
            Leads::Anywhere(_) if address::is_never_dialled(address) => Some(Refusal::NeverDialled { address }),
            Leads::Anywhere(private) => {
                let is_named = private.iter().any(|named| named.names(&self.host, self.port, address));
                (!address::is_public(address) && !is_named).then_some(Refusal::Inside { address })
            }
        };
        refusal.map_or(Ok(()), |refusal| Err(refused(&self.url, refusal)))
    }
}

/// The refusal of an address, which is repeated as far as it may be shown.
pub(crate) fn refused(url: &str, refusal: Refusal) -> DialError {
    DialError::Refused { address: shown(url), refusal }
}

/// Whether a name, in lower case, is one that can be resolved and certified (RFC 1123 §2.1, with the underscore of
/// practice).
fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

/// What lies between the scheme and the path.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// An address as far as it may be shown: without credentials, query and control characters.
fn shown(url: &str) -> String {
    let without_query = url.split(['?', '#']).next().unwrap_or_default();
    let text = match authority(without_query).rsplit_once('@') {
        Some((credentials, _)) => without_query.replacen(&format!("{credentials}@"), "", 1),
        None => without_query.to_owned(),
    };
    text.chars().filter(|letter| !letter.is_control()).take(SHOWN_CHARS).collect()
}

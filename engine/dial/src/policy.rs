//! Which addresses may be dialled. Pure: resolving and connecting are in `dialer`.

use std::net::IpAddr;

use url::Url;

use crate::{DialError, HostPattern, Refusal, address, pattern::Host};

/// How much of an address is repeated in an error, in characters.
const SHOWN_CHARS: usize = 128;

/// How long an address may be, in bytes.
const LONGEST_BYTES: usize = 4 << 10;

/// What the operator allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The hosts that may be dialled; none if empty.
    pub allowed_hosts: Vec<HostPattern>,
}

/// An address that the policy allows, as text; what it resolves to is still to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The whole address, normalized.
    pub(crate) url: String,
    pub(crate) host: Host,
    pub(crate) port: u16,
    /// The lines of the policy that allow it.
    pub(crate) allowed_by: Vec<HostPattern>,
}

impl Target {
    /// The host and port, for people.
    pub(crate) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl Policy {
    /// Whether `url` may be dialled: a plain `wss` address of an allowed host and port.
    ///
    /// # Errors
    /// [`DialError::Refused`].
    pub fn check(&self, url: &str) -> Result<Target, DialError> {
        self.check_scheme(url, "wss")
    }

    /// Whether `url`, which must begin with `wanted`, may be dialled.
    pub(crate) fn check_scheme(&self, url: &str, wanted: &'static str) -> Result<Target, DialError> {
        self.target(url, wanted).map_err(|refusal| DialError::Refused { address: shown(url), refusal })
    }

    fn target(&self, text: &str, wanted: &'static str) -> Result<Target, Refusal> {
        if text.len() > LONGEST_BYTES {
            return Err(Refusal::Malformed);
        }
        // A URL parser forgives these, and two parsers may forgive differently.
        if text.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'\\') {
            return Err(Refusal::Malformed);
        }
        let url = Url::parse(text).map_err(|_| Refusal::Malformed)?;
        if url.scheme() != wanted {
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
        let named: Vec<&HostPattern> =
            self.allowed_hosts.iter().filter(|pattern| pattern.matches_host(&host)).collect();
        if named.is_empty() {
            return Err(if matches!(host, Host::Address(_)) { Refusal::IpLiteral } else { Refusal::Host });
        }
        let allowed_by: Vec<HostPattern> =
            named.into_iter().filter(|pattern| pattern.matches_port(port)).cloned().collect();
        if allowed_by.is_empty() {
            return Err(Refusal::Port { port });
        }
        if matches!(&host, Host::Name(name) if !is_host_name(name)) {
            return Err(Refusal::Malformed);
        }
        Ok(Target { url: url.to_string(), host, port, allowed_by })
    }
}

impl Target {
    /// Whether `address`, one of those that the name resolved to, may be dialled.
    ///
    /// # Errors
    /// [`DialError::Refused`] if it is not public and no line of the policy names it.
    pub(crate) fn check_address(&self, address: IpAddr) -> Result<(), DialError> {
        if address::is_public(address) || self.allowed_by.iter().any(|pattern| pattern.vouches_for(address)) {
            return Ok(());
        }
        Err(DialError::Refused { address: shown(&self.url), refusal: Refusal::PrivateAddress { address } })
    }
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

#[cfg(test)]
mod tests;

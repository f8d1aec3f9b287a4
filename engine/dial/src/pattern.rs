//! One line of the allow-list. What is done with the list is in `policy`.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use url::Url;

use crate::PatternError;

/// Which hosts, and on which port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    host: Hosts,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    /// Every name that ends so, with something before it; begins with a dot, in lower case.
    Below(String),
    /// This name, in lower case.
    Name(String),
    /// This machine.
    Address(IpAddr),
}

/// The host of an address that was taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// A name, in lower case.
    Name(String),
    /// A number.
    Address(IpAddr),
}

impl Host {
    /// What a resolver is asked for; nothing, if there is nothing to ask.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Address(_) => "",
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

impl HostPattern {
    /// The host and port of an `https` address, and nothing else.
    ///
    /// # Errors
    /// If it is no such address.
    pub fn of_url(url: &str) -> Result<Self, PatternError> {
        let fault = |reason| PatternError { pattern: url.to_owned(), reason };
        let parsed = Url::parse(url).map_err(|_| fault("it is not an address"))?;
        if parsed.scheme() != "https" {
            return Err(fault("it is not an `https` address"));
        }
        let host = match parsed.host().ok_or_else(|| fault("it names no host"))? {
            url::Host::Domain(name) => Hosts::Name(name.to_ascii_lowercase()),
            url::Host::Ipv4(address) => Hosts::Address(address.into()),
            url::Host::Ipv6(address) => Hosts::Address(address.into()),
        };
        Ok(Self { host, port: Some(parsed.port().unwrap_or(443)) })
    }

    pub(crate) fn matches_host(&self, host: &Host) -> bool {
        match (&self.host, host) {
            (Hosts::Below(suffix), Host::Name(name)) => name.len() > suffix.len() && name.ends_with(suffix.as_str()),
            (Hosts::Name(listed), Host::Name(name)) => listed == name,
            (Hosts::Address(listed), Host::Address(address)) => listed == address,
            _ => false,
        }
    }

    /// Without a port of its own a pattern means 443, or any port of this machine.
    pub(crate) fn matches_port(&self, port: u16) -> bool {
        match self.port {
            Some(listed) => listed == port,
            None => port == 443 || self.is_loopback(),
        }
    }

    /// Whether it names `host`, and `port` where it has one of its own.
    pub(crate) fn names(&self, host: &Host, port: u16) -> bool {
        self.matches_host(host) && self.port.is_none_or(|listed| listed == port)
    }

    /// Whether it names this very machine.
    fn is_loopback(&self) -> bool {
        match &self.host {
            Hosts::Name(name) => name == "localhost",
            Hosts::Address(address) => address.is_loopback(),
            Hosts::Below(_) => false,
        }
    }

    /// Whether it names `address` so plainly that it may lie in a private network.
    pub(crate) fn vouches_for(&self, address: IpAddr) -> bool {
        match &self.host {
            Hosts::Name(name) => name == "localhost" && address.is_loopback(),
            Hosts::Address(listed) => *listed == address,
            Hosts::Below(_) => false,
        }
    }
}

impl FromStr for HostPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let fault = |reason| PatternError { pattern: text.to_owned(), reason };
        let whole = text.trim().to_ascii_lowercase();
        if whole.contains("://") || whole.contains('/') {
            return Err(fault("it is an address, not a host"));
        }
        if let Ok(address) = whole.trim_start_matches('[').trim_end_matches(']').parse::<Ipv6Addr>() {
            return Ok(Self { host: Hosts::Address(address.into()), port: None });
        }
        let (host, port) = match whole.rsplit_once(':') {
            Some((host, port)) => {
                let port = port.parse().ok().filter(|port| *port != 0);
                (host, Some(port.ok_or_else(|| fault("its port is not a number from 1 to 65535"))?))
            }
            None => (whole.as_str(), None),
        };
        if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse() {
            return Ok(Self { host: Hosts::Address(address), port });
        }
        let is_label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        let (name, is_suffix) = host.strip_prefix("*.").map_or((host, false), |rest| (rest, true));
        if name.is_empty() {
            return Err(fault("it is empty"));
        }
        if name.contains('*') {
            return Err(fault("a star stands only for whole names at the beginning, as in `*.example.com`"));
        }
        if name.len() > 253 || !name.split('.').all(is_label) {
            return Err(fault("it contains characters that host names do not"));
        }
        let host = if is_suffix { Hosts::Below(format!(".{name}")) } else { Hosts::Name(name.to_owned()) };
        Ok(Self { host, port })
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Hosts::Below(suffix) => write!(f, "*{suffix}")?,
            Hosts::Name(name) => f.write_str(name)?,
            Hosts::Address(IpAddr::V6(address)) => write!(f, "[{address}]")?,
            Hosts::Address(IpAddr::V4(address)) => address.fmt(f)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_printed_as_they_were_written() {
        for text in ["*.zoom.us", "zoom.us", "localhost", "127.0.0.1:9000", "[::1]:443", "[::1]", "a.example.com:8443"]
        {
            assert_eq!(text.parse::<HostPattern>().expect("a pattern").to_string(), text);
        }
    }

    #[test]
    fn the_pattern_of_an_address_is_its_host_and_port() {
        for (url, pattern) in [
            ("https://api.zoom.us/v2", "api.zoom.us:443"),
            ("https://127.0.0.1:9000", "127.0.0.1:9000"),
            ("https://[::1]:9000/", "[::1]:9000"),
        ] {
            assert_eq!(HostPattern::of_url(url).expect(url).to_string(), pattern);
        }
        for url in ["http://api.zoom.us", "wss://api.zoom.us", "api.zoom.us", "", "file:///etc"] {
            assert!(HostPattern::of_url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused_with_a_reason() {
        let cases = [
            ("", "empty"),
            ("*.", "empty"),
            ("*", "star"),
            ("z*.us", "star"),
            ("wss://zoom.us", "address"),
            ("zoom.us/path", "address"),
            ("zoom.us:0", "port"),
            ("zoom.us:https", "port"),
            ("zo om.us", "characters"),
            ("zoom..us", "characters"),
            ("zoom.us.", "characters"),
            ("zöom.us", "characters"),
        ];
        for (text, part) in cases {
            let error = text.parse::<HostPattern>().expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}

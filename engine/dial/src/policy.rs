//! Which of the platform's addresses may be dialled: those of hosts that are listed. Pure: resolving and connecting are in
//! `dialer`, customers' receivers in `receivers`.

use crate::{
    DialError, HostPattern, Refusal,
    pattern::Host,
    target::{Leads, Parts, Target, refused},
};

/// What the operator allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The hosts that may be dialled; none if empty.
    pub allowed_hosts: Vec<HostPattern>,
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
        self.target(url, wanted).map_err(|refusal| refused(url, refusal))
    }

    fn target(&self, text: &str, wanted: &'static str) -> Result<Target, Refusal> {
        let parts = Parts::of(text, &[wanted], wanted)?;
        let named: Vec<&HostPattern> =
            self.allowed_hosts.iter().filter(|pattern| pattern.matches_host(&parts.host)).collect();
        if named.is_empty() {
            return Err(if matches!(parts.host, Host::Address(_)) { Refusal::IpLiteral } else { Refusal::Host });
        }
        let allowed_by: Vec<HostPattern> =
            named.into_iter().filter(|pattern| pattern.matches_port(parts.port)).cloned().collect();
        if allowed_by.is_empty() {
            return Err(Refusal::Port { port: parts.port });
        }
        parts.leading(Leads::AsListed(allowed_by))
    }
}

#[cfg(test)]
mod tests;

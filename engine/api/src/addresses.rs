//! Which addresses of a notice are never dialled (fault-matrix D9). Whoever dials refuses them anyway; here it is noticed that
//! somebody who signs as Zoom names them, and a customer is told at once.

use dial::{DialError, Policy};
use zoom::split_urls;

use crate::error::ApiError;

/// The addresses of a notice.
#[derive(Debug)]
pub(crate) struct Addresses {
    count: usize,
    /// What is wrong with those that are never dialled.
    refused: Vec<DialError>,
}

impl Addresses {
    /// Those of a notice's `server_urls`.
    pub(crate) fn of(policy: &Policy, server_urls: &str) -> Self {
        let addresses = split_urls(server_urls);
        let refused = addresses.iter().filter_map(|address| policy.check(address).err()).collect();
        Self { count: addresses.len(), refused }
    }

    /// Whether one of them is never dialled.
    pub(crate) const fn are_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    /// Whether none of them is ever dialled. A capture that runs must not be sent there.
    pub(crate) const fn lead_nowhere(&self) -> bool {
        self.refused.len() == self.count
    }

    /// Refuses addresses of which none is ever dialled, with what is wrong with the first.
    pub(crate) fn lead_somewhere(self) -> Result<(), ApiError> {
        let lead_nowhere = self.lead_nowhere();
        match self.refused.into_iter().next() {
            Some(error) if lead_nowhere => Err(ApiError::AddressRefused(error)),
            _ => Ok(()),
        }
    }

    /// Says in the log which are never dialled, and why.
    pub(crate) fn complain(&self, app: &str) {
        for error in &self.refused {
            tracing::warn!(app, %error, "a webhook with Zoom's signature names an address that is never dialled");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(server_urls: &str) -> (bool, bool) {
        let policy = Policy { allowed_hosts: vec!["*.zoom.us".parse().expect("a pattern")] };
        let addresses = Addresses::of(&policy, server_urls);
        (addresses.are_refused(), addresses.lead_nowhere())
    }

    #[test]
    fn an_address_outside_of_the_policy_is_refused_in_every_disguise() {
        for address in [
            "wss://evil-zoom.us",
            "wss://zoom.us.evil.com",
            "wss://a.zoom.us@evil.com",
            "wss://203.0.113.7",
            "wss://a.zoom.us:8443",
            "ws://a.zoom.us",
            "wss://a.zoom.us\\@evil.com",
            "wss://a.z\u{43e}\u{43e}m.us",
        ] {
            assert_eq!(of(address), (true, true), "{address}");
        }
        assert_eq!(of("wss://a.zoom.us"), (false, false));
        assert_eq!(of("wss://a.zoom.us,wss://b.zoom.us:443"), (false, false));
    }

    #[test]
    fn one_address_among_several_leads_on() {
        assert_eq!(of("wss://evil.com,wss://a.zoom.us"), (true, false));
        assert_eq!(of("https://evil.com,wss://a.zoom.us"), (false, false), "other transports are not ours");
        assert_eq!(of(","), (false, true));
    }
}

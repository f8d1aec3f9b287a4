//! Which of customers' addresses may be dialled: every public host, and of private networks what the operator names. Pure:
//! resolving and connecting are in `outward`, the platform's addresses in `policy`.

use crate::{
    DialError, PrivatePattern,
    target::{Leads, Parts, Target, refused},
};

/// What the operator allows of customers' receivers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receivers {
    /// Hosts and networks that may be dialled although they are not public. What is local to a link or tells a machine about
    /// itself is never dialled.
    pub private: Vec<PrivatePattern>,
    /// Whether plain `http` and `ws` are refused.
    pub require_tls: bool,
}

/// What is spoken with a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `http` or `https`.
    Http,
    /// `ws` or `wss`.
    WebSocket,
}

impl Receivers {
    /// Whether `url` may be dialled, as far as its text tells.
    ///
    /// # Errors
    /// [`DialError::Refused`].
    pub fn check(&self, url: &str, protocol: Protocol) -> Result<Target, DialError> {
        let (schemes, wanted): (&[&str], _) = match (protocol, self.require_tls) {
            (Protocol::Http, true) => (&["https"], "https"),
            (Protocol::Http, false) => (&["https", "http"], "https` or `http"),
            (Protocol::WebSocket, true) => (&["wss"], "wss"),
            (Protocol::WebSocket, false) => (&["wss", "ws"], "wss` or `ws"),
        };
        let target = Parts::of(url, schemes, wanted)
            .and_then(|parts| parts.leading(Leads::Anywhere(self.private.clone())))
            .map_err(|refusal| refused(url, refusal))?;
        target.check_literal()?;
        Ok(target)
    }
}

#[cfg(test)]
mod tests;

//! The only way out: resolve, check, TLS, WebSocket, HTTP.
//!
//! Every address that this program connects to was named by somebody else, so each is held against the operator's
//! [`Policy`] before a byte leaves: first as text, then as what it resolves to. What does not belong here: what is said
//! over a connection (`zoom`), when to try again (`zoom`, `ingest`).

mod address;
mod allowance;
mod boundaries;
mod dialer;
mod error;
mod http;
mod network;
mod patience;
mod pattern;
mod policy;
mod reach;
mod reason;
mod remembered;
mod socket;
mod tls;

pub use allowance::Allowance;
pub use dialer::Dialer;
pub use error::{DialError, PatternError, Refusal};
pub use http::{HttpRequest, HttpResponse};
pub use network::{Answer, Network};
pub use pattern::HostPattern;
pub use policy::{Policy, Target};
pub use socket::{Incoming, SocketError, WebSocket};

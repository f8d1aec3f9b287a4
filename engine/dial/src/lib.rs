//! The only way out: resolve, check, TLS, WebSocket, HTTP.
//!
//! Every address that this program connects to was named by somebody else, so each is held against the operator's rules
//! before a byte leaves: first as text, then as what it resolves to. A [`Dialer`] reaches the platform, of which the hosts are
//! listed ([`Policy`]); [`Outward`] reaches customers' receivers, which may be anywhere but inside ([`Receivers`]). What does not belong here: what is said
//! over a connection (`zoom`), when to try again (`zoom`, `ingest`).

mod address;
mod allowance;
mod dialer;
mod encrypted;
mod error;
mod frames;
mod head;
mod http;
mod line;
mod masked;
mod network;
mod outward;
mod patience;
mod pattern;
mod policy;
mod private;
mod reach;
mod reason;
mod receivers;
mod remembered;
mod session;
mod socket;
mod space;
mod stream;
mod target;
mod tls;
mod upgrade;

pub use allowance::Allowance;
pub use dialer::Dialer;
pub use error::{DialError, PatternError, Refusal};
pub use http::{HttpRequest, HttpResponse};
pub use network::{Answer, Network};
pub use outward::Outward;
pub use pattern::HostPattern;
pub use policy::Policy;
pub use private::PrivatePattern;
pub use receivers::{Protocol, Receivers};
pub use socket::{Incoming, SocketError, WebSocket};
pub use stream::{Inlet, Stream};
pub use target::Target;

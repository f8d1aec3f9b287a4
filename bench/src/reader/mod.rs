//! The floor: what it costs to take the same bytes out of the same sockets and do nothing with them.
//!
//! Takes the webhooks, makes the handshakes, opens a socket for each kind of media that is offered, as the engine does, and
//! from then on reads TLS into one 32 KiB buffer per socket and counts. It looks into a message only if it is as small as a
//! keep-alive, which must be answered. It parses, keeps and knows nothing else.
//!
//! * `run` is its process, which has a desk; `meeting` joins one meeting and reads it; `counters` is what was read
//! * `socket` opens a connection; `frame` writes WebSocket frames and walks over those that come in

mod counters;
mod frame;
mod meeting;
mod run;
mod socket;

pub(crate) use counters::{ACTIVE, BYTES, MESSAGES};
pub(crate) use run::run;

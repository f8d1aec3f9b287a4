//! The contract that every platform speaks with the shell that drives it, sans-IO.
//!
//! One input, then all outputs until there are none, then the next input. Time is an argument of each input. A platform
//! crate implements this for its own machine; `ingest` drives it. Nothing platform specific belongs here.

use std::time::Instant;

use bytes::Bytes;

pub use crate::leg::Leg;
use crate::{Entry, Event, ParticipantId};

/// What the shell tells the machine.
#[derive(Clone, Debug)]
pub enum Input {
    /// A connection that the machine asked for is open.
    Opened(Leg),
    /// A whole message, text or binary, arrived.
    Message(Leg, Bytes),
    /// A whole message arrived that was on its way when the machine closed this connection.
    Late(Leg, Bytes),
    /// The peer gave a sign of life that is no message, such as the answer to [`Output::Ping`].
    Heard(Leg),
    /// A connection ended, or could not be opened.
    Closed(Leg, Close),
    /// Somebody wants something of the capture.
    Command(Ask),
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Close {
    /// The peer closed it, with this WebSocket code.
    Peer(Option<u16>),
    /// It broke.
    Broken,
    /// It could not be opened; the code says why and whether trying again can help.
    Unreachable {
        /// A stable code.
        code: &'static str,
        /// The whole story, for logs and the customer.
        message: String,
        /// True if another attempt at the same address is pointless: refused by policy or by its certificate.
        permanent: bool,
    },
    /// A message was larger than the leg allows.
    TooLarge,
    /// A message began and did not end in time.
    TooSlow,
}

/// What somebody wants of a running capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Stop for good, and tell the platform so.
    Stop,
    /// The platform announced over another road that the stream is over.
    Stopped {
        /// The platform's reason number, where there was one.
        reason: Option<i64>,
    },
    /// The platform announced a new address for the running stream.
    Moved {
        /// The new address.
        url: String,
    },
    /// The platform announced over another road that it lost our connection, or that the running stream can be joined.
    Interrupted,
    /// Where only one participant's camera can be received: take this one's, or let the platform's machine choose.
    Watch {
        /// Whose camera.
        participant: Option<ParticipantId>,
    },
    /// Let go without ending the stream, so that a later owner can take it up.
    Suspend,
}

/// Where to connect. The shell checks it against the operator's policy before it dials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// A `wss` address.
    pub url: String,
    /// The largest message that may arrive on it, in bytes.
    pub message_limit_bytes: usize,
}

/// What the machine wants done.
#[derive(Clone, Debug)]
pub enum Output {
    /// Open a connection.
    Open(Leg, Endpoint),
    /// Send a text message.
    Send(Leg, Bytes),
    /// Ask the peer for a sign of life on the level of WebSocket.
    Ping(Leg),
    /// Close a connection; no [`Input::Closed`] follows. What was on its way may follow, as [`Input::Late`].
    Close(Leg),
    /// Put this in the capture log.
    Record(Entry),
    /// Put this in the capture log, in the catalogue, and tell whoever listens.
    Event(Event),
    /// The capture is over; no output follows.
    End(End),
}

/// How a capture ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Whether it may be rejoined.
    pub kind: EndKind,
    /// Why, as a stable code.
    pub code: &'static str,
    /// One sentence on what happened and what to do.
    pub message: String,
    /// Whether it makes sense to ask the platform for a new stream of the same meeting.
    pub may_restart: bool,
}

/// Whether and how a capture is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndKind {
    /// The stream ended.
    Ended,
    /// Consent was withdrawn: what was received must be deleted.
    Revoked,
    /// Media could not be received, or no longer.
    Failed,
    /// The owner let go; the stream goes on.
    Suspended,
}

/// What a machine has read so far, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages of all kinds.
    pub messages: u64,
    /// Media messages that took the slow road.
    pub slow: u64,
    /// Messages of unknown types, and events of unknown kinds.
    pub unknown: u64,
    /// Messages that could not be read.
    pub bad: u64,
    /// Payloads of another length than their message says.
    pub contradicting: u64,
}

/// A platform's machine for one capture.
pub trait Platform {
    /// Takes one input at the moment `now`.
    fn handle_input(&mut self, input: Input, now: Instant);
    /// The next thing to do; call until `None` after each input and each timeout.
    fn poll_output(&mut self) -> Option<Output>;
    /// When [`Platform::handle_timeout`] must be called at the latest; `None` if nothing is awaited.
    fn poll_timeout(&self) -> Option<Instant>;
    /// Tells that the moment `now` has come.
    fn handle_timeout(&mut self, now: Instant);
    /// What was read so far.
    fn counters(&self) -> Counters {
        Counters::default()
    }
}

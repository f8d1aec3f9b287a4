//! The sockets of one capture, polled together by its one task. What their messages mean is the platform's business.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use dial::{Allowance, DialError, Dialer, Incoming, SocketError, WebSocket};
use model::{
    Fault,
    platform::{Close, Endpoint, Input, Leg},
};

use crate::{leaving::Leaving, turns::Turns};

/// The WebSocket code of a normal end (RFC 6455 §7.4.1).
const CLOSE_NORMAL: u16 = 1000;
/// The WebSocket code of a peer that broke the rules: its message drips.
const CLOSE_POLICY: u16 = 1008;
/// The WebSocket code of a message that is too large.
const CLOSE_TOO_LARGE: u16 = 1009;
/// How long opening one connection may take, TLS and upgrade included.
const DIAL_DEADLINE: Duration = Duration::from_secs(10);

/// How much the connections of a capture that carry pictures hold of messages together, those included that are being left: the
/// largest of a shared screen beside the largest of a camera, whose buffers double.
const PICTURES_HELD_BYTES: usize = 22 << 20;
/// The same of sound, so that no picture takes its room.
const SOUND_HELD_BYTES: usize = 2 << 20;
/// The same of signaling.
const SIGNALING_HELD_BYTES: usize = 2 << 20;
/// The same of transcript and chat.
const WORDS_HELD_BYTES: usize = 512 << 10;

type Dialing = Pin<Box<dyn Future<Output = Result<WebSocket, DialError>> + Send>>;

enum Slot {
    Empty,
    Dialing(Dialing),
    Open(Open),
}

/// An open connection.
struct Open {
    socket: Box<WebSocket>,
    /// Whether something may wait to be sent.
    is_unsent: bool,
    reading: Reading,
}

/// When a connection is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// As soon as anything comes.
    Always,
    /// When it is looked at, to the end of what is there.
    AtLooks { is_due: bool },
}

/// What the connections of each class may hold of messages: as on the way to the disk, pictures keep nothing else out.
struct Allowances {
    pictures: Allowance,
    sound: Allowance,
    signaling: Allowance,
    words: Allowance,
}

impl Allowances {
    fn new() -> Self {
        Self {
            pictures: Allowance::new(PICTURES_HELD_BYTES),
            sound: Allowance::new(SOUND_HELD_BYTES),
            signaling: Allowance::new(SIGNALING_HELD_BYTES),
            words: Allowance::new(WORDS_HELD_BYTES),
        }
    }

    const fn of(&self, leg: Leg) -> &Allowance {
        match leg {
            Leg::Video | Leg::Share | Leg::All => &self.pictures,
            Leg::Audio => &self.sound,
            Leg::Signaling => &self.signaling,
            Leg::Transcript | Leg::Chat => &self.words,
        }
    }
}

/// Up to one connection for each leg.
pub(crate) struct Legs {
    dialer: Arc<Dialer>,
    allowances: Allowances,
    slots: [Slot; Leg::ALL.len()],
    turns: Turns,
    leaving: Leaving,
}

impl Legs {
    pub(crate) fn new(dialer: Arc<Dialer>) -> Self {
        let slots = std::array::from_fn(|_| Slot::Empty);
        Self { dialer, allowances: Allowances::new(), slots, turns: Turns::default(), leaving: Leaving::default() }
    }

    /// Begins to open a connection, in place of the one that the leg may have.
    pub(crate) fn open(&mut self, leg: Leg, endpoint: Endpoint) {
        let (dialer, allowance) = (Arc::clone(&self.dialer), self.allowances.of(leg).clone());
        let Endpoint { url, message_limit_bytes } = endpoint;
        let dialing = async move { dialer.websocket(&url, message_limit_bytes, allowance, DIAL_DEADLINE).await };
        self.slots[leg.index()] = Slot::Dialing(Box::pin(dialing));
    }

    /// Queues a text message; it leaves at the next poll.
    pub(crate) fn send(&mut self, leg: Leg, message: Bytes) {
        if let Slot::Open(open) = &mut self.slots[leg.index()] {
            open.is_unsent = true;
            if let Err(error) = open.socket.queue(&message) {
                // The next poll of the socket tells, and ends the connection.
                tracing::debug!(%leg, %error, "message could not be queued");
            }
        }
    }

    /// Queues a ping; it leaves at the next poll.
    pub(crate) fn ping(&mut self, leg: Leg) {
        if let Slot::Open(open) = &mut self.slots[leg.index()] {
            open.is_unsent = true;
            if let Err(error) = open.socket.ping() {
                tracing::debug!(%leg, %error, "ping could not be queued");
            }
        }
    }

    /// Media came on a connection: from now on it is read when [`Legs::look`] is called. Whether that is news.
    pub(crate) fn rest(&mut self, leg: Leg) -> bool {
        match &mut self.slots[leg.index()] {
            Slot::Open(open) if open.reading == Reading::Always => {
                // What came behind that is read first.
                open.reading = Reading::AtLooks { is_due: true };
                open.socket.rest();
                true
            }
            _ => false,
        }
    }

    /// Lets what came meanwhile on the connections that rest be read.
    pub(crate) fn look(&mut self) {
        for slot in &mut self.slots {
            if let Slot::Open(Open { socket, reading: Reading::AtLooks { is_due }, .. }) = slot {
                *is_due = true;
                socket.look();
            }
        }
    }

    /// Closes a connection; what the peer sent meanwhile still comes, as [`Input::Late`].
    pub(crate) fn close(&mut self, leg: Leg) {
        self.leave(leg.index(), CLOSE_NORMAL);
    }

    fn leave(&mut self, index: usize, code: u16) {
        if let Slot::Open(Open { mut socket, .. }) = std::mem::replace(&mut self.slots[index], Slot::Empty) {
            socket.attend();
            self.leaving.say_good_bye(Leg::ALL[index], socket, code);
        }
    }

    /// Ends every connection as if this process had ended, and begins no other; [`Legs::poll_last`] has what comes still.
    pub(crate) fn hang_up(&mut self) {
        for (leg, slot) in Leg::ALL.into_iter().zip(&mut self.slots) {
            if let Slot::Open(Open { mut socket, .. }) = std::mem::replace(slot, Slot::Empty) {
                socket.attend();
                self.leaving.hang_up(leg, socket);
            }
        }
    }

    /// The next message that was on its way when its connection was ended; nothing once there is none any more.
    pub(crate) fn poll_last(&mut self, cx: &mut Context<'_>) -> Poll<Option<Input>> {
        self.leaving.poll_input(cx)
    }

    /// The next thing that happened on any leg; flushes what is queued on the way.
    pub(crate) fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        // What is older than anything on the connections that hold comes first.
        if let Poll::Ready(Some(input)) = self.leaving.poll_input(cx) {
            return Poll::Ready(input);
        }
        for index in self.turns.order(self.slots.len()) {
            if let Poll::Ready(input) = self.poll_slot(index, cx) {
                self.turns.gave(index, self.is_due(index));
                return Poll::Ready(input);
            }
        }
        Poll::Pending
    }

    /// Whether a connection rests and was not read to the end of what is there.
    const fn is_due(&self, index: usize) -> bool {
        matches!(&self.slots[index], Slot::Open(Open { reading: Reading::AtLooks { is_due: true }, .. }))
    }

    fn poll_slot(&mut self, index: usize, cx: &mut Context<'_>) -> Poll<Input> {
        let leg = Leg::ALL[index];
        let ended = match &mut self.slots[index] {
            Slot::Empty => return Poll::Pending,
            Slot::Dialing(dialing) => match ready!(dialing.as_mut().poll(cx)) {
                Ok(socket) => {
                    self.slots[index] = Slot::Open(Open::new(socket));
                    return Poll::Ready(Input::Opened(leg));
                }
                Err(error) => unreachable(leg, &error),
            },
            Slot::Open(open) => match ready!(open.poll(cx)) {
                Ok(Incoming::Message(message)) => {
                    fail::fail_point!("ingest::leg");
                    return Poll::Ready(Input::Message(leg, message));
                }
                Ok(Incoming::Sign | Incoming::Answer(_)) => return Poll::Ready(Input::Heard(leg)),
                Ok(Incoming::Closed(code)) => Close::Peer(code),
                Err(SocketError::TooLarge) => {
                    self.leave(index, CLOSE_TOO_LARGE);
                    Close::TooLarge
                }
                Err(SocketError::TooSlow) => {
                    self.leave(index, CLOSE_POLICY);
                    Close::TooSlow
                }
                Err(SocketError::Broken { reason }) => {
                    tracing::debug!(%leg, reason, "connection broke");
                    Close::Broken
                }
            },
        };
        self.slots[index] = Slot::Empty;
        Poll::Ready(Input::Closed(leg, ended))
    }
}

impl Open {
    fn new(socket: WebSocket) -> Self {
        Self { socket: Box::new(socket), is_unsent: false, reading: Reading::Always }
    }

    /// Sends what is queued, then reads: an answer to a keep-alive never waits behind what comes in.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, SocketError>> {
        if self.is_unsent {
            match self.socket.poll_flush(cx) {
                Poll::Ready(Ok(())) => self.is_unsent = false,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {}
            }
        }
        if self.reading == (Reading::AtLooks { is_due: false }) {
            return Poll::Pending;
        }
        let next = self.socket.poll_next(cx);
        if let (Reading::AtLooks { is_due }, Poll::Pending) = (&mut self.reading, &next) {
            *is_due = false;
        }
        next.map(|next| next.unwrap_or(Ok(Incoming::Closed(None))))
    }
}

fn unreachable(leg: Leg, error: &DialError) -> Close {
    tracing::warn!(%leg, code = error.code(), %error, "connection could not be opened");
    Close::Unreachable { code: error.code(), message: error.to_string(), permanent: error.permanent() }
}

#[cfg(test)]
mod tests;

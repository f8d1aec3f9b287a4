//! An open WebSocket: whole messages in, whole messages out. What they say is not known here, how they are framed in `frames` and
//! `masked`.

use std::{
    fmt,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use tokio::io::AsyncWrite;

use crate::{
    frames::{BINARY, CLOSE, Frame, FrameFault, Frames, PING, PONG, TEXT},
    masked::Masked,
    patience::Patience,
    stream::{Inlet, Stream},
};

/// How long a message may take from its first byte to its last (fault matrix C10).
pub(crate) const MESSAGE_PATIENCE: Duration = Duration::from_secs(10);
/// The code of a good-bye to a peer that broke the protocol (RFC 6455 §7.4.1).
const PROTOCOL: u16 = 1002;
/// How many pieces are passed over at once of a connection that is not read any more.
const PASSED_AT_ONCE: usize = 16;
/// How many pieces of a message are taken until others have their turn: 4 MiB where each is as large as it may be.
const PIECES_OF_ONE_TURN: usize = 64;

/// An open connection. Dropping it closes it without a word.
pub struct WebSocket<S = Stream> {
    stream: S,
    frames: Frames,
    patience: Patience,
    masked: Masked,
    write_limit_bytes: usize,
    /// What the newest ping asked for while something else waited to be sent.
    answer: Option<Bytes>,
    /// Whether an answer of ours may wait among what is to be sent, for which nobody else will flush.
    owes: bool,
    /// Whether nothing more may be said: good-bye was, or we hung up.
    is_silent: bool,
    /// Why the connection is given up, which the next poll tells.
    fault: Option<SocketError>,
    reading: Reading,
}

/// What becomes of that which comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// It is read.
    On,
    /// It is passed over once good-bye is said: behind a message that is not taken nothing can be made out, but a peer whose bytes
    /// nobody takes would not hear why.
    PassedOver,
    /// Nothing comes any more.
    Over,
}

/// What comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A whole message, text or binary alike, sharing the memory it was received in.
    Message(Bytes),
    /// A ping: the peer is there.
    Sign,
    /// A pong, with what it answers: the peer is there, and has what was sent before that ping.
    Answer(Bytes),
    /// The peer closed the connection, with this code.
    Closed(Option<u16>),
}

/// How a connection ends without a good-bye.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SocketError {
    /// A message is larger than the limit of the connection, or finds no room beside those of the others.
    #[error("a message is larger than this connection allows")]
    TooLarge,
    /// A message began and was not complete 10 s later.
    #[error("a message was not complete within 10 s")]
    TooSlow,
    /// It broke, or the peer broke the protocol.
    #[error("the connection broke: {reason}")]
    Broken {
        /// What was noticed.
        reason: String,
    },
}

impl<S> fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").finish_non_exhaustive()
    }
}

impl<S: Inlet + AsyncWrite + Unpin> WebSocket<S> {
    /// A connection that is read by `frames`, on which each message may take `patience` and `write_limit_bytes` may wait to be sent.
    pub(crate) fn new(stream: S, frames: Frames, patience: Duration, write_limit_bytes: usize) -> Self {
        Self {
            stream,
            frames,
            patience: Patience::new(patience),
            masked: Masked::new(),
            write_limit_bytes,
            answer: None,
            owes: false,
            is_silent: false,
            fault: None,
            reading: Reading::On,
        }
    }

    /// The next message; `None` after the end was told. Pings are answered on the way.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Incoming, SocketError>>> {
        match self.reading {
            Reading::On => {}
            Reading::PassedOver if self.is_silent => return self.poll_end(cx).map(|()| None),
            Reading::PassedOver | Reading::Over => return Poll::Ready(None),
        }
        let next = ready!(self.poll_incoming(cx));
        self.reading = match next {
            Err(SocketError::TooLarge | SocketError::TooSlow) => Reading::PassedOver,
            Ok(Incoming::Closed(_)) | Err(SocketError::Broken { .. }) => Reading::Over,
            Ok(_) => Reading::On,
        };
        self.answer(cx);
        Poll::Ready(Some(next))
    }

    /// Ready when the peer has ended its half; what it says until then means nothing.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..PASSED_AT_ONCE {
            if !matches!(ready!(self.stream.poll_piece(cx)), Ok(Some(_))) {
                self.reading = Reading::Over;
                return Poll::Ready(());
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, SocketError>> {
        if let Some(fault) = self.fault.take() {
            return Poll::Ready(Err(fault));
        }
        for _ in 0..PIECES_OF_ONE_TURN {
            match self.frames.next()? {
                Some(Frame::Message(message)) => return Poll::Ready(Ok(Incoming::Message(message))),
                Some(Frame::Ping(what)) => {
                    self.answer = Some(what);
                    return Poll::Ready(Ok(Incoming::Sign));
                }
                Some(Frame::Pong(of)) => return Poll::Ready(Ok(Incoming::Answer(of))),
                Some(Frame::Close(code)) => {
                    self.part(code.map(|code| if may_be_said(code) { code } else { PROTOCOL }));
                    return Poll::Ready(Ok(Incoming::Closed(code)));
                }
                None => {}
            }
            self.answer(cx);
            match self.stream.poll_piece(cx) {
                Poll::Ready(Ok(Some(piece))) => self.frames.give(piece),
                Poll::Ready(Ok(None)) => {
                    let reason = "the peer is gone without a good-bye".to_owned();
                    return Poll::Ready(Err(SocketError::Broken { reason }));
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
                Poll::Pending => {
                    let pending = self.frames.pending();
                    return self.patience.poll_over(pending, cx).map(|()| Err(SocketError::TooSlow));
                }
            }
        }
        // It may take too long even while bytes never end.
        let is_over = self.patience.poll_over(self.frames.pending(), cx).map(|()| Err(SocketError::TooSlow));
        if is_over.is_pending() {
            cx.waker().wake_by_ref();
        }
        is_over
    }

    /// The next message; `None` after the end was told. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Incoming, SocketError>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Takes a message to be sent as text; [`WebSocket::poll_flush`] sends it. A message that is not UTF-8 goes as binary.
    ///
    /// # Errors
    /// [`SocketError::Broken`] if either side said good-bye, or more waits than the limit of the connection.
    pub fn queue(&mut self, message: &[u8]) -> Result<(), SocketError> {
        self.put(if str::from_utf8(message).is_ok() { TEXT } else { BINARY }, message)
    }

    /// Asks the peer for a sign of life; [`WebSocket::poll_flush`] sends the ping.
    ///
    /// # Errors
    /// As [`WebSocket::queue`].
    pub fn ping(&mut self) -> Result<(), SocketError> {
        self.ask(&[])
    }

    /// The same with up to 125 bytes that the answer carries.
    ///
    /// # Errors
    /// As [`WebSocket::queue`].
    pub fn ask(&mut self, what: &[u8]) -> Result<(), SocketError> {
        self.put(PING, what)
    }

    fn put(&mut self, opcode: u8, payload: &[u8]) -> Result<(), SocketError> {
        let broken = |reason: &str| SocketError::Broken { reason: reason.to_owned() };
        if self.is_silent {
            return Err(broken("good-bye was said"));
        }
        let fault = if self.masked.waiting().len().saturating_add(payload.len()) > self.write_limit_bytes {
            broken("the peer does not take what waits for it")
        } else if !self.masked.put(opcode, payload) {
            broken("the machine has no random numbers")
        } else {
            return Ok(());
        };
        // Whoever waits for an answer to what was not said would wait in vain.
        self.fault = Some(fault.clone());
        Err(fault)
    }

    /// Answers whoever asked, as far as the connection takes it; the rest at the next poll. Where it takes nothing more, reading tells.
    fn answer(&mut self, cx: &mut Context<'_>) {
        if self.owes || self.answer.is_some() {
            drop(self.poll_flush(cx));
        }
    }

    /// Sends what is queued.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        loop {
            while !self.masked.waiting().is_empty() {
                let taken = ready!(Pin::new(&mut self.stream).poll_write(cx, self.masked.waiting()))?;
                if taken == 0 {
                    return Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero).into()));
                }
                self.masked.took(taken);
            }
            match self.answer.take().filter(|_| !self.is_silent) {
                Some(what) => {
                    self.put(PONG, &what)?;
                    self.owes = true;
                }
                None => {
                    ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
                    self.owes = false;
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }

    /// Queues a message and sends everything that is queued.
    ///
    /// # Errors
    /// As [`WebSocket::queue`], or if the connection breaks meanwhile.
    pub async fn send(&mut self, message: &[u8]) -> Result<(), SocketError> {
        self.queue(message)?;
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Queues a good-bye with `code` (1000 for a normal end, 1008 for a message too slow, 1009 for one too large);
    /// [`WebSocket::poll_flush`] sends it. What the peer sent before it says good-bye too can still be read. Nothing if
    /// either side said it before.
    pub fn say_good_bye(&mut self, code: u16) {
        self.part(Some(code));
    }

    fn part(&mut self, code: Option<u16>) {
        if !self.is_silent {
            let code = code.map(u16::to_be_bytes);
            // A peer that can be told nothing is left as it is.
            let _ = self.masked.put(CLOSE, code.as_ref().map_or(&[], |code| code.as_slice()));
            (self.is_silent, self.owes) = (true, true);
        }
    }

    /// Ends our half of the connection without a good-bye, as if this process had ended. What the peer sent can still be
    /// read, to its end.
    pub fn poll_hang_up(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        (self.is_silent, self.owes) = (true, false);
        // A connection that is broken has no half to be ended.
        Pin::new(&mut self.stream).poll_shutdown(cx).map(drop)
    }
}

/// Whether a good-bye may have that code (RFC 6455 §7.4).
const fn may_be_said(code: u16) -> bool {
    matches!(code, 1_000..=1_003 | 1_007..=1_014 | 3_000..=4_999)
}

impl WebSocket {
    /// From now on a connection is read only when [`WebSocket::look`] was called, and nobody is woken for what comes: many small
    /// messages cost one call instead of one each.
    pub fn rest(&mut self) {
        self.stream.line().rest();
    }

    /// Lets a connection that rests be read until nothing is left.
    pub fn look(&mut self) {
        self.stream.line().look();
    }

    /// From now on a connection is read as soon as anything comes.
    pub fn attend(&mut self) {
        self.stream.line().attend();
    }
}

impl From<FrameFault> for SocketError {
    fn from(fault: FrameFault) -> Self {
        match fault {
            FrameFault::TooLarge => Self::TooLarge,
            FrameFault::Broken(reason) => Self::Broken { reason: reason.to_owned() },
        }
    }
}

impl From<io::Error> for SocketError {
    fn from(error: io::Error) -> Self {
        Self::Broken { reason: error.to_string() }
    }
}

#[cfg(test)]
mod tests;

//! An open WebSocket: whole messages in, whole messages out. What they say is not known here.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error as WsError, Message, Utf8Bytes,
        error::CapacityError,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use crate::{Line, allowance::NoRoom, boundaries::Followed, patience::Patience};

/// How long a message may take from its first byte to its last (fault matrix C10).
pub(crate) const MESSAGE_PATIENCE: Duration = Duration::from_secs(10);

/// An open connection. Dropping it closes it without a word.
pub struct WebSocket<S = TlsStream<Line>> {
    stream: WebSocketStream<Followed<S>>,
    patience: Patience,
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

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// A connection on which each message may take `patience`.
    pub(crate) const fn new(stream: WebSocketStream<Followed<S>>, patience: Duration) -> Self {
        Self { stream, patience: Patience::new(patience) }
    }

    /// The next message; `None` after the end was told. Pings are answered on the way.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Incoming, SocketError>>> {
        loop {
            let Poll::Ready(next) = Pin::new(&mut self.stream).poll_next(cx) else {
                let pending = self.stream.get_ref().boundaries().pending();
                return self.patience.poll_over(pending, cx).map(|()| Some(Err(SocketError::TooSlow)));
            };
            return Poll::Ready(match next {
                None => None,
                Some(Ok(Message::Text(text))) => Some(Ok(Incoming::Message(text.into()))),
                Some(Ok(Message::Binary(bytes))) => Some(Ok(Incoming::Message(bytes))),
                Some(Ok(Message::Close(frame))) => Some(Ok(Incoming::Closed(frame.map(|frame| frame.code.into())))),
                Some(Ok(Message::Ping(_))) => Some(Ok(Incoming::Sign)),
                Some(Ok(Message::Pong(of))) => Some(Ok(Incoming::Answer(of))),
                Some(Ok(Message::Frame(_))) => continue,
                Some(Err(error)) => Some(Err(error.into())),
            });
        }
    }

    /// The next message; `None` after the end was told. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Incoming, SocketError>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Takes a message to be sent as text; [`WebSocket::poll_flush`] sends it. A message that is not UTF-8 goes as binary.
    ///
    /// # Errors
    /// [`SocketError::Broken`] if the connection is closed, or more than 64 KiB wait.
    pub fn queue(&mut self, message: Bytes) -> Result<(), SocketError> {
        let message = match Utf8Bytes::try_from(message.clone()) {
            Ok(text) => Message::Text(text),
            Err(_) => Message::Binary(message),
        };
        Pin::new(&mut self.stream).start_send(message).map_err(SocketError::from)
    }

    /// Asks the peer for a sign of life; [`WebSocket::poll_flush`] sends the ping.
    ///
    /// # Errors
    /// As [`WebSocket::queue`].
    pub fn ping(&mut self) -> Result<(), SocketError> {
        self.ask(Bytes::new())
    }

    /// The same with up to 125 bytes that the answer carries.
    ///
    /// # Errors
    /// As [`WebSocket::queue`].
    pub fn ask(&mut self, what: Bytes) -> Result<(), SocketError> {
        Pin::new(&mut self.stream).start_send(Message::Ping(what)).map_err(SocketError::from)
    }

    /// Sends what is queued.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        Pin::new(&mut self.stream).poll_flush(cx).map_err(SocketError::from)
    }

    /// Queues a message and sends everything that is queued.
    ///
    /// # Errors
    /// As [`WebSocket::queue`], or if the connection breaks meanwhile.
    pub async fn send(&mut self, message: Bytes) -> Result<(), SocketError> {
        self.queue(message)?;
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Queues a good-bye with `code` (1000 for a normal end, 1008 for a message too slow, 1009 for one too large);
    /// [`WebSocket::poll_flush`] sends it. What the peer sent before it says good-bye too can still be read. Nothing if
    /// either side said it before.
    pub fn say_good_bye(&mut self, code: u16) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: Utf8Bytes::default() };
        // Where the peer said good-bye first, the answer waits already. A peer that is gone is no fault.
        drop(Pin::new(&mut self.stream).start_send(Message::Close(Some(frame))));
    }

    /// Ends our half of the connection without a good-bye, as if this process had ended. What the peer sent can still be
    /// read, to its end.
    pub fn poll_hang_up(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // A connection that is broken has no half to be ended.
        Pin::new(self.stream.get_mut()).poll_shutdown(cx).map(drop)
    }
}

impl WebSocket {
    /// From now on a connection is read only when [`WebSocket::look`] was called, and nobody is woken for what comes: many small
    /// messages cost one call instead of one each.
    pub fn rest(&mut self) {
        self.line().rest();
    }

    /// Lets a connection that rests be read until nothing is left.
    pub fn look(&mut self) {
        self.line().look();
    }

    /// From now on a connection is read as soon as anything comes.
    pub fn attend(&mut self) {
        self.line().attend();
    }

    fn line(&mut self) -> &mut Line {
        self.stream.get_mut().stream_mut().get_mut().0
    }
}

impl From<WsError> for SocketError {
    fn from(error: WsError) -> Self {
        match error {
            WsError::Capacity(CapacityError::MessageTooLong { .. }) => Self::TooLarge,
            WsError::Io(error) if error.get_ref().is_some_and(|fault| fault.is::<NoRoom>()) => Self::TooLarge,
            other => Self::Broken { reason: other.to_string() },
        }
    }
}

#[cfg(test)]
mod tests;

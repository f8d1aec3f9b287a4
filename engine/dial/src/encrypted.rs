//! A TLS connection: carries records between a line and its session, and decrypts them where they were read to. What TLS says is in
//! `session`.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWrite;

use crate::{
    line::Line,
    session::{RECORD_BYTES, Session},
    space::{self, SPACE_BYTES, Space},
};

/// How much may wait to be sent until no more is taken, in bytes.
const OUTGOING_BYTES: usize = 64 << 10;
/// How many reads in a row may say nothing until others have their turn.
const SILENT_READS: usize = 16;

/// A connection whose peer proved who it is.
pub(crate) struct Encrypted {
    line: Line,
    session: Session,
    /// What came of a record that is not whole.
    rest: Vec<u8>,
    /// What the peer said with the end of the agreement, before it was asked.
    early: BytesMut,
    /// How much of the outgoing records the line took.
    sent: usize,
    /// Why nothing more can be read, once what came before it was handed on.
    fault: Option<io::Error>,
    /// Whether the peer is told that nothing follows.
    is_closing: bool,
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypted").field("line", &self.line).finish_non_exhaustive()
    }
}

impl Encrypted {
    /// Agrees on keys with the peer.
    ///
    /// # Errors
    /// As [`Session::take`], or what broke the line.
    pub(crate) async fn agree(line: Line, session: Session) -> io::Result<Self> {
        let mut connection =
            Self { line, session, rest: Vec::new(), early: BytesMut::new(), sent: 0, fault: None, is_closing: false };
        std::future::poll_fn(|cx| connection.poll_agreed(cx)).await?;
        Ok(connection)
    }

    /// What carries its records.
    pub(crate) const fn line(&mut self) -> &mut Line {
        &mut self.line
    }

    fn poll_agreed(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.session.is_open() {
            self.begin()?;
        }
        loop {
            let sent = self.poll_sent(cx);
            if let Some(fault) = self.fault.take() {
                return Poll::Ready(Err(fault));
            }
            ready!(sent)?;
            if self.session.is_open() {
                return Poll::Ready(Ok(()));
            }
            let early = ready!(self.poll_more(cx))?;
            self.early.extend_from_slice(&early);
        }
    }

    /// Lets the session say what it has to say without having heard anything new.
    fn begin(&mut self) -> io::Result<()> {
        let (used, outcome) = self.session.take(&mut self.rest, &mut BytesMut::new());
        self.rest.drain(..used);
        outcome
    }

    /// The next plaintext; `None` once the peer said that nothing follows.
    pub(crate) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        if !self.early.is_empty() {
            return Poll::Ready(Ok(Some(self.early.split().freeze())));
        }
        for _ in 0..SILENT_READS {
            // What TLS itself has to say waits for nobody who writes. A peer that takes nothing more may have said something: where it
            // is gone, reading tells.
            drop(self.poll_sent(cx));
            if let Some(fault) = self.fault.take() {
                return Poll::Ready(Err(fault));
            }
            if self.session.is_over() {
                return Poll::Ready(Ok(None));
            }
            let piece = ready!(self.poll_more(cx))?;
            if !piece.is_empty() {
                return Poll::Ready(Ok(Some(piece)));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes what is there, and answers what its records say, which may be nothing.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let kept = self.rest.len();
        if kept == SPACE_BYTES {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a TLS handshake is larger than 64 KiB",
            )));
        }
        let mut space = Space::take();
        let count = ready!(self.line.poll_take(cx, &mut space[kept..]))?;
        if count == 0 {
            let cut = if self.session.is_open() {
                "the peer closed the connection without a TLS close_notify"
            } else {
                "the peer closed the connection within the TLS handshake"
            };
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, cut)));
        }
        space[..kept].copy_from_slice(&self.rest);
        let records = &mut space[..kept + count];
        let (piece, (used, outcome)) = space::piece(records.len(), |plain| self.session.take(records, plain));
        self.rest = records[used..].to_vec();
        self.fault = outcome.err();
        Poll::Ready(Ok(piece))
    }

    /// Sends what waits.
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outgoing = self.session.outgoing();
        while self.sent < outgoing.len() {
            let count = ready!(Pin::new(&mut self.line).poll_write(cx, &outgoing[self.sent..]))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += count;
        }
        if self.sent > 0 {
            // A connection that says little keeps no memory for it.
            *outgoing = Vec::new();
            self.sent = 0;
        }
        Poll::Ready(Ok(()))
    }

    /// Takes bytes to be sent, as many as fit into a record.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_closing {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if self.session.outgoing().len() >= OUTGOING_BYTES {
            ready!(self.poll_sent(cx))?;
        }
        let bytes = &bytes[..bytes.len().min(RECORD_BYTES)];
        let (used, outcome) = self.session.seal(&mut self.rest, bytes);
        self.rest.drain(..used);
        outcome?;
        Poll::Ready(Ok(bytes.len()))
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_sent(cx)
    }

    /// Says that nothing follows, and ends our half of the line.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_closing {
            self.is_closing = true;
            let (used, outcome) = self.session.close(&mut self.rest);
            self.rest.drain(..used);
            // A session that failed has nothing more to say.
            drop(outcome);
        }
        ready!(self.poll_sent(cx))?;
        Pin::new(&mut self.line).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;

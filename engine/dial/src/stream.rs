//! An open connection to a peer, encrypted or plain. Which of both it is to be is decided in `dialer` and `receivers`.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{
    encrypted::Encrypted,
    line::Line,
    space::{self, Space},
};

/// Where bytes come from in pieces, in memory that may be held.
pub trait Inlet {
    /// The next piece, which is not empty; `None` at the end of the connection.
    ///
    /// # Errors
    /// What broke the connection.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>>;
}

/// A connection.
#[derive(Debug)]
pub struct Stream {
    way: Way,
    /// What was taken and not handed on, where bytes are asked for.
    left: Bytes,
}

#[derive(Debug)]
enum Way {
    Encrypted(Box<Encrypted>),
    Plain(Line),
}

impl Stream {
    /// A connection over TLS.
    pub(crate) fn encrypted(encrypted: Encrypted) -> Self {
        Self { way: Way::Encrypted(Box::new(encrypted)), left: Bytes::new() }
    }

    /// A connection as it is.
    pub(crate) const fn plain(line: Line) -> Self {
        Self { way: Way::Plain(line), left: Bytes::new() }
    }

    /// What carries its bytes.
    pub(crate) const fn line(&mut self) -> &mut Line {
        match &mut self.way {
            Way::Encrypted(encrypted) => encrypted.line(),
            Way::Plain(line) => line,
        }
    }
}

impl Inlet for Stream {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        if !self.left.is_empty() {
            return Poll::Ready(Ok(Some(std::mem::take(&mut self.left))));
        }
        match &mut self.way {
            Way::Encrypted(encrypted) => encrypted.poll_piece(cx),
            Way::Plain(line) => {
                let mut space = Space::take();
                let count = ready!(line.poll_take(cx, &mut space))?;
                let (piece, ()) = space::piece(count, |to| to.extend_from_slice(&space[..count]));
                Poll::Ready(Ok(Some(piece).filter(|piece| !piece.is_empty())))
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        if let Some(mut piece) = ready!(stream.poll_piece(cx))? {
            buffer.put_slice(&piece.split_to(piece.len().min(buffer.remaining())));
            stream.left = piece;
        }
        Poll::Ready(Ok(()))
    }
}

macro_rules! either {
    ($stream:expr, $way:ident => $then:expr) => {
        match &mut $stream.get_mut().way {
            Way::Encrypted($way) => $then,
            Way::Plain(line) => {
                let $way = Pin::new(line);
                $then
            }
        }
    };
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, way => way.poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, way => way.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, way => way.poll_shutdown(cx))
    }
}

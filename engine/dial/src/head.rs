//! A connection as far as the head of an HTTP answer reaches: whoever reads that sees nothing of what follows, which belongs to another
//! protocol. What the head says is read by the library that asked.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::stream::Inlet;

/// A connection whose head is read.
#[derive(Debug)]
pub(crate) struct Head<S> {
    stream: S,
    given: Bytes,
    is_line_empty: bool,
    is_over: bool,
}

impl<S> Head<S> {
    pub(crate) const fn new(stream: S) -> Self {
        Self { stream, given: Bytes::new(), is_line_empty: false, is_over: false }
    }

    /// The connection, and what came behind the head.
    pub(crate) fn into_parts(self) -> (S, Bytes) {
        // Even nothing of what was read would keep its memory.
        (self.stream, if self.given.is_empty() { Bytes::new() } else { self.given })
    }

    /// How much of `bytes` belongs to the head: everything up to the end of the first empty line.
    fn belonging(&mut self, bytes: &[u8]) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' if self.is_line_empty => {
                    self.is_over = true;
                    return at + 1;
                }
                b'\n' => self.is_line_empty = true,
                b'\r' => {}
                _ => self.is_line_empty = false,
            }
        }
        bytes.len()
    }
}

impl<S: Inlet + Unpin> AsyncRead for Head<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let head = self.get_mut();
        if head.is_over {
            return Poll::Ready(Ok(()));
        }
        if head.given.is_empty() {
            head.given = ready!(head.stream.poll_piece(cx))?.unwrap_or_default();
        }
        let given = head.given.slice(..head.given.len().min(buffer.remaining()));
        let belonging = head.belonging(&given);
        buffer.put_slice(&given[..belonging]);
        head.given.advance(belonging);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Head<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use tokio::io::AsyncReadExt as _;

    use super::*;

    struct Given(VecDeque<Bytes>);

    impl Inlet for Given {
        fn poll_piece(&mut self, _: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
            Poll::Ready(Ok(self.0.pop_front()))
        }
    }

    #[tokio::test]
    async fn what_follows_the_empty_line_is_not_read_with_the_head() {
        for head in ["HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "HTTP/1.1 101 OK\n\n"] {
            let stream = [head.as_bytes(), b"\x81\x01a\n\n"].concat();
            for step in [1, 3, 1_000] {
                let pieces = stream.chunks(step).map(Bytes::copy_from_slice).collect();
                let mut reader = Head::new(Given(pieces));
                let mut read = Vec::new();
                reader.read_to_end(&mut read).await.unwrap();
                assert_eq!(read, head.as_bytes());
                let (rest, behind) = reader.into_parts();
                let followed: Vec<u8> = std::iter::once(behind).chain(rest.0).flatten().collect();
                assert_eq!(followed, b"\x81\x01a\n\n", "{step} bytes at once");
            }
        }
    }
}

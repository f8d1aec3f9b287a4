//! The bytes of one TCP connection, taken from the kernel in few large reads, and on request only when their owner says so. What
//! they mean is known in `encrypted` and above; when an owner reads is his to decide.
//!
//! A peer that sends 75 small messages a second wakes its reader 75 times, and waking costs more than reading. A connection that
//! rests is not watched by the runtime: its bytes wait in the kernel, and a look at it takes all of them in one call.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, TcpStream as Unwatched},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream as Watched,
};

#[derive(Debug)]
enum Socket {
    /// The runtime says when there is something to be read.
    Watched(Watched),
    /// Nobody does; reading is allowed while a look at it is due.
    Resting { socket: Unwatched, is_due: bool },
    /// It could not change from one to the other.
    Broken,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Line(Socket);

impl Line {
    /// A connection that is read as soon as anything comes.
    pub(crate) const fn new(socket: Watched) -> Self {
        Self(Socket::Watched(socket))
    }

    /// From now on nothing is read but what is there when [`Line::look`] was called. Nothing is written meanwhile either that
    /// the kernel does not take at once: that waits for the next look.
    pub(crate) fn rest(&mut self) {
        if let Socket::Watched(socket) = std::mem::replace(&mut self.0, Socket::Broken)
            && let Ok(socket) = socket.into_std()
        {
            // What came before it rests is found by the first look.
            self.0 = Socket::Resting { socket, is_due: true };
        }
    }

    /// Lets a connection that rests be read until nothing is left.
    pub(crate) const fn look(&mut self) {
        if let Socket::Resting { is_due, .. } = &mut self.0 {
            *is_due = true;
        }
    }

    /// From now on everything is read as soon as it comes.
    pub(crate) fn attend(&mut self) {
        match std::mem::replace(&mut self.0, Socket::Broken) {
            Socket::Resting { socket, .. } => {
                if let Ok(socket) = Watched::from_std(socket) {
                    self.0 = Socket::Watched(socket);
                }
            }
            other => self.0 = other,
        }
    }

    /// Takes what is there, as much as `room` holds, which is not empty: how many bytes, none at the end of the connection.
    pub(crate) fn poll_take(&mut self, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Socket::Watched(socket) => {
                let mut room = ReadBuf::new(room);
                ready!(Pin::new(socket).poll_read(cx, &mut room))?;
                Poll::Ready(Ok(room.filled().len()))
            }
            Socket::Resting { is_due: false, .. } => Poll::Pending,
            Socket::Resting { socket, is_due } => {
                let outcome = now_or_at_the_next_look(socket.read(room));
                // A read that fills its room leaves something, most likely.
                *is_due = matches!(&outcome, Poll::Ready(Ok(count)) if *count == room.len());
                outcome
            }
            Socket::Broken => broken(),
        }
    }
}

/// The kernel has nothing, or no room: nobody will be woken for a connection that rests.
fn now_or_at_the_next_look<T>(outcome: io::Result<T>) -> Poll<io::Result<T>> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        outcome => Poll::Ready(outcome),
    }
}

fn broken<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            Socket::Watched(socket) => Pin::new(socket).poll_write(cx, bytes),
            Socket::Resting { socket, .. } => now_or_at_the_next_look(socket.write(bytes)),
            Socket::Broken => broken(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // TCP has nothing to flush.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Socket::Watched(socket) => Pin::new(socket).poll_shutdown(cx),
            Socket::Resting { socket, .. } => Poll::Ready(socket.shutdown(Shutdown::Write)),
            Socket::Broken => broken(),
        }
    }
}

#[cfg(test)]
mod tests;

//! The bytes of one TCP connection, taken from the kernel in few large reads, and on request only when their owner says so. What
//! they mean is known in `tls` and above; when an owner reads is his to decide.
//!
//! A peer that sends 75 small messages a second wakes its reader 75 times, and waking costs more than reading. A connection that
//! rests is not watched by the runtime: its bytes wait in the kernel, and a look at it takes all of them in one call.

use std::{
    cell::RefCell,
    io::{self, Read as _, Write as _},
    net::{Shutdown, TcpStream as Unwatched},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream as Watched,
};

/// How much is taken from the kernel at once, in bytes. TLS asks for 4 KiB at a time.
const SPACE_BYTES: usize = 64 << 10;
/// How many spaces a thread keeps for the next reader. A connection holds one only while it was not read to the end.
const SPARE_SPACES: usize = 4;

thread_local! {
    static SPARE: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
}

/// What was taken from the kernel and not handed on yet.
#[derive(Debug)]
struct Taken {
    space: Option<Box<[u8]>>,
    begin: usize,
    end: usize,
}

impl Taken {
    fn new() -> Self {
        let space = SPARE.with_borrow_mut(Vec::pop).unwrap_or_else(|| vec![0; SPACE_BYTES].into_boxed_slice());
        Self { space: Some(space), begin: 0, end: 0 }
    }

    fn space(&mut self) -> &mut [u8] {
        self.space.as_deref_mut().expect("the space is given back by drop alone")
    }

    /// Hands on as much as there is room for; whether anything is left.
    fn hand_on(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let step = buffer.remaining().min(self.end - self.begin);
        let (begin, end) = (self.begin, self.begin + step);
        buffer.put_slice(&self.space()[begin..end]);
        self.begin = end;
        self.begin < self.end
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(space) = self.space.take() {
            SPARE.with_borrow_mut(|spare| {
                if spare.len() < SPARE_SPACES {
                    spare.push(space);
                }
            });
        }
    }
}

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
pub struct Line {
    socket: Socket,
    taken: Option<Taken>,
}

impl Line {
    /// A connection that is read as soon as anything comes.
    pub(crate) const fn new(socket: Watched) -> Self {
        Self { socket: Socket::Watched(socket), taken: None }
    }

    /// From now on nothing is read but what is there when [`Line::look`] was called. Nothing is written meanwhile either that
    /// the kernel does not take at once: that waits for the next look.
    pub(crate) fn rest(&mut self) {
        if let Socket::Watched(socket) = std::mem::replace(&mut self.socket, Socket::Broken)
            && let Ok(socket) = socket.into_std()
        {
            // What came before it rests is found by the first look.
            self.socket = Socket::Resting { socket, is_due: true };
        }
    }

    /// Lets a connection that rests be read until nothing is left.
    pub(crate) const fn look(&mut self) {
        if let Socket::Resting { is_due, .. } = &mut self.socket {
            *is_due = true;
        }
    }

    /// From now on everything is read as soon as it comes.
    pub(crate) fn attend(&mut self) {
        match std::mem::replace(&mut self.socket, Socket::Broken) {
            Socket::Resting { socket, .. } => {
                if let Ok(socket) = Watched::from_std(socket) {
                    self.socket = Socket::Watched(socket);
                }
            }
            other => self.socket = other,
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

impl AsyncRead for Line {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        if line.taken.is_none() {
            let mut taken = Taken::new();
            taken.end = match &mut line.socket {
                Socket::Watched(socket) => {
                    let mut space = ReadBuf::new(taken.space());
                    ready!(Pin::new(socket).poll_read(cx, &mut space))?;
                    space.filled().len()
                }
                Socket::Resting { is_due: false, .. } => return Poll::Pending,
                Socket::Resting { socket, is_due } => {
                    let outcome = now_or_at_the_next_look(socket.read(taken.space()));
                    // A read that fills its space leaves something, most likely.
                    *is_due = matches!(&outcome, Poll::Ready(Ok(SPACE_BYTES)));
                    ready!(outcome)?
                }
                Socket::Broken => return broken(),
            };
            line.taken = Some(taken);
        }
        if !line.taken.as_mut().is_some_and(|taken| taken.hand_on(buffer)) {
            line.taken = None;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().socket {
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
        match &mut self.get_mut().socket {
            Socket::Watched(socket) => Pin::new(socket).poll_shutdown(cx),
            Socket::Resting { socket, .. } => Poll::Ready(socket.shutdown(Shutdown::Write)),
            Socket::Broken => broken(),
        }
    }
}

#[cfg(test)]
mod tests;

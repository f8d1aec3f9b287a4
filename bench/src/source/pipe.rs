//! TLS over a socket that never waits: what the kernel does not take stays here until it does. What is sent and what comes back
//! means something only in `press`.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

use rustls::ServerConnection;

/// How much may be kept for a reader that takes nothing, in bytes, before it is given up.
const BACKLOG_LIMIT_BYTES: usize = 8 << 20;

/// One connection.
pub(super) struct Pipe {
    socket: TcpStream,
    tls: ServerConnection,
    /// What was given to TLS and not to the kernel, in bytes, at most.
    backlog_bytes: usize,
}

impl Pipe {
    /// Over a connection whose TLS handshake is done.
    ///
    /// # Errors
    /// If the socket cannot be made not to wait.
    pub(super) fn new(socket: TcpStream, mut tls: ServerConnection) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        tls.set_buffer_limit(None);
        Ok(Self { socket, tls, backlog_bytes: 0 })
    }

    /// Gives bytes to the kernel, as many as it takes, and keeps the others.
    ///
    /// # Errors
    /// If the connection is broken, or its reader is given up.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.tls.writer().write_all(bytes)?;
        self.backlog_bytes += bytes.len();
        if self.push()? {
            self.backlog_bytes = 0;
        } else if self.backlog_bytes > BACKLOG_LIMIT_BYTES {
            return Err(io::Error::other("the reader takes nothing"));
        }
        Ok(())
    }

    /// Whether everything is with the kernel.
    ///
    /// # Errors
    /// If the connection is broken.
    pub(super) fn push(&mut self) -> io::Result<bool> {
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut self.socket) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.tls.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                outcome => return outcome,
            }
            if self.tls.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            self.tls.process_new_packets().map_err(io::Error::other)?;
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.send(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

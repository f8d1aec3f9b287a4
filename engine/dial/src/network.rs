//! What the dialer asks of the machine's network, so that tests can answer in its place. What is asked, when, and whether
//! the answer may be used is decided in `reach` and `target`.

use std::{future::Future, io, net::SocketAddr, pin::Pin};

use socket2::SockRef;
use tokio::net::{TcpStream, lookup_host};

/// How much of what is sent the kernel takes at once that it cannot send yet, in bytes: for a receiver that takes nothing it would hold
/// megabytes. What is on its way is not bounded by this, so that a long line is as quick as ever.
const UNSENT_BYTES: u32 = 128 * 1024;

/// An answer that takes its time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// The machine's resolver and its connections.
pub trait Network: Send + Sync {
    /// Every address of a name, with `port`; asked once for each connection that is dialled.
    fn resolve<'a>(&'a self, name: &'a str, port: u16) -> Answer<'a, Vec<SocketAddr>>;

    /// Opens a connection to exactly this address.
    fn connect(&self, address: SocketAddr) -> Answer<'_, TcpStream>;
}

/// The network of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Machine;

impl Network for Machine {
    fn resolve<'a>(&'a self, name: &'a str, port: u16) -> Answer<'a, Vec<SocketAddr>> {
        Box::pin(async move { Ok(lookup_host((name, port)).await?.collect()) })
    }

    fn connect(&self, address: SocketAddr) -> Answer<'_, TcpStream> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            // Keep-alive answers are tiny and must not wait for company.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY is not available");
            }
            // Where the kernel refuses, a receiver that takes nothing costs more of its memory, and nothing else.
            let _ = SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT_BYTES);
            Ok(stream)
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpSocket;

    use super::*;

    /// How much of what is written the kernel takes for a receiver that reads nothing, on a connection that is made in this way.
    async fn taken_for_nobody(connect: impl AsyncFnOnce(SocketAddr) -> io::Result<TcpStream>) -> usize {
        let receiver = TcpSocket::new_v4().expect("a socket");
        receiver
            .set_recv_buffer_size(4 << 10)
            .expect("as little as there is; connections have it from whoever listens");
        receiver.bind(([127, 0, 0, 1], 0).into()).expect("a port");
        let listener = receiver.listen(1).expect("a listener");
        let stream = connect(listener.local_addr().expect("an address")).await.expect("connected");
        let _accepted = listener.accept().await.expect("accepted");
        let (piece, mut taken) = (vec![0; 16 << 10], 0);
        stream.writable().await.expect("open");
        // No longer writable is what it is when its writer would wait.
        while let Ok(bytes) = stream.try_write(&piece) {
            taken += bytes;
        }
        taken
    }

    #[tokio::test]
    async fn the_kernel_takes_little_for_a_receiver_that_takes_nothing() {
        let ours = taken_for_nobody(async |address| Machine.connect(address).await).await;
        assert!((1..=2 * UNSENT_BYTES as usize).contains(&ours), "{ours} bytes");
        // The control: without a bound it is several times as much.
        let unbounded = taken_for_nobody(async |address| TcpStream::connect(address).await).await;
        assert!(unbounded > 4 * UNSENT_BYTES as usize, "{unbounded} bytes");
    }
}

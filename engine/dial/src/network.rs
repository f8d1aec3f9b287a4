//! What the dialer asks of the machine's network, so that tests can answer in its place. What is asked, when, and whether
//! the answer may be used is decided in `reach` and `target`.

use std::{future::Future, io, net::SocketAddr, pin::Pin};

use tokio::net::{TcpStream, lookup_host};

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
            Ok(stream)
        })
    }
}

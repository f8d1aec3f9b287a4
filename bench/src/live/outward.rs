//! Whom the engine dials: WebSockets that read and note when, WebSockets that take nothing, and receivers of webhooks that never
//! answer.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinSet,
};

use super::{subscriber::Heard, wall::unix_us};
use crate::failure::Failure;

/// How little the kernel takes for one who reads nothing, in bytes; it takes a little more.
const STALLED_BYTES: u32 = 4 << 10;
/// How many connections may wait to be taken.
const BACKLOG: u32 = 1_024;

/// What a receiver does with those who come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Opens the WebSocket and reads.
    Reads,
    /// Opens it and takes nothing.
    Stalls,
    /// Takes the request and never answers.
    IsSilent,
}

/// A receiver; whoever is connected is let go when it is dropped.
pub(super) struct Receiver {
    address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
    _serving: JoinSet<()>,
}

impl Receiver {
    /// Listens at a free port.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn start(manner: Manner) -> Result<Self, Failure> {
        let socket = TcpSocket::new_v4()?;
        if manner == Manner::Stalls {
            // Connections have it from whoever listens.
            socket.set_recv_buffer_size(STALLED_BYTES)?;
        }
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let heard = Arc::new(Mutex::new(Heard { since_unix_us: i64::MAX, ..Heard::default() }));
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, manner, Arc::clone(&heard)));
        Ok(Self { address, heard, _serving: serving })
    }

    /// Where it is reached.
    pub(super) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}/live", self.address)
    }

    /// What it heard so far.
    pub(super) fn heard(&self) -> Heard {
        locked(&self.heard).clone()
    }
}

// What was noted is whole whenever the lock is free, so a panic elsewhere does not matter.
fn locked(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, manner: Manner, heard: Arc<Mutex<Heard>>) {
    let mut connected = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let heard = Arc::clone(&heard);
        connected.spawn(async move {
            // One that breaks off is dialled again, or is not, which is the engine's business.
            let _ = converse(stream, manner, &heard).await;
        });
    }
}

async fn converse(mut stream: TcpStream, manner: Manner, heard: &Mutex<Heard>) -> Result<(), Failure> {
    if manner == Manner::IsSilent {
        let mut piece = [0; 4 << 10];
        while stream.read(&mut piece).await? > 0 {}
        return Ok(());
    }
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    if manner == Manner::Stalls {
        return std::future::pending().await;
    }
    {
        let mut heard = locked(heard);
        heard.since_unix_us = heard.since_unix_us.min(unix_us());
    }
    while let Some(message) = socket.next().await {
        let (message, at_unix_us) = (message?, unix_us());
        if !message.is_text() {
            continue;
        }
        let text = message.into_text()?;
        let event: Value = serde_json::from_str(&text)?;
        locked(heard).note(event["event"].as_str().unwrap_or_default(), &text, at_unix_us);
    }
    Ok(())
}

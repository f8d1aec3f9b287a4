//! A cable between a client and the simulated Zoom that can be cut, unplugged and crushed: a fault of the network, of which
//! neither end knows anything but what a socket tells.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// An end that clients can connect to, and no other end yet.
pub(super) struct Loose(TcpListener);

/// Passes connections on until it is dropped.
pub(super) struct Cable {
    state: watch::Sender<State>,
    connections: Arc<AtomicUsize>,
    _passing: JoinSet<()>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// How often it was cut.
    cuts: u32,
    /// How often it was crushed.
    crushes: u32,
    /// Whether new connections are reset.
    unplugged: bool,
}

impl Loose {
    pub(super) async fn new() -> Self {
        Self(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap())
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// Passes every connection on to `server`.
    pub(super) fn connect(self, server: SocketAddr) -> Cable {
        let (state, seen) = watch::channel(State::default());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let mut passing = JoinSet::new();
        passing.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((near, _)) = self.0.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                open.spawn(pass(near, server, seen.clone()));
            }
        });
        Cable { state, connections, _passing: passing }
    }
}

impl Cable {
    /// How many connections were made to it.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Resets every connection that is open now, at both ends.
    pub(super) fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    /// Lets every connection that is open now stay open with nothing on it any more; new ones work.
    pub(super) fn crush(&self) {
        self.state.send_modify(|state| state.crushes += 1);
    }

    /// Cuts, and resets new connections until it is plugged in again.
    pub(super) fn unplug(&self) {
        self.state.send_modify(|state| {
            state.cuts += 1;
            state.unplugged = true;
        });
    }

    pub(super) fn plug(&self) {
        self.state.send_modify(|state| state.unplugged = false);
    }
}

async fn pass(mut near: TcpStream, server: SocketAddr, mut state: watch::Receiver<State>) {
    let before = *state.borrow_and_update();
    if before.unplugged {
        return reset(near);
    }
    let Ok(mut far) = TcpStream::connect(server).await else { return };
    let disturbed = tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => return,
        now = state.wait_for(|now| now.cuts > before.cuts || now.crushes > before.crushes) => now.is_ok(),
    };
    // Nothing is read or written any more: the ends see an open connection on which nothing comes.
    if disturbed && state.wait_for(|now| now.cuts > before.cuts).await.is_ok() {
        reset(near);
        reset(far);
    }
}

/// Closing with a linger of zero is a reset.
fn reset(end: TcpStream) {
    // A connection that is gone already needs none.
    let _gone = end.set_zero_linger();
}

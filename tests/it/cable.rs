//! A cable between a client and the simulated Zoom that can be cut, unplugged, crushed and pinched: a fault of the network,
//! of which neither end knows anything but what a socket tells.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::interval,
};

/// How many bytes are passed on at once.
const STEP_BYTES: usize = 16 << 10;
/// How much of that while the cable is pinched, and how long each takes: 25 KiB/s, less than pictures need.
const DRIP_BYTES: usize = 512;
const DRIP_PAUSE: Duration = Duration::from_millis(20);

/// An end that clients can connect to, and no other end yet.
pub(super) struct Loose(TcpListener);

/// Passes connections on until it is dropped.
pub(super) struct Cable {
    state: watch::Sender<State>,
    connections: Arc<AtomicUsize>,
    open: Arc<Mutex<BTreeSet<usize>>>,
    _passing: JoinSet<()>,
}

#[derive(Clone, Debug, Default)]
struct State {
    /// Connections with a lower number are reset.
    cut_below: usize,
    /// So are these.
    cut: BTreeSet<usize>,
    /// On connections with a lower number nothing passes any more.
    crushed_below: usize,
    /// Nor does anything on these.
    crushed: BTreeSet<usize>,
    /// Whether new connections are reset.
    unplugged: bool,
    /// Whether little passes.
    pinched: bool,
}

impl State {
    fn is_cut(&self, number: usize) -> bool {
        number < self.cut_below || self.cut.contains(&number)
    }

    fn is_crushed(&self, number: usize) -> bool {
        number < self.crushed_below || self.crushed.contains(&number)
    }
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
        let (connections, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::<BTreeSet<usize>>::default()));
        let (count, numbers) = (Arc::clone(&connections), Arc::clone(&open));
        let mut passing = JoinSet::new();
        passing.spawn(async move {
            let mut tasks = JoinSet::new();
            while let Ok((near, _)) = self.0.accept().await {
                let number = count.fetch_add(1, Ordering::Relaxed);
                let (numbers, seen) = (Arc::clone(&numbers), seen.clone());
                numbers.lock().unwrap().insert(number);
                tasks.spawn(async move {
                    pass(near, server, number, seen).await;
                    numbers.lock().unwrap().remove(&number);
                });
            }
        });
        Cable { state, connections, open, _passing: passing }
    }
}

impl Cable {
    /// How many connections were made to it.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Resets every connection that is open now, at both ends.
    pub(super) fn cut(&self) {
        let all = self.connections();
        self.state.send_modify(|state| state.cut_below = all);
    }

    /// Resets one of the connections that are open now, whichever `choice` falls on; false if there is none.
    pub(super) fn cut_one(&self, choice: usize) -> bool {
        let one = self.choose(choice);
        self.state.send_modify(|state| state.cut.extend(one));
        one.is_some()
    }

    fn choose(&self, choice: usize) -> Option<usize> {
        let open = self.open.lock().unwrap();
        open.iter().nth(choice % open.len().max(1)).copied()
    }

    /// Lets every connection that is open now stay open with nothing on it any more; new ones work.
    pub(super) fn crush(&self) {
        let all = self.connections();
        self.state.send_modify(|state| state.crushed_below = all);
    }

    /// The same with one of them.
    pub(super) fn crush_one(&self, choice: usize) {
        let one = self.choose(choice);
        self.state.send_modify(|state| state.crushed.extend(one));
    }

    /// Lets little pass until it is released.
    pub(super) fn pinch(&self) {
        self.state.send_modify(|state| state.pinched = true);
    }

    pub(super) fn release(&self) {
        self.state.send_modify(|state| state.pinched = false);
    }

    /// Cuts, and resets new connections until it is plugged in again.
    pub(super) fn unplug(&self) {
        let all = self.connections();
        self.state.send_modify(|state| (state.cut_below, state.unplugged) = (all, true));
    }

    pub(super) fn plug(&self) {
        self.state.send_modify(|state| state.unplugged = false);
    }
}

async fn pass(mut near: TcpStream, server: SocketAddr, number: usize, mut state: watch::Receiver<State>) {
    if state.borrow_and_update().unplugged {
        return reset(near);
    }
    let Ok(mut far) = TcpStream::connect(server).await else { return };
    let disturbed = {
        let ((from_near, to_near), (from_far, to_far)) = (near.split(), far.split());
        let (out, back) = (state.clone(), state.clone());
        tokio::select! {
            _ = async { tokio::join!(pump(from_near, to_far, out), pump(from_far, to_near, back)) } => return,
            now = state.wait_for(|now| now.is_cut(number) || now.is_crushed(number)) => now.is_ok(),
        }
    };
    // Nothing is read or written any more: the ends see an open connection on which nothing comes.
    if disturbed && state.wait_for(|now| now.is_cut(number)).await.is_ok() {
        reset(near);
        reset(far);
    }
}

/// Passes on what comes, until there is no more.
async fn pump(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, state: watch::Receiver<State>) {
    let mut bytes = vec![0; STEP_BYTES];
    let mut drips = interval(DRIP_PAUSE);
    loop {
        let pinched = state.borrow().pinched;
        let step = if pinched { DRIP_BYTES } else { STEP_BYTES };
        match from.read(&mut bytes[..step]).await {
            Ok(count) if count > 0 => {
                if to.write_all(&bytes[..count]).await.is_err() {
                    return;
                }
            }
            _ => break,
        }
        if pinched {
            drips.tick().await;
        }
    }
    // An end that is gone needs no good-bye.
    let _gone = to.shutdown().await;
}

/// Closing with a linger of zero is a reset.
fn reset(end: TcpStream) {
    // A connection that is gone already needs none.
    let _gone = end.set_zero_linger();
}

//! Accepts connections, with or without TLS, and ends them gracefully. What one of them may hold is limited in time and in
//! number (fault-matrix D7), so that nobody can hold all.

mod crowd;
mod lobby;
mod steady;

use std::{convert::Infallible, future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, http::Request};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinError, JoinSet},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use self::{
    crowd::{Crowd, Place},
    lobby::{Busy, Lobby, Seat},
    steady::Steady,
};
use crate::{
    measure,
    peer::Peer,
    tls::{TlsError, TlsFiles, renewed},
};

/// How long the parts of a conversation may take.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// The head of a request, from the moment in which one could be sent: a connection without a request ends after it.
    head: Duration,
    /// An answer of which not one byte is taken.
    stall: Duration,
}

const PACE: Pace = Pace { head: Duration::from_secs(5), stall: Duration::from_secs(30) };
/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long running requests may take to finish once we stop.
const GRACE: Duration = Duration::from_secs(3);
/// How long a connection that was let in right before may take to bring its first request once we stop.
const FIRST_REQUEST: Duration = Duration::from_secs(1);
/// The most connections that one address may hold, unless a proxy may have it; the next are closed at once.
const OF_A_PEER: usize = 1_024;
/// The part of all connections that one address may hold at most.
const SHARE_OF_A_PEER: usize = 4;
/// How much of an answer the kernel takes at once that it cannot send yet, in bytes: of a client that takes nothing it would hold
/// megabytes. What is on its way is not bounded by this, so that a long line is as quick as ever.
const UNSENT_BYTES: u32 = 128 * 1024;
/// The largest head of a request, in bytes.
const HEAD_LIMIT_BYTES: usize = 16 * 1024;

/// The places that a connection takes, for as long as it is held; stands in the extensions of requests. Whoever goes on with a connection
/// after its request, as a WebSocket does, holds it until the end.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    _busy: Arc<Busy>,
    _place: Arc<Place>,
}

/// Serves `router` on `listener` until `stop` completes, then lets running requests finish for at most 3 s. At most
/// `connections` are open at once: beyond it whoever asks nothing makes room.
///
/// # Errors
/// [`TlsError`] if TLS is asked for and its files cannot be used; nothing is accepted then.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsFiles>,
    router: Router,
    connections: usize,
    stop: impl Future<Output = ()>,
) -> Result<(), TlsError> {
    let tls = tls.map(renewed).transpose()?;
    let lobby = Lobby::new(connections);
    let crowd = Crowd::new((connections / SHARE_OF_A_PEER).clamp(1, OF_A_PEER));
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    let mut goes_on = true;
    while goes_on {
        // Finished connections are taken off at once, so that the set holds only what runs.
        let accepted = tokio::select! {
            () = &mut stop => break,
            Some(ended) = connections.join_next() => {
                note_end(&ended);
                continue;
            }
            accepted = accept(&listener) => accepted,
        };
        let (socket, addr) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_the_peers(&error) => continue,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                // Out of descriptors, most likely: some of them free up in the meantime.
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let peer = Peer::new(addr.ip());
        let Some(place) = crowd.enter(peer) else {
            measure::connection_refused("address");
            tracing::debug!(%addr, "a connection was closed: its address holds too many");
            continue;
        };
        let seat = tokio::select! {
            () = &mut stop => {
                // Nobody else will answer one that was accepted; those that leave now have places for it.
                goes_on = false;
                stopping.send_replace(true);
                let Ok(seat) = timeout(GRACE, lobby.enter()).await else { break };
                seat
            }
            seat = lobby.enter() => seat,
        };
        let config = tls.as_ref().map(|current| current.borrow().clone());
        let (router, stopped, place) = (router.clone(), stopped.clone(), Arc::new(place));
        connections.spawn(async move {
            let conversation = async {
                match config {
                    None => converse(socket, (peer, &place), router, &seat, stopped, PACE).await,
                    Some(config) => converse_tls(socket, (peer, &place), config, router, &seat, stopped).await,
                }
            };
            tokio::select! {
                () = conversation => {}
                () = seat.is_wanted() => tracing::debug!(%addr, "an idle connection was closed: another needs its place"),
            }
        });
    }
    drop(listener);
    stopping.send_replace(true);
    let finish = async {
        while let Some(ended) = connections.join_next().await {
            note_end(&ended);
        }
        // What became of connections that speak something else than HTTP by now.
        lobby.emptied().await;
    };
    let _ = timeout(GRACE, finish).await;
    connections.shutdown().await;
    Ok(())
}

/// Takes note that a connection is over. A defect in what answers it, or in the body of an answer, ends that connection and no
/// other: what it held is let go as its task unwinds.
fn note_end(ended: &Result<(), JoinError>) {
    if ended.as_ref().is_err_and(JoinError::is_panic) {
        tracing::error!("an answer panicked, and its connection broke off. Please report this defect");
        measure::answer_panicked();
    }
}

async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (socket, addr) = listener.accept().await?;
    // Refused for a connection that is gone already, which is found out soon enough.
    let _ = socket.set_nodelay(true);
    // Where the kernel refuses, a client that takes nothing costs more of its memory, and nothing else.
    let _ = SockRef::from(&socket).set_tcp_notsent_lowat(UNSENT_BYTES);
    Ok((socket, addr))
}

/// Whether a connection was gone before it was accepted; that must not hold up the next one.
fn is_the_peers(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

async fn converse_tls(
    socket: TcpStream,
    from: (Peer, &Arc<Place>),
    config: Arc<ServerConfig>,
    router: Router,
    seat: &Arc<Seat>,
    stopped: watch::Receiver<bool>,
) {
    match timeout(HANDSHAKE_TIMEOUT, TlsAcceptor::from(config).accept(socket)).await {
        Ok(Ok(socket)) => converse(socket, from, router, seat, stopped, PACE).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn converse<S>(
    socket: S,
    (peer, place): (Peer, &Arc<Place>),
    router: Router,
    seat: &Arc<Seat>,
    mut stopped: watch::Receiver<bool>,
    pace: Pace,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let asked = CancellationToken::new();
    let service = service_fn(|mut request: Request<Incoming>| {
        asked.cancel();
        request.extensions_mut().insert(peer);
        let busy = Arc::new(seat.busy());
        request.extensions_mut().insert(Held { _busy: Arc::clone(&busy), _place: Arc::clone(place) });
        let answered = router.clone().oneshot(request);
        async move {
            let response = answered.await?;
            // The request is over when its answer is: the last piece, and not the head.
            Ok::<_, Infallible>(response.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    let _answering = &busy;
                    frame
                }))
            }))
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(pace.head)
            .max_buf_size(HEAD_LIMIT_BYTES)
            .serve_connection(TokioIo::new(Steady::new(socket, pace.stall)), service)
            .with_upgrades()
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = leave(&mut stopped, &asked) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// Waits until a connection is to be ended. One that was let in right before the stop has its first request on the way, which
/// nobody else will answer.
async fn leave(stopped: &mut watch::Receiver<bool>, asked: &CancellationToken) {
    // An error means that the server is gone, which is a reason to stop as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
    let _ = timeout(FIRST_REQUEST, asked.cancelled()).await;
}

#[cfg(test)]
mod tests;

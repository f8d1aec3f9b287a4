//! Accepts connections, with or without TLS, and ends them gracefully.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use crate::tls::{TlsError, TlsFiles, renewed};

/// How long the head of a request may take to arrive (fault-matrix D7).
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long running requests may take to finish once we stop.
const GRACE: Duration = Duration::from_secs(5);
/// The most connections at once; beyond it they wait in the system's queue.
const CONNECTIONS: usize = 8_192;
/// The largest head of a request, in bytes.
const HEAD_LIMIT_BYTES: usize = 64 * 1024;

/// Serves `router` on `listener` until `stop` completes, then lets running requests finish for at most 5 s.
///
/// # Errors
/// [`TlsError`] if TLS is asked for and its files cannot be used; nothing is accepted then.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsFiles>,
    router: Router,
    stop: impl Future<Output = ()>,
) -> Result<(), TlsError> {
    let tls = tls.map(renewed).transpose()?;
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        // Finished connections are taken off at once, so that the set holds only what runs.
        let accepted = tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept(&listener, &permits) => accepted,
        };
        let (socket, permit) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                // Out of descriptors, most likely: some of them free up in the meantime.
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let config = tls.as_ref().map(|current| current.borrow().clone());
        let (router, stopped) = (router.clone(), stopped.clone());
        connections.spawn(async move {
            match config {
                None => converse(socket, router, stopped, HEAD_TIMEOUT).await,
                Some(config) => converse_tls(socket, config, router, stopped).await,
            }
            drop(permit);
        });
    }
    drop(listener);
    stopping.send_replace(true);
    let _ = timeout(GRACE, async { while connections.join_next().await.is_some() {} }).await;
    connections.shutdown().await;
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> std::io::Result<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = permits.clone().acquire_owned().await.map_err(std::io::Error::other)?;
    let (socket, _) = listener.accept().await?;
    socket.set_nodelay(true)?;
    Ok((socket, permit))
}

async fn converse_tls(
    socket: tokio::net::TcpStream,
    config: Arc<ServerConfig>,
    router: Router,
    stopped: watch::Receiver<bool>,
) {
    match timeout(HANDSHAKE_TIMEOUT, TlsAcceptor::from(config).accept(socket)).await {
        Ok(Ok(socket)) => converse(socket, router, stopped, HEAD_TIMEOUT).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn converse<S>(socket: S, router: Router, mut stopped: watch::Receiver<bool>, head_timeout: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head_timeout)
            .max_buf_size(HEAD_LIMIT_BYTES)
            .serve_connection(TokioIo::new(socket), TowerToHyperService::new(router))
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = stop_wanted(&mut stopped) => None,
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

async fn stop_wanted(stopped: &mut watch::Receiver<bool>) {
    // An error means that the server is gone, which is a reason to stop as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

#[cfg(test)]
mod tests;

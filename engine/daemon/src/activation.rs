//! The listening socket: handed over by a supervisor that keeps it while the daemon restarts, or bound here. Who is let in
//! over it is the business of `api`.

use std::{env, net::SocketAddr};

use listenfd::ListenFd;
use rustix::net::sockopt::socket_acceptconn;
use tokio::net::TcpListener;

use crate::failure::{Fatal, Reason};

/// The socket that the supervisor hands over, if it does.
pub(crate) struct Handed(Option<std::net::TcpListener>);

impl Handed {
    /// Takes it as `LISTEN_FDS` says, and the variables out of the environment: nothing else may run yet.
    ///
    /// # Errors
    /// If there are several, or it is of another kind.
    pub(crate) fn take() -> Result<Self, Fatal> {
        let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut handed = ListenFd::from_env();
        match handed.len() {
            0 => Ok(Self(None)),
            1 => only(&mut handed).map(|listener| Self(Some(listener))).map_err(|reason| unfit(&names, &reason)),
            count => {
                let reason =
                    format!("there are {count}, and Hansard listens on one; keep one ListenStream= in its socket unit");
                Err(unfit(&names, &reason))
            }
        }
    }

    /// The socket that connections wait at: the one that was handed over, else one at `listen`. For use inside a runtime.
    ///
    /// # Errors
    /// If `listen` cannot be bound.
    pub(crate) async fn listener(self, listen: SocketAddr) -> Result<TcpListener, Fatal> {
        match self.0 {
            Some(listener) => {
                tracing::info!("the supervisor keeps the listening socket; server.listen is not used");
                TcpListener::from_std(listener).map_err(|error| Fatal::new(Reason::Address, error))
            }
            None => TcpListener::bind(listen).await.map_err(|error| {
                Fatal::new(Reason::Address, format!("server.listen: {listen}: {error}; choose a free address"))
            }),
        }
    }
}

/// The only socket, if connections of TCP can be accepted on it.
fn only(handed: &mut ListenFd) -> Result<std::net::TcpListener, String> {
    let listener = handed
        .take_tcp_listener(0)
        .map_err(|error| format!("{error}; write ListenStream= with an address and a port"))?
        .ok_or("it is taken already")?;
    if !socket_acceptconn(&listener).map_err(|error| error.to_string())? {
        return Err("it is a connection and not a socket that listens; write Accept=no".to_owned());
    }
    // The runtime waits for connections; the socket itself must not.
    listener.set_nonblocking(true).map_err(|error| error.to_string())?;
    Ok(listener)
}

/// `names` are those that the supervisor gives, with colons between.
fn unfit(names: &str, reason: &str) -> Fatal {
    let named = if names.is_empty() { String::new() } else { format!(" ({names})") };
    Fatal::new(
        Reason::Configuration,
        format!("the socket that the supervisor hands over{named} is of no use: {reason}"),
    )
}

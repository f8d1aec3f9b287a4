//! From a host's name to an open connection: resolves it once, checks every address, and tries them in turn without
//! waiting for the dead ones (RFC 8305). What an open connection is used for is in `dialer` and `http`.

use std::{future::Future, io, iter, net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{pin, select};

use crate::{DialError, pattern::Host, target::Target};

/// How long an address is waited for before the next one is tried beside it (RFC 8305 §5).
const STAGGER: Duration = Duration::from_millis(250);
/// How long a resolver is waited for before the last good address is used instead.
const RESOLVER_PATIENCE: Duration = Duration::from_secs(2);
/// How many addresses of a host are tried.
const ADDRESSES: usize = 16;

/// What reaching a host takes. A resolver that is not needed is not asked, as futures do nothing by themselves.
pub(crate) struct Means<R, C, P> {
    /// Asks the resolver, once.
    pub(crate) resolve: R,
    /// Opens a connection to exactly this address.
    pub(crate) connect: C,
    /// Waits.
    pub(crate) pause: P,
}

/// Opens a connection to `target` and tells where to. `remembered` is where it was last reached; `phase` is kept to what
/// is being done, for people.
///
/// There is no limit to it in time: that is the caller's.
pub(crate) async fn reach<T, R, C, F, P, S>(
    target: &Target,
    remembered: Option<SocketAddr>,
    means: Means<R, C, P>,
    phase: &mut &'static str,
) -> Result<(SocketAddr, T), DialError>
where
    R: Future<Output = io::Result<Vec<SocketAddr>>>,
    C: Fn(SocketAddr) -> F,
    F: Future<Output = io::Result<T>>,
    P: Fn(Duration) -> S,
    S: Future<Output = ()>,
{
    let Means { resolve, connect, pause } = means;
    let attempt = |addresses: Vec<SocketAddr>| race(target, interleaved(addresses), &connect, &pause);
    let name = match &target.host {
        Host::Address(address) => {
            *phase = "a connection";
            return attempt(checked(target, vec![SocketAddr::new(*address, target.port)])?).await;
        }
        Host::Name(name) => name,
    };
    *phase = "its address";
    let lookup = resolved(target, resolve);
    pin!(lookup);
    let Some(last_good) = remembered.filter(|address| target.check_address(address.ip().to_canonical()).is_ok()) else {
        let addresses = lookup.await?;
        *phase = "a connection";
        return attempt(addresses).await;
    };
    let found = select! {
        biased;
        found = &mut lookup => Some(found),
        () = pause(RESOLVER_PATIENCE) => None,
    };
    let addresses = match found {
        Some(Ok(addresses)) => addresses,
        // Only a resolver that does not answer makes an old address better than a new one; a name that leads where it
        // must not is believed.
        Some(Err(error @ DialError::Dns { .. })) => {
            tracing::warn!(host = name, %error, "its last good address is used instead");
            vec![last_good]
        }
        Some(Err(error)) => return Err(error),
        None => {
            tracing::warn!(host = name, "its name is not resolved yet; its last good address is used meanwhile");
            let unreachable = match attempt(vec![last_good]).await {
                Ok(reached) => return Ok(reached),
                Err(error) => error,
            };
            tracing::debug!(host = name, error = %unreachable, "its last good address is good no more");
            lookup.await?
        }
    };
    *phase = "a connection";
    attempt(addresses).await
}

/// What the host of `target` resolves to, each address checked; of a number, itself.
pub(crate) async fn resolved(
    target: &Target,
    resolve: impl Future<Output = io::Result<Vec<SocketAddr>>>,
) -> Result<Vec<SocketAddr>, DialError> {
    let name = match &target.host {
        Host::Address(address) => return checked(target, vec![SocketAddr::new(*address, target.port)]),
        Host::Name(name) => name,
    };
    let unknown = |reason: String| DialError::Dns { host: name.clone(), reason };
    let addresses = checked(target, resolve.await.map_err(|error| unknown(error.to_string()))?)?;
    if addresses.is_empty() { Err(unknown("it has no address".to_owned())) } else { Ok(addresses) }
}

/// What is said when `deadline` passed while `phase` was waited for.
pub(crate) fn too_late(target: &Target, phase: &'static str, deadline: Duration) -> DialError {
    let limit_ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
    DialError::Timeout { host: target.authority(), phase, limit_ms }
}

/// Every address must be allowed: a name with one that is not is no honest name.
fn checked(target: &Target, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, DialError> {
    addresses.iter().try_for_each(|address| target.check_address(address.ip().to_canonical()))?;
    Ok(addresses)
}

/// The families in turn, beginning with the one that the resolver prefers (RFC 8305 §4); each in the resolver's order.
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let (mut preferred, mut other) = (preferred.into_iter(), other.into_iter());
    iter::from_fn(|| Some([preferred.next(), other.next()]).filter(|pair| pair.iter().any(Option::is_some)))
        .flatten()
        .flatten()
        .take(ADDRESSES)
        .collect()
}

/// Tries the addresses, each a little after the one before or as soon as that one failed. The first success wins; dropping
/// the others closes them.
async fn race<T, C, F, P, S>(
    target: &Target,
    addresses: Vec<SocketAddr>,
    connect: &C,
    pause: &P,
) -> Result<(SocketAddr, T), DialError>
where
    C: Fn(SocketAddr) -> F,
    F: Future<Output = io::Result<T>>,
    P: Fn(Duration) -> S,
    S: Future<Output = ()>,
{
    let mut waiting = addresses.into_iter();
    let mut running = FuturesUnordered::new();
    let mut reasons = Vec::new();
    loop {
        if let Some(address) = waiting.next() {
            running.push(async move { (address, connect(address).await) });
        }
        if running.is_empty() {
            return Err(DialError::Connect { host: target.authority(), reason: reasons.join(", ") });
        }
        let patience = async {
            if waiting.len() == 0 {
                std::future::pending::<()>().await;
            }
            pause(STAGGER).await;
        };
        select! {
            biased;
            Some((address, outcome)) = running.next() => match outcome {
                Ok(connection) => return Ok((address, connection)),
                Err(error) => reasons.push(format!("{address}: {error}")),
            },
            () = patience => {}
        }
    }
}

#[cfg(test)]
mod tests;

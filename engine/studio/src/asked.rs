//! Requests as a worker gets them, wherever they come from. What is asked is in `message`, what is answered in `serve`.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::Duration,
};

use crate::message::Request;

/// What comes of waiting for a request.
pub(crate) enum Asked {
    This(Request),
    /// Nothing yet.
    Nothing,
    /// Nobody asks any more.
    NoMore,
}

/// Waits for a request, for as long as that or until there is one.
pub(crate) type Next<'a> = dyn FnMut(Option<Duration>) -> Asked + 'a;

/// The next request of a channel.
pub(crate) fn next_of(asked: &Receiver<Request>, patience: Option<Duration>) -> Asked {
    let heard = match patience {
        Some(patience) => asked.recv_timeout(patience),
        None => asked.recv().map_err(|_| RecvTimeoutError::Disconnected),
    };
    match heard {
        Ok(request) => Asked::This(request),
        Err(RecvTimeoutError::Timeout) => Asked::Nothing,
        Err(RecvTimeoutError::Disconnected) => Asked::NoMore,
    }
}

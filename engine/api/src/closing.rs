//! How far the stop of this process has come. Who decides to stop, and when, is in `daemon`.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// How far the stop of this process has come; clones share it. It never goes back.
#[derive(Clone, Debug, Default)]
pub struct Closing {
    draining: CancellationToken,
    closed: CancellationToken,
}

impl Closing {
    /// Begins the stop: no new capture is begun any more. What arrives is still made durable and acknowledged, for the next
    /// start.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    /// Lets nobody in any more, which [`Closing::drain`] came before: live feeds end, other answers have a while.
    pub fn close(&self) {
        self.draining.cancel();
        self.closed.cancel();
    }

    /// Cancelled once it drains.
    pub fn draining(&self) -> CancellationToken {
        self.draining.clone()
    }

    /// Completes once nobody is let in any more.
    pub fn closed(&self) -> WaitForCancellationFutureOwned {
        self.closed.clone().cancelled_owned()
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }
}

/// Ends a connection with the answer while the process drains: whoever keeps connections for later requests then does not find
/// them closed with one on its way.
pub(crate) async fn say_close(State(closing): State<Closing>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if closing.is_draining() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

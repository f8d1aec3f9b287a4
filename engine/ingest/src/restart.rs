//! Asks the platform for a new stream of a meeting whose stream broke off, where the app is configured for it. The stream
//! itself is announced by webhook, like any other; how the platform is asked is in `rest`.

use std::{
    collections::HashMap,
    future::Future,
    time::{Duration, Instant},
};

use model::{CaptureId, Fault};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use zoom::{Product, rest::Action, webhook::StartNotice};

use crate::{App, Rest, RestFailure};

/// How often within [`WINDOW`] one meeting gets a new stream.
const LIMIT: usize = 3;
/// How far back restarts count.
const WINDOW: Duration = Duration::from_millis(WINDOW_MS.unsigned_abs());
/// The same, in milliseconds.
pub(crate) const WINDOW_MS: i64 = 600_000;
/// How long is waited after the first refusal that may pass; doubled with each further one.
const RETRY_FIRST: Duration = Duration::from_secs(2);
/// How long is waited at most.
const RETRY_LONGEST: Duration = Duration::from_secs(30);
/// How long is waited in all.
const PATIENCE: Duration = Duration::from_secs(180);

/// Whom to ask for what, should a stream break off.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    app: App,
    product: Product,
    /// The number by which people know the meeting, or else its opaque id.
    meeting: String,
    /// On whose behalf the stream ran.
    user: Option<String>,
}

impl Wish {
    /// What to ask for after the stream of `notice`; nothing where the app does not want it.
    pub(crate) fn of(app: Option<&App>, notice: &StartNotice) -> Option<Self> {
        let app = app.filter(|app| app.restart)?.clone();
        let meeting = notice.meeting_number.clone().unwrap_or_else(|| notice.meeting_uuid.clone());
        Some(Self { app, product: notice.product, meeting, user: notice.operator_id.clone() })
    }

    /// What makes two wishes the same one.
    fn key(&self) -> (String, String) {
        (self.app.client_id.clone(), self.meeting.clone())
    }
}

/// Which meetings got new streams lately, so that one that keeps breaking off does not go on for ever.
#[derive(Debug, Default)]
pub(crate) struct Restarts(HashMap<(String, String), Vec<Instant>>);

impl Restarts {
    /// Takes a restart down; false if the meeting had its share. `started` is how many streams of the meeting began anew
    /// lately as far as the catalogue knows, which outlives this process and does not know of what is still asked for.
    pub(crate) fn may_ask(&mut self, wish: &Wish, started: u64, now: Instant) -> bool {
        self.0.retain(|_, times| {
            times.retain(|at| now.duration_since(*at) < WINDOW);
            !times.is_empty()
        });
        let times = self.0.entry(wish.key()).or_default();
        let may = times.len().max(usize::try_from(started).unwrap_or(usize::MAX)) < LIMIT;
        if may {
            times.push(now);
        }
        may
    }
}

/// Counts a restart by what became of it.
pub(crate) fn count(result: &'static str) {
    metrics::counter!("hansard_stream_restarts_total", "result" => result).increment(1);
}

/// Asks until the platform agrees, refuses for good, or some minutes are over.
pub(crate) async fn restart(rest: Rest, capture: CaptureId, wish: Wish, stop: CancellationToken) {
    let ask = || rest.ask(&wish.app, wish.product, &wish.meeting, Action::Start, wish.user.as_deref());
    let outcome = tokio::select! {
        () = stop.cancelled() => return,
        outcome = persist(ask, sleep) => outcome,
    };
    match outcome {
        Ok(()) => {
            count("asked");
            tracing::info!(%capture, "the stream broke off, and Zoom agreed to start another one of the same meeting");
        }
        Err(failure) => {
            count(if failure.may_pass() { "given_up" } else { "refused" });
            tracing::warn!(%capture, code = failure.code(), %failure, "the stream broke off, and Zoom starts no other one");
        }
    }
}

/// Asks as often as it may help.
async fn persist<A, P>(mut ask: impl FnMut() -> A, pause: impl Fn(Duration) -> P) -> Result<(), RestFailure>
where
    A: Future<Output = Result<(), RestFailure>>,
    P: Future<Output = ()>,
{
    let started = Instant::now();
    let (mut waited, mut next) = (Duration::ZERO, RETRY_FIRST);
    loop {
        let failure = match ask().await {
            Ok(()) => return Ok(()),
            Err(failure) => failure,
        };
        let wait = failure.retry_after().unwrap_or_default().max(next);
        if !failure.may_pass() || waited.max(started.elapsed()) + wait > PATIENCE {
            return Err(failure);
        }
        tracing::info!(code = failure.code(), %failure, ?wait, "asking Zoom for a new stream again");
        pause(wait).await;
        waited += wait;
        next = (next * 2).min(RETRY_LONGEST);
    }
}

#[cfg(test)]
mod tests;

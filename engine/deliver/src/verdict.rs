//! What an attempt means: for the message, and for its receiver. Pure. When it is tried again is in `schedule`.

use dial::{DialError, HttpResponse};
use model::{Consequence, FailingRun, Fault, WebhookDisabled};
use schema::unix_ms_of_http_date;

use crate::schedule::next_unix_ms;

/// How long a run of failures lasts before a receiver is disabled, in milliseconds.
const FAILING_MS: i64 = 5 * 24 * 3_600_000;

/// The answer that says that there is no receiver any more, and none will be.
const GONE: u16 = 410;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The HTTP status, if there was an answer.
    pub(crate) status: Option<u16>,
    /// Why it is no success, as a stable code; `None` if it is one.
    pub(crate) code: Option<&'static str>,
    /// The `Retry-After` of the answer.
    pub(crate) retry_after: Option<String>,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// For the message.
    pub(crate) consequence: Consequence,
    /// For the receiver.
    pub(crate) disable: Option<WebhookDisabled>,
}

impl Heard {
    /// What an exchange came to: only 2xx is a success, and redirects are not followed.
    pub(crate) fn of(outcome: Result<HttpResponse, DialError>) -> Self {
        match outcome {
            Err(error) => Self { status: None, code: Some(error.code()), retry_after: None },
            Ok(HttpResponse { status, retry_after, .. }) => {
                Self { status: Some(status), code: Refused::of(status).map(|refused| refused.code()), retry_after }
            }
        }
    }

    /// The pause that the receiver asks for at a moment, in milliseconds.
    fn asked_ms(&self, now_unix_ms: i64) -> Option<i64> {
        let text = self.retry_after.as_deref()?.trim();
        let seconds = text.parse::<i64>().ok().map(|seconds| seconds.saturating_mul(1_000));
        seconds.or_else(|| unix_ms_of_http_date(text).map(|at| at.saturating_sub(now_unix_ms)))
    }
}

/// Why an answer is no success.
#[derive(Clone, Copy)]
enum Refused {
    Redirected,
    Gone,
    Status,
}

impl Refused {
    const fn of(status: u16) -> Option<Self> {
        match status {
            200..300 => None,
            300..400 => Some(Self::Redirected),
            GONE => Some(Self::Gone),
            _ => Some(Self::Status),
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Redirected => "receiver_redirects",
            Self::Gone => "receiver_gone",
            Self::Status => "receiver_refuses",
        }
    }
}

/// Judges the attempt that ended at `now_unix_ms`, after `attempts` before it, to a receiver whose failures before it are
/// `failing`. The first attempt of a message disables nobody for failing, so that none is given up after it.
pub(crate) fn judge(heard: &Heard, attempts: u32, failing: Option<FailingRun>, now_unix_ms: i64) -> Verdict {
    if heard.code.is_none() {
        return Verdict { consequence: Consequence::Delivered, disable: None };
    }
    let is_failing = attempts > 0 && FailingRun::after(failing, now_unix_ms).lasts_ms() >= FAILING_MS;
    let disable = match heard.status {
        Some(GONE) => Some(WebhookDisabled::Gone),
        _ => is_failing.then_some(WebhookDisabled::Failing),
    };
    let next = next_unix_ms(attempts.saturating_add(1), heard.asked_ms(now_unix_ms), now_unix_ms);
    let consequence = match next.filter(|_| disable.is_none()) {
        Some(at_unix_ms) => Consequence::Again { at_unix_ms },
        None => Consequence::Dead,
    };
    Verdict { consequence, disable }
}

#[cfg(test)]
mod tests;

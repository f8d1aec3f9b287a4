//! Whether a request comes from Zoom, and how old it is. What it says is read in `parse`, and only afterwards.

use model::Secret;

use super::canonical::canonical_body;
use crate::{WebhookError, signature};

/// How old, or how far ahead, a request may be and count as fresh, in seconds.
pub const FRESH_S: i64 = 300;
/// How old a request may be at all, in seconds: Zoom's last retry comes 85 minutes late.
pub const LATE_S: i64 = 7_200;

/// The headers that prove where a request comes from, as received.
#[derive(Clone, Copy, Debug)]
pub struct SignedHeaders<'a> {
    /// `x-zm-signature`.
    pub signature: Option<&'a str>,
    /// `x-zm-request-timestamp`.
    pub timestamp: Option<&'a str>,
}

/// A request that Zoom signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Which of the secrets fits.
    pub secret_index: usize,
    /// How many seconds ago Zoom signed it, by this machine's clock; negative if that lies ahead.
    pub age_s: i64,
    /// Whether it is not the body as it came that was signed, but [`canonical_body`] of it.
    pub is_rewritten: bool,
}

impl Verified {
    /// Whether it is young enough to be taken without asking whether it was seen before.
    pub const fn is_fresh(&self) -> bool {
        self.age_s >= -FRESH_S && self.age_s <= FRESH_S
    }
}

/// Checks the signature over the raw `body`, or else over [`canonical_body`] of it, then the age of the request at
/// `now_unix_s`. Because of the second form, whoever remembers deliveries must tell them apart by [`canonical_body`] and not
/// by their bytes.
///
/// A request older than [`FRESH_S`] is verified up to [`LATE_S`]: the caller takes it only if it never saw it before.
///
/// # Errors
/// [`WebhookError::MissingHeader`], [`WebhookError::BadSignature`] or [`WebhookError::Stale`].
pub fn verify(
    secrets: &[Secret<String>],
    headers: &SignedHeaders<'_>,
    body: &[u8],
    now_unix_s: i64,
) -> Result<Verified, WebhookError> {
    let signature = headers.signature.ok_or(WebhookError::MissingHeader { header: "x-zm-signature" })?;
    let missing = WebhookError::MissingHeader { header: "x-zm-request-timestamp" };
    let timestamp = headers.timestamp.ok_or_else(|| missing.clone())?;
    let signed_at_s = seconds(timestamp.trim().parse().map_err(|_| missing)?);
    let claimed = signature::claimed(signature).ok_or(WebhookError::BadSignature)?;
    let fits =
        |body: &[u8]| secrets.iter().position(|secret| signature::webhook_fits(secret, timestamp, body, &claimed));
    // Only what fails as it came is looked at, so that a genuine request is never read before it is proven.
    let (secret_index, is_rewritten) = match fits(body) {
        Some(index) => (index, false),
        None => {
            let rewritten = canonical_body(body).filter(|rewritten| rewritten != body);
            (rewritten.and_then(|body| fits(&body)).ok_or(WebhookError::BadSignature)?, true)
        }
    };
    let age_s = now_unix_s.saturating_sub(signed_at_s);
    if !(-FRESH_S..=LATE_S).contains(&age_s) {
        return Err(WebhookError::Stale { age_s });
    }
    Ok(Verified { secret_index, age_s, is_rewritten })
}

/// Zoom signs seconds; what can only be milliseconds is read as such (protocol §2.2).
const fn seconds(stamp: i64) -> i64 {
    if stamp >= 100_000_000_000 { stamp / 1000 } else { stamp }
}

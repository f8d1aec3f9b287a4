//! With which secrets real-time endpoints are signed. How a signature is made is in `schema`.

use std::time::{SystemTime, UNIX_EPOCH};

use schema::signature::{SigningKey, headers};

/// The secrets of this installation, the current one first.
#[derive(Clone, Debug, Default)]
pub struct Signing {
    /// Every secret that signs; none if nothing is signed.
    pub keys: Vec<SigningKey>,
    /// Whether the headers come under their older names as well.
    pub both_families: bool,
}

impl Signing {
    /// The headers of one attempt to send `body` as the message `id` now; none without a secret.
    pub(crate) fn headers(&self, id: &str, body: &[u8]) -> Vec<(&'static str, String)> {
        if self.keys.is_empty() {
            return Vec::new();
        }
        headers(&self.keys, id, unix_s(), body, self.both_families)
    }
}

/// Now, in seconds of this machine's wall clock since the Unix epoch.
fn unix_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_secret_nothing_is_signed() {
        assert_eq!(Signing::default().headers("id", b"{}"), []);
        let signing = Signing { keys: vec![SigningKey::new([1; 32])], both_families: false };
        assert_eq!(signing.headers("id", b"{}").len(), 3);
    }
}

//! The body of `POST /api/v1/webhook_endpoint/{id}/replay/`, our own addition.

use super::field;
use crate::{
    error::{FieldErrors, Rejection},
    time::unix_ms_of_iso,
};

/// How long a moment may be as text, in characters.
const MOMENT_LIMIT: usize = 64;

/// A wish to have what a receiver was told told once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Since when, in milliseconds since the Unix epoch.
    pub since_unix_ms: i64,
    /// Whether only what never arrived.
    pub only_dead: bool,
}

/// Reads a request body. Unknown keys are ignored.
///
/// # Errors
/// [`Rejection::Malformed`] if the body is not JSON, [`Rejection::Fields`] with everything that is wrong.
pub fn replay(body: &[u8]) -> Result<Replay, Rejection> {
    let body = field::object(body)?;
    let mut errors = FieldErrors::new();
    let since = field::required(&body, &["since"], MOMENT_LIMIT, &mut errors);
    let since_unix_ms = since.as_deref().map(unix_ms_of_iso);
    if since_unix_ms == Some(None) {
        errors.add(&["since"], "Write a moment in ISO 8601 with its offset, such as 2026-01-01T00:00:00Z.");
    }
    let only_dead = field::switch(&body, "only_dead", false, &mut errors);
    let since_unix_ms = since_unix_ms.flatten().unwrap_or_default();
    errors.or(Replay { since_unix_ms, only_dead }).map_err(Rejection::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_required_and_may_have_any_offset() {
        let read = |text: &str| replay(text.as_bytes());
        let since_unix_ms = 1_767_225_600_000;
        assert_eq!(read(r#"{"since":"2026-01-01T01:00:00+01:00"}"#), Ok(Replay { since_unix_ms, only_dead: false }));
        assert_eq!(
            read(r#"{"since":"2026-01-01T00:00:00Z","only_dead":true,"x":1}"#),
            Ok(Replay { since_unix_ms, only_dead: true })
        );
        for text in ["{}", r#"{"since":null}"#, r#"{"since":"yesterday"}"#, r#"{"since":1}"#, "[]"] {
            assert!(matches!(read(text), Err(Rejection::Fields(_))), "{text}");
        }
        assert!(matches!(read(r#"{"since":"2026-01-01T00:00:00Z","only_dead":1}"#), Err(Rejection::Fields(_))));
        assert!(matches!(read("{"), Err(Rejection::Malformed(_))));
    }
}

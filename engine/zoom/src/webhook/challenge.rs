//! The answer to `endpoint.url_validation`. Anybody may ask, so it must never sign text that could pass for a webhook.

use model::Secret;

use crate::{WebhookError, signature};

/// The longest token that is answered, in bytes.
const TOKEN_LIMIT_BYTES: usize = 128;

/// The JSON body that answers the challenge `plain_token` (protocol §2.3).
///
/// # Errors
/// [`WebhookError::BadToken`] unless the token is 1 to 128 letters, digits, `_` or `-`: a signed webhook text contains
/// colons, so that no answer can serve as one.
pub fn answer_challenge(secret: &Secret<String>, plain_token: &str) -> Result<String, WebhookError> {
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if plain_token.is_empty() || plain_token.len() > TOKEN_LIMIT_BYTES || !plain_token.bytes().all(harmless) {
        return Err(WebhookError::BadToken);
    }
    let encrypted = signature::challenge(secret, plain_token);
    Ok(format!(r#"{{"plainToken":"{plain_token}","encryptedToken":"{encrypted}"}}"#))
}

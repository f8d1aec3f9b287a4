//! The token of the Video SDK, which is made here and not asked for. What is sent with it is in `request`.

use base64_turbo::URL_SAFE_NO_PAD;
use model::Secret;
use serde_json::json;

use super::Token;
use crate::signature;

/// How long a token is good, in seconds; Zoom advises against more than an hour.
const GOOD_FOR_S: u64 = 3_600;
/// How far Zoom's clock may be behind ours, in seconds.
const SKEW_S: u64 = 30;

/// The token with which [`super::status_request`] is sent for a session of the Video SDK: a JWT of `api_key`, signed with
/// `api_secret` (HS256, RFC 7515) and good for an hour from `now_unix_s` on.
///
/// These are the account's *API* key and secret. They are not the SDK key and secret, with which handshakes are signed.
pub fn video_sdk_token(api_key: &str, api_secret: &Secret<String>, now_unix_s: u64) -> Token {
    let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string().as_bytes());
    let issued_s = now_unix_s.saturating_sub(SKEW_S);
    let expires_s = now_unix_s.saturating_add(GOOD_FOR_S);
    let header = part(json!({ "alg": "HS256", "typ": "JWT" }));
    let claims = part(json!({ "exp": expires_s, "iat": issued_s, "iss": api_key }));
    let signed = format!("{header}.{claims}");
    let proof = URL_SAFE_NO_PAD.encode(&signature::digest(api_secret, signed.as_bytes())[..]);
    Token { bearer: Secret::new(format!("{signed}.{proof}")), expires_in_s: GOOD_FOR_S }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_that_of_any_other_maker_of_jwts() {
        let secret = Secret::new("api-secret-0001".to_owned());
        let token = video_sdk_token("api-key-0001", &secret, 1_767_225_630);
        assert_eq!(
            token.bearer.expose(),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjE3NjcyMjkyMzAsImlhdCI6MTc2NzIyNTYwMCwiaXNzIjoiYXBpLWtleS0wMDAxIn0.-EpNW4nNPIocWOJKshiLGVtKcHTCsFU2XkbIkoHA9h8"
        );
        assert_eq!(token.expires_in_s, 3_600);
        assert!(!format!("{token:?}").contains("eyJ"));
    }

    #[test]
    fn a_clock_at_either_end_of_time_makes_a_token_too() {
        let secret = Secret::new(String::new());
        for now_unix_s in [0, u64::MAX] {
            assert_eq!(video_sdk_token("", &secret, now_unix_s).bearer.expose().split('.').count(), 3);
        }
    }
}

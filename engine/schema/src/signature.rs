//! Signatures of what is sent to customers (Standard Webhooks, recording-api §8): HMAC-SHA256 over the message's id, the time of
//! this attempt and the very bytes that are sent.
//!
//! Which secrets sign, and where they are kept, is in `catalog` and `deliver`; the platform's own signatures are in `zoom`.

use std::fmt;

use base64_turbo::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use model::Secret;
use sha2::Sha256;

/// What a secret begins with as text.
const PREFIX: &str = "whsec_";

/// How long a new key is, in bytes.
pub const NEW_KEY_BYTES: usize = 32;

/// How long a key may be, in bytes (Standard Webhooks: 24 to 64).
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The names of the headers, each with the one of the older family: the message's id, the time, the signatures.
pub const HEADERS: [[&str; 2]; 3] =
    [["webhook-id", "svix-id"], ["webhook-timestamp", "svix-timestamp"], ["webhook-signature", "svix-signature"]];

/// The key with which messages to one receiver are signed.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Secret<Vec<u8>>);

/// A text that is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret is `whsec_` followed by 24 to 64 bytes in base64")]
pub struct NoSecret;

impl SigningKey {
    /// A key of random bytes.
    pub fn new(random: [u8; NEW_KEY_BYTES]) -> Self {
        Self(Secret::new(random.to_vec()))
    }

    /// Reads a secret as receivers know it: `whsec_` and the key in base64.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(text: &str) -> Result<Self, NoSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(NoSecret)?;
        let key = STANDARD.decode(encoded.as_bytes()).map_err(|_| NoSecret)?;
        if KEY_BYTES.contains(&key.len()) { Ok(Self(Secret::new(key))) } else { Err(NoSecret) }
    }

    /// The secret as receivers know it.
    pub fn text(&self) -> Secret<String> {
        Secret::new(format!("{PREFIX}{}", STANDARD.encode(self.0.expose())))
    }

    fn sign(&self, id: &str, at_unix_s: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose()).expect("HMAC takes a key of any length");
        mac.update(format!("{id}.{at_unix_s}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The headers of one attempt to send `body` as the message `id`, signed with every key in `keys`: more than one while a
/// secret is being replaced. With `both_families` each header comes under its older name as well. Of an upgrade to a WebSocket the
/// body is empty.
pub fn headers(
    keys: &[SigningKey],
    id: &str,
    at_unix_s: i64,
    body: &[u8],
    both_families: bool,
) -> Vec<(&'static str, String)> {
    let signatures: Vec<String> = keys.iter().map(|key| key.sign(id, at_unix_s, body)).collect();
    let values = [id.to_owned(), at_unix_s.to_string(), signatures.join(" ")];
    let families = if both_families { 2 } else { 1 };
    HEADERS
        .iter()
        .zip(values)
        .flat_map(|(names, value)| names.iter().take(families).map(move |name| (*name, value.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification of Standard Webhooks.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT_UNIX_S: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn the_published_example_is_signed_as_published() {
        let key = SigningKey::parse(SECRET).expect("a secret");
        let headers = headers(&[key], ID, AT_UNIX_S, BODY, false);
        assert_eq!(
            headers,
            [
                ("webhook-id", ID.to_owned()),
                ("webhook-timestamp", "1614265330".to_owned()),
                ("webhook-signature", SIGNATURE.to_owned()),
            ]
        );
    }

    #[test]
    fn whatever_is_changed_changes_the_signature() {
        let key = SigningKey::parse(SECRET).expect("a secret");
        assert_eq!(key.sign(ID, AT_UNIX_S, BODY), SIGNATURE);
        assert_ne!(key.sign("msg_other", AT_UNIX_S, BODY), SIGNATURE);
        assert_ne!(key.sign(ID, AT_UNIX_S + 1, BODY), SIGNATURE);
        assert_ne!(key.sign(ID, AT_UNIX_S, br#"{"test":2432232314}"#), SIGNATURE);
        assert_ne!(SigningKey::new([1; NEW_KEY_BYTES]).sign(ID, AT_UNIX_S, BODY), SIGNATURE);
    }

    #[test]
    fn while_a_secret_is_replaced_both_sign_and_both_families_say_the_same() {
        let keys = [SigningKey::new([1; NEW_KEY_BYTES]), SigningKey::parse(SECRET).expect("a secret")];
        let headers = headers(&keys, ID, AT_UNIX_S, BODY, true);
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, HEADERS.concat());
        let value = |name: &str| headers.iter().find(|(known, _)| *known == name).expect(name).1.clone();
        for [new, old] in HEADERS {
            assert_eq!(value(new), value(old));
        }
        let signatures = value("webhook-signature");
        let (first, second) = signatures.split_once(' ').expect("two signatures");
        assert!(first != second && second == SIGNATURE, "{signatures}");
    }

    #[test]
    fn a_secret_survives_its_way_through_text_and_is_never_printed() {
        let key = SigningKey::new([7; NEW_KEY_BYTES]);
        assert_eq!(SigningKey::parse(key.text().expose()), Ok(key.clone()));
        assert!(!format!("{key:?}").contains('7'));
        for text in ["", "whsec_", "whsec_!!!!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ="] {
            assert_eq!(SigningKey::parse(text), Err(NoSecret), "{text}");
        }
    }
}

//! The three signatures of Zoom, all HMAC-SHA256: the handshake's, the webhook's and the challenge's (protocol §2.2, §2.3,
//! §3.1). Which request must carry one is in `webhook`.

use hmac::{Hmac, KeyInit, Mac};
use model::Secret;
use sha2::Sha256;

/// The signature of both handshakes, 64 lower-case hexadecimal digits: constant for the life of a stream, and good for
/// every reconnect. `id` is what the product calls its meeting, verbatim.
pub fn handshake(client_id: &str, client_secret: &Secret<String>, id: &str, stream_id: &str) -> Secret<String> {
    let parts = [client_id.as_bytes(), b",", id.as_bytes(), b",", stream_id.as_bytes()];
    Secret::new(hex(mac(client_secret, &parts)))
}

/// The `x-zm-signature` header of a webhook whose timestamp header reads `timestamp`.
pub fn webhook(secret: &Secret<String>, timestamp: &str, body: &[u8]) -> String {
    format!("v0={}", hex(webhook_mac(secret, timestamp, body)))
}

/// What the `x-zm-signature` header claims; `None` if it does not have the form of one.
pub(crate) fn claimed(header: &str) -> Option<[u8; 32]> {
    let mut claimed = [0; 32];
    hex::decode_to_slice(header.strip_prefix("v0=")?, &mut claimed).ok()?;
    Some(claimed)
}

/// Whether `claimed` is the signature of that webhook, in a time that does not depend on where it differs.
pub(crate) fn webhook_fits(secret: &Secret<String>, timestamp: &str, body: &[u8], claimed: &[u8; 32]) -> bool {
    webhook_mac(secret, timestamp, body).verify_slice(claimed).is_ok()
}

/// HMAC-SHA256 of `text`, as a JWT wants it.
pub(crate) fn digest(secret: &Secret<String>, text: &[u8]) -> [u8; 32] {
    mac(secret, &[text]).finalize().into_bytes().into()
}

/// The answer to the challenge `plain_token`: 64 lower-case hexadecimal digits. Signs whatever it is given; which tokens
/// may be answered is decided in `webhook`.
pub(crate) fn challenge(secret: &Secret<String>, plain_token: &str) -> String {
    hex(mac(secret, &[plain_token.as_bytes()]))
}

fn webhook_mac(secret: &Secret<String>, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    mac(secret, &[b"v0:", timestamp.as_bytes(), b":", body])
}

fn mac(secret: &Secret<String>, parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac
}

fn hex(mac: Hmac<Sha256>) -> String {
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn handshake_signatures_are_those_of_the_protocol_and_of_the_official_client() {
        let cases = [
            (
                (
                    "client-id-0001",
                    "client-secret-0001",
                    "a/B+cD0eFgHiJkLmNoPqRw==",
                    "0123456789abcdef0123456789abcdef",
                ),
                "1465e70eb70da0d8cf189613381fa3ad095ea3fe2c422baa22bed4082bf327d7",
            ),
            (
                ("client-id-0001", "client-secret-0001", "ENG-0001", "0123456789abcdef0123456789abcdef"),
                "89ea521eee290b87612c6bed8f8b9788548440d57b0c56c6d412c074f95230e4",
            ),
            (
                ("lab-client", "lab-secret", "lab/meeting+uuid==", "lab-stream"),
                "1776521661f91c9571141a1bb08cded238f5342fd85859bb9be2dcc073b5f3bd",
            ),
        ];
        for ((client_id, client_secret, id, stream_id), expected) in cases {
            assert_eq!(handshake(client_id, &secret(client_secret), id, stream_id).expose(), expected);
        }
    }

    #[test]
    fn the_challenge_answer_is_that_of_the_protocol() {
        assert_eq!(
            challenge(&secret("wh-secret-0001"), "kT3vX0wQ7mZr"),
            "b158d9485043a691dd3355abd909d5c339cc15a8d130adf4045224b25af5387c"
        );
    }

    /// §18 row 25: hexadecimal, whatever one page shows.
    #[test]
    fn row_25_a_signature_is_64_lower_case_digits() {
        let signature = handshake("client-id-0001", &secret("client-secret-0001"), "ENG-0001", "stream");
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        assert!(signature.expose().len() == 64 && signature.expose().bytes().all(is_digit));
    }
}

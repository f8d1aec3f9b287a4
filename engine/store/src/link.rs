//! Links that open one object for a time, without any other key (HMAC-SHA256, RFC 2104). How long that is, and the
//! address around the token, is decided in `api`.
//!
//! A token is `<key id>.<expiry>.<recording>.<artifact>.<name>.<code>`; the code covers the exact text before it, so
//! that there is one spelling of each token. One for a live stream is `<key id>.<expiry>.<capture>.<code>`, and opens everything of that
//! stream.

use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use model::{ArtifactId, CaptureId, RecordingId};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::{LinkError, ObjectKey, StoreError, secret_file};

/// Told to the code before the token, so that a code made for anything else never fits.
const DOMAIN: &[u8] = b"hansard link 1\n";
/// The same for live streams.
const LIVE_DOMAIN: &[u8] = b"hansard live link 1\n";

/// No token is longer, in bytes.
const TOKEN_BYTES: usize = 320;

/// Makes and checks links.
#[derive(Clone)]
pub struct LinkSigner {
    key: Key,
    older: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: String,
    secret: [u8; 32],
}

impl LinkSigner {
    /// Signs with this key.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key: Key::new(key), older: Vec::new() }
    }

    /// Signs with the key in `dir/link.key`, which is made (mode 0600) at the first start.
    ///
    /// # Errors
    /// If the file cannot be read or written, or has not 32 bytes.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        secret_file::load(&dir.join("link.key")).map(Self::new)
    }

    /// Also takes links that were signed with a key that was replaced.
    #[must_use]
    pub fn accepting(mut self, older: [u8; 32]) -> Self {
        self.older.push(Key::new(older));
        self
    }

    /// A token that opens an object until `expires_unix_s`, in seconds of this machine's wall clock since the Unix
    /// epoch. Made of `[A-Za-z0-9_.-]` only.
    pub fn sign(&self, key: &ObjectKey, expires_unix_s: u64) -> String {
        let text = format!("{}.{expires_unix_s}.{}.{}.{}", self.key.id, key.recording(), key.artifact(), key.name());
        let code = self.key.code(DOMAIN, &text);
        format!("{text}.{code}")
    }

    /// A token that opens the live stream of a capture, with everything that its playlist names, until `expires_unix_s`.
    pub fn sign_live(&self, capture: CaptureId, expires_unix_s: u64) -> String {
        let text = format!("{}.{expires_unix_s}.{capture}", self.key.id);
        let code = self.key.code(LIVE_DOMAIN, &text);
        format!("{text}.{code}")
    }

    /// The capture whose live stream a token opens at `now_unix_s`.
    ///
    /// # Errors
    /// If the token was not made here for a live stream, was changed, or its time is over.
    pub fn verify_live(&self, token: &str, now_unix_s: u64) -> Result<CaptureId, LinkError> {
        let text = self.genuine(LIVE_DOMAIN, token)?;
        let mut parts = text.splitn(3, '.').skip(1);
        let expires_unix_s: u64 = parts.next().and_then(|part| part.parse().ok()).ok_or(LinkError::Forged)?;
        let capture = parts.next().and_then(|part| part.parse().ok()).ok_or(LinkError::Forged)?;
        if now_unix_s >= expires_unix_s { Err(LinkError::Expired) } else { Ok(capture) }
    }

    /// The object that a token opens at `now_unix_s`. Takes the same time whatever is wrong with the code.
    ///
    /// # Errors
    /// If the token was not made here, was changed, or its time is over.
    pub fn verify(&self, token: &str, now_unix_s: u64) -> Result<ObjectKey, LinkError> {
        let text = self.genuine(DOMAIN, token)?;
        let (expires_unix_s, key) = read(text).ok_or(LinkError::Forged)?;
        if now_unix_s >= expires_unix_s { Err(LinkError::Expired) } else { Ok(key) }
    }

    /// What the code of a token covers, if it is ours.
    fn genuine<'a>(&self, domain: &[u8], token: &'a str) -> Result<&'a str, LinkError> {
        if token.len() > TOKEN_BYTES {
            return Err(LinkError::Forged);
        }
        let (text, code) = token.rsplit_once('.').ok_or(LinkError::Forged)?;
        let genuine = std::iter::once(&self.key)
            .chain(&self.older)
            .fold(Choice::from(0), |any, key| any | key.code(domain, text).as_bytes().ct_eq(code.as_bytes()));
        if bool::from(genuine) { Ok(text) } else { Err(LinkError::Forged) }
    }
}

impl std::fmt::Debug for LinkSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkSigner").field("key", &self.key.id).finish_non_exhaustive()
    }
}

impl Key {
    fn new(secret: [u8; 32]) -> Self {
        let digest = Sha256::new().chain_update(b"hansard link key id\n").chain_update(secret).finalize();
        Self { id: hex::encode(digest).chars().take(8).collect(), secret }
    }

    fn code(&self, domain: &[u8], text: &str) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes a key of any length");
        hex::encode(mac.chain_update(domain).chain_update(text.as_bytes()).finalize().into_bytes())
    }
}

/// Reads what a genuine code covers.
fn read(text: &str) -> Option<(u64, ObjectKey)> {
    let mut parts = text.splitn(5, '.').skip(1);
    let expires_unix_s = parts.next()?.parse().ok()?;
    let recording: RecordingId = parts.next()?.parse().ok()?;
    let artifact: ArtifactId = parts.next()?.parse().ok()?;
    Some((expires_unix_s, ObjectKey::new(recording, artifact, parts.next()?).ok()?))
}

#[cfg(test)]
mod tests;

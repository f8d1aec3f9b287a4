//! One key of a customer, as the operator gave it out; of the key itself only a digest is kept. Whose key a request carries is
//! found out in [`crate::keys`].

use std::fmt;

use model::Project;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::scope::Scope;

/// What is kept of a key: its SHA-256. Keys are long and random, so nothing slower is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// Of a key; `None` of an empty one, which would let everybody in.
    pub fn of(key: &str) -> Option<Self> {
        let key = key.trim();
        (!key.is_empty()).then(|| Self(Sha256::digest(key.as_bytes()).into()))
    }

    /// A digest written as 64 hexadecimal digits; `None` of any other text.
    pub fn parse(hex: &str) -> Option<Self> {
        let mut digest = [0; 32];
        hex::decode_to_slice(hex.trim(), &mut digest).ok().map(|()| Self(digest))
    }

    /// The digest as 64 hexadecimal digits.
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[digest]")
    }
}

/// One key of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its name in logs.
    pub name: String,
    /// What is kept of it.
    pub digest: KeyDigest,
    /// Whose objects it shows.
    pub project: Project,
    /// What it allows.
    pub scope: Scope,
}

impl ConstantTimeEq for KeyDigest {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_digest_alone() {
        let hex = "4a6fd6a9d8c5bb4cb1f1d9aaf5d4bb2b1c05f0e1b5e8a2c6a0d2f3a4b5c6d7e8";
        assert_ne!(KeyDigest::parse(hex), KeyDigest::of("key-1"));
        // `printf %s key-1 | sha256sum`
        let real = "be2974546978e3739e6d6da85c4be9f334ce32df2b9fd4b6ff1b55c0d57e9d44";
        assert_eq!(KeyDigest::parse(&format!(" {real}\n")), KeyDigest::of("key-1"));
        for wrong in ["", "key-1", &real[1..], &real.replace('a', "g")] {
            assert_eq!(KeyDigest::parse(wrong), None, "{wrong}");
        }
        assert!(!format!("{:?}", KeyDigest::of("key-1")).contains(&real[..4]));
    }
}

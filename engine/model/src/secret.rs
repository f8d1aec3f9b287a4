//! Values that must not reach a log, redacted by type. Sealing them at rest belongs to `catalog`.

use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// A value that is never printed: a key, a token, a signature. Two are compared in a time that tells nothing but their lengths.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself; whoever calls this answers for where it goes.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: AsRef<[u8]>> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref().ct_eq(other.0.as_ref()).into()
    }
}

impl<T: AsRef<[u8]>> Eq for Secret<T> {}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Personal data: kept and delivered, but printed as a placeholder.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pii<T>(T);

impl<T> Pii<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for documents and customers, never for logs above debug.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_secrets_are_equal_if_they_hold_the_same() {
        for (other, is_equal) in
            [("key-1", true), ("key-2", false), ("Key-1", false), ("key-", false), ("key-11", false)]
        {
            assert_eq!(Secret::new("key-1") == Secret::new(other), is_equal, "{other}");
        }
        assert_eq!(Secret::new(""), Secret::new(""));
    }

    #[test]
    fn secrets_and_names_are_not_printed() {
        assert_eq!(format!("{:?} {:?}", Secret::new("key"), Pii::new("Ada")), "[secret] [personal]");
    }
}

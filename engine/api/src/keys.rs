//! The customers' keys: compares the key of a request with them, in a time that does not depend on how much of it is right
//! (recording-api §1.2). Which routes need one is in [`crate::router`], how they ask is in [`crate::auth`].

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use model::Secret;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use crate::error::ApiError;

/// The name of the key that a request carried; found in its extensions once [`crate::auth`] let it through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller(pub(crate) Arc<str>);

/// The customers' keys.
pub(crate) struct Keys(Vec<(Arc<str>, [u8; 32])>);

impl Keys {
    /// Keeps the digests of the keys; an empty key would let everybody in and is left out.
    pub(crate) fn new(keys: &[(String, Secret<String>)]) -> Self {
        let usable = keys.iter().filter(|(_, key)| !key.expose().trim().is_empty());
        Self(usable.map(|(name, key)| (name.as_str().into(), digest(key.expose().trim()))).collect())
    }

    /// Whose key the request carries.
    ///
    /// # Errors
    /// [`ApiError::NotAuthenticated`] without a key, [`ApiError::AuthenticationFailed`] with a wrong one.
    pub(crate) fn caller(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let value = headers.get(header::AUTHORIZATION).ok_or(ApiError::NotAuthenticated)?;
        let key = bare(value.to_str().map_err(|_| ApiError::AuthenticationFailed)?);
        if key.is_empty() {
            return Err(ApiError::NotAuthenticated);
        }
        let offered = digest(key);
        // Every key is compared, so that the time does not tell which one came close.
        let mut found = 0u32;
        for (place, (_, known)) in (1u32..).zip(&self.0) {
            let same: Choice = known.ct_eq(&offered);
            found = u32::conditional_select(&found, &place, same);
        }
        let index = usize::try_from(found).ok().and_then(|place| place.checked_sub(1));
        let (name, _) = index.and_then(|index| self.0.get(index)).ok_or(ApiError::AuthenticationFailed)?;
        Ok(Caller(name.clone()))
    }
}

/// The key without its scheme: `Token <key>`, `Bearer <key>` and the bare key are all in use.
fn bare(value: &str) -> &str {
    let value = value.trim();
    match value.split_once(char::is_whitespace) {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("token") || scheme.eq_ignore_ascii_case("bearer") => {
            key.trim()
        }
        Some(_) => value,
        None if value.eq_ignore_ascii_case("token") || value.eq_ignore_ascii_case("bearer") => "",
        None => value,
    }
}

fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        let secret = |text: &str| Secret::new(text.to_owned());
        Keys::new(&[
            ("one".to_owned(), secret("key-1")),
            ("two".to_owned(), secret("key 2")),
            ("empty".to_owned(), secret(" ")),
        ])
    }

    fn ask(value: Option<&str>) -> Result<String, u16> {
        let mut headers = HeaderMap::new();
        if let Some(value) = value {
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        }
        keys().caller(&headers).map(|caller| caller.0.to_string()).map_err(|error| error.status().as_u16())
    }

    #[test]
    fn a_key_is_found_with_either_scheme_and_without() {
        for value in ["Token key-1", "token key-1", "TOKEN  key-1 ", "Bearer key-1", "bEaReR key-1", "key-1"] {
            assert_eq!(ask(Some(value)), Ok("one".to_owned()), "{value}");
        }
        assert_eq!(ask(Some("key 2")), Ok("two".to_owned()));
    }

    #[test]
    fn anything_else_is_refused() {
        for value in [None, Some(""), Some("Token"), Some("Bearer "), Some("Basic key-1"), Some("key-"), Some("key-11")]
        {
            assert_eq!(ask(value), Err(401), "{value:?}");
        }
    }

    #[test]
    fn without_keys_nobody_gets_in() {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, "Token x".parse().unwrap());
        assert!(Keys::new(&[]).caller(&headers).is_err());
    }
}

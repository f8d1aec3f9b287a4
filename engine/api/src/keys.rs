//! The customers' keys: compares the key of a request with them, in a time that does not depend on how much of it is right
//! (recording-api §1.2). Only digests are kept. Which routes need which scope is in [`crate::router`], how they ask is in
//! [`crate::auth`].

use std::sync::{Arc, PoisonError, RwLock};

use axum::http::{HeaderMap, header};
use model::Project;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use crate::{
    error::ApiError,
    key::{ApiKey, KeyDigest},
    scope::Scope,
};

/// Who sent a request; found in its extensions once [`crate::auth`] let it through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The name of the key.
    pub(crate) name: String,
    /// Whose objects may be seen.
    pub(crate) project: Project,
    /// What may be done.
    pub(crate) scope: Scope,
}

/// The customers' keys in use; clones share them, so that they can be changed while requests are answered.
#[derive(Clone, Debug, Default)]
pub struct Keys(Arc<RwLock<Arc<[ApiKey]>>>);

impl Keys {
    /// These keys.
    pub fn new(keys: Vec<ApiKey>) -> Self {
        Self(Arc::new(RwLock::new(keys.into())))
    }

    /// Changes the keys from the next request on.
    pub fn rotate(&self, keys: Vec<ApiKey>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys.into();
    }

    /// The keys in use.
    pub fn current(&self) -> Arc<[ApiKey]> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whose key the request carries.
    ///
    /// # Errors
    /// [`ApiError::NotAuthenticated`] without a key, [`ApiError::AuthenticationFailed`] with a wrong one.
    pub(crate) fn caller(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let value = headers.get(header::AUTHORIZATION).ok_or(ApiError::NotAuthenticated)?;
        let offered = bare(value.to_str().map_err(|_| ApiError::AuthenticationFailed)?);
        let offered = KeyDigest::of(offered).ok_or(ApiError::NotAuthenticated)?;
        let keys = self.current();
        // Every key is compared, so that the time does not tell which one came close.
        let mut found = 0u32;
        for (place, known) in (1u32..).zip(keys.iter()) {
            let same: Choice = known.digest.ct_eq(&offered);
            found = u32::conditional_select(&found, &place, same);
        }
        let index = usize::try_from(found).ok().and_then(|place| place.checked_sub(1));
        let key = index.and_then(|index| keys.get(index)).ok_or(ApiError::AuthenticationFailed)?;
        Ok(Caller { name: key.name.clone(), project: key.project.clone(), scope: key.scope })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, key: &str) -> ApiKey {
        let digest = KeyDigest::of(key).expect("a key");
        ApiKey { name: name.to_owned(), digest, project: Project::default(), scope: Scope::Write }
    }

    fn keys() -> Keys {
        Keys::new(vec![key("one", "key-1"), key("two", "key 2")])
    }

    fn asked(keys: &Keys, value: Option<&str>) -> Result<String, u16> {
        let mut headers = HeaderMap::new();
        if let Some(value) = value {
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        }
        keys.caller(&headers).map(|caller| caller.name).map_err(|error| error.status().as_u16())
    }

    fn ask(value: Option<&str>) -> Result<String, u16> {
        asked(&keys(), value)
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
        assert_eq!(asked(&Keys::default(), Some("Token x")), Err(401));
        assert_eq!(KeyDigest::of(" "), None);
    }

    #[test]
    fn keys_change_from_one_request_to_the_next() {
        let keys = keys();
        let shared = keys.clone();
        keys.rotate(vec![key("two", "key 2"), key("three", "key-3")]);
        assert_eq!(asked(&shared, Some("key-1")), Err(401));
        assert_eq!(asked(&shared, Some("key-3")), Ok("three".to_owned()));
    }
}

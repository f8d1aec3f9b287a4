//! What may be written in the configuration about the keys of the API. What a key allows is decided in `api`.

use api::KeyDigest;
use model::Project;
use serde::Deserialize;

use super::SecretRef;

/// Who may use the API.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ApiKeys {
    pub(crate) keys: Vec<ApiKey>,
}

/// One API key: itself, or its digest, so that the configuration does not have to hold it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKey {
    pub(crate) name: String,
    pub(crate) key: Option<SecretRef>,
    pub(crate) sha256: Option<String>,
    /// Whose objects it shows.
    #[serde(default)]
    pub(crate) project: Project,
    #[serde(default)]
    pub(crate) scope: Scope,
}

/// What a key allows; each allows what those before it do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    Read,
    Write,
    #[default]
    Admin,
}

impl ApiKey {
    /// The digest of the key; `None` if that is empty.
    ///
    /// # Errors
    /// A sentence on what is wrong with it.
    pub(crate) fn digest(&self) -> Result<Option<KeyDigest>, String> {
        match (&self.key, &self.sha256) {
            (Some(key), None) => Ok(KeyDigest::of(key.resolve()?.expose())),
            (None, Some(hex)) => match KeyDigest::parse(hex) {
                Some(digest) => Ok(Some(digest)),
                None => Err("sha256 must have 64 hexadecimal digits, as `hansard key` prints them".to_owned()),
            },
            (Some(_), Some(_)) => Err("give either key or sha256, not both".to_owned()),
            (None, None) => Err("it has neither key nor sha256; `hansard key` makes one".to_owned()),
        }
    }
}

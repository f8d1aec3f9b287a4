//! Secrets by reference, so that the file itself can be shown to anybody.

use std::{env, fs, path::PathBuf};

use model::Secret;
use serde::Deserialize;

/// Where a secret is to be found.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, expecting = "expected a text, { env = \"NAME\" } or { file = \"PATH\" }")]
pub(crate) enum SecretRef {
    /// In the file itself.
    Literal(Secret<String>),
    /// In an environment variable.
    Env(FromEnv),
    /// In a file of its own, without the newline at its end.
    File(FromFile),
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FromEnv {
    env: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FromFile {
    file: PathBuf,
}

impl Default for SecretRef {
    /// A secret that is empty, and so none.
    fn default() -> Self {
        Self::Literal(Secret::new(String::new()))
    }
}

impl SecretRef {
    /// The secret itself, or a sentence on why there is none.
    pub(crate) fn resolve(&self) -> Result<Secret<String>, String> {
        let text = match self {
            Self::Literal(secret) => secret.expose().clone(),
            Self::Env(FromEnv { env: name }) => {
                env::var(name).map_err(|_| format!("the environment variable {name} is not set; set it"))?
            }
            Self::File(FromFile { file }) => fs::read_to_string(file)
                .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
                .map_err(|error| format!("{}: {error}; make the file readable", file.display()))?,
        };
        if text.is_empty() {
            return Err("the value is empty; give it one".to_owned());
        }
        Ok(Secret::new(text))
    }
}

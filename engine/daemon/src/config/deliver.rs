//! What may be written about receivers of customers. What it means is the business of `dial`, `schema` and
//! `deliver`.

use std::path::PathBuf;

use model::{Project, Secret};
use schema::signature::SigningKey;
use serde::Deserialize;

use super::SecretRef;

/// What may be delivered where.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Deliver {
    /// Hosts and networks of receivers that are not public and may be dialled all the same.
    pub(crate) private: Vec<String>,
    /// Whether plain `http` and `ws` are refused.
    pub(crate) require_tls: bool,
    /// A PEM file of a private authority that receivers may be certified by.
    pub(crate) extra_ca_file: PathBuf,
    /// What signs what real-time endpoints are sent.
    pub(crate) signing_secret: Option<SecretRef>,
    /// What signed it before, and signs it as well until receivers know the other.
    pub(crate) previous_signing_secret: Option<SecretRef>,
    /// Whether the headers of signatures come under their older names as well.
    pub(crate) svix_headers: bool,
    /// Whether live events name the capture as a bot as well.
    pub(crate) bot_alias: bool,
}

impl Default for Deliver {
    fn default() -> Self {
        Self {
            private: Vec::new(),
            require_tls: false,
            extra_ca_file: PathBuf::new(),
            signing_secret: None,
            previous_signing_secret: None,
            svix_headers: false,
            bot_alias: true,
        }
    }
}

/// A receiver of status webhooks. Others are registered over the API.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhook {
    /// What it is known by from one start to the next.
    pub(crate) name: String,
    /// The project whose captures it hears of.
    #[serde(default)]
    pub(crate) project: Project,
    pub(crate) url: String,
    /// `whsec_` and a key in base64.
    pub(crate) secret: SecretRef,
    /// The events that it wants, such as `recording.done` or `transcript.*`; none for all.
    #[serde(default)]
    pub(crate) events: Vec<String>,
    /// Whether what concerns one recording waits for what came before it.
    #[serde(default = "yes")]
    pub(crate) ordered: bool,
    /// Whether signatures come under the older names of their headers as well.
    #[serde(default)]
    pub(crate) svix_headers: bool,
    /// Whether changes of a capture's status are told as those of a bot as well.
    #[serde(default)]
    pub(crate) bot_events: bool,
}

const fn yes() -> bool {
    true
}

impl Webhook {
    /// The secret, once it is known to be one.
    ///
    /// # Errors
    /// A sentence on what is wrong with it.
    pub(crate) fn secret(&self) -> Result<Secret<String>, String> {
        let secret = self.secret.resolve()?;
        SigningKey::parse(secret.expose()).map_err(|error| error.to_string())?;
        Ok(secret)
    }
}

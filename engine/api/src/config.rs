//! What the operator decides about the API. Reading it from a file is in `daemon`.

use std::time::Duration;

use model::{RecordingConfig, Secret};

/// How long a signed link can be used unless the operator says otherwise (recording-api §5.4).
pub const LINK_TTL: Duration = Duration::from_secs(6 * 3600);

/// What the operator decides about the API.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// Where customers reach us: scheme and host, without a slash at the end.
    pub public_url: String,
    /// The customers' keys, each with a name for logs.
    pub keys: Vec<(String, Secret<String>)>,
    /// The Zoom apps whose webhooks are taken.
    pub apps: Vec<AppConfig>,
    /// How long a signed link can be used.
    pub link_ttl: Duration,
}

/// One Zoom app.
#[derive(Clone, Debug)]
pub struct AppConfig {
    /// Its name in addresses, metrics and the catalogue.
    pub name: String,
    /// Its client id at Zoom.
    pub client_id: String,
    /// Its client secret at Zoom.
    pub client_secret: Secret<String>,
    /// Its webhook secret tokens: the current one first, then those that still count during a rotation.
    pub webhook_secrets: Vec<Secret<String>>,
    /// What is made of a meeting that starts by Zoom's webhook alone.
    pub default_config: RecordingConfig,
}

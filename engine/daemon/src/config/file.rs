//! What may be written in the configuration. Defaults are here and nowhere else.

use std::{net::SocketAddr, path::PathBuf};

use serde::Deserialize;

use super::SecretRef;

/// The whole configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) data: Storage,
    pub(crate) zoom: Zoom,
    pub(crate) api: ApiKeys,
    pub(crate) render: Render,
    pub(crate) log: Log,
}

/// Where the daemon listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Server {
    /// The address of webhooks, API and metrics.
    pub(crate) listen: SocketAddr,
    /// How customers reach it; links and cursors are built from it.
    pub(crate) public_url: String,
    /// Certificate and key, where no proxy does TLS.
    pub(crate) tls: Option<Tls>,
}

impl Default for Server {
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
        Self { listen, public_url: "http://127.0.0.1:8080".to_owned(), tls: None }
    }
}

/// PEM files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    pub(crate) cert_file: PathBuf,
    pub(crate) key_file: PathBuf,
}

/// Where everything is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Storage {
    pub(crate) dir: PathBuf,
}

impl Default for Storage {
    fn default() -> Self {
        Self { dir: PathBuf::from("./data") }
    }
}

/// The Zoom side.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Zoom {
    pub(crate) apps: Vec<App>,
    /// Where `server_urls` may point.
    pub(crate) allowed_hosts: Vec<String>,
    /// A private certificate authority, for the simulator; empty for none.
    pub(crate) extra_ca_file: PathBuf,
}

impl Default for Zoom {
    fn default() -> Self {
        Self {
            apps: Vec::new(),
            allowed_hosts: vec!["*.zoom.us".to_owned(), "*.zoomgov.com".to_owned()],
            extra_ca_file: PathBuf::new(),
        }
    }
}

/// One set of Zoom credentials.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct App {
    /// The name in `/zoom-webhook/{app}`.
    #[serde(default = "default_name")]
    pub(crate) name: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretRef,
    pub(crate) webhook_secret: SecretRef,
}

fn default_name() -> String {
    "default".to_owned()
}

/// Who may use the API.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ApiKeys {
    pub(crate) keys: Vec<ApiKey>,
}

/// One API key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKey {
    pub(crate) name: String,
    pub(crate) key: SecretRef,
}

/// How artifacts are made.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Render {
    /// How many renders run at once; 0 leaves one core to captures.
    pub(crate) parallel: usize,
}

/// What the daemon prints.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// A level, or directives such as `info,ingest=debug`.
    pub(crate) level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned() }
    }
}

//! The credentials of the configured apps. Reading the configuration is the daemon's business.

use std::collections::HashMap;

use model::Secret;

/// One app's credentials, as far as a handshake needs them.
#[derive(Clone, Debug)]
pub struct App {
    /// The platform's public id of the app.
    pub client_id: String,
    /// The key of the handshake signature.
    pub client_secret: Secret<String>,
}

/// Every configured app by its name.
pub type Apps = HashMap<String, App>;

//! The credentials of the configured apps. Reading the configuration is the daemon's business.

use std::collections::HashMap;

use model::Secret;
use zoom::Wants;

/// One app's credentials, as far as a handshake needs them.
#[derive(Clone, Debug)]
pub struct App {
    /// The platform's public id of the app.
    pub client_id: String,
    /// The key of the handshake signature.
    pub client_secret: Secret<String>,
    /// Which media its captures receive.
    pub want: Wants,
    /// Whether what was received is kept although consent was withdrawn.
    pub keep_revoked: bool,
    /// The Zoom account for which the app itself asks Zoom over REST; empty where it does not.
    pub account_id: String,
    /// Whether Zoom is asked for a new stream after one that broke off.
    pub restart: bool,
}

/// Every configured app by its name.
pub type Apps = HashMap<String, App>;

//! What the operator decides about the API. Reading it from a file is in `daemon`.

use std::time::Duration;

use dial::Policy;
use model::{Project, RecordingConfig, Secret};
use zoom::webhook::StartNotice;

use crate::rates::Rates;

/// How long a signed link can be used unless the operator says otherwise (recording-api §5.4).
pub const LINK_TTL: Duration = Duration::from_secs(6 * 3600);

/// What the operator decides about the API.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// Where customers reach us: scheme and host, without a slash at the end.
    pub public_url: String,
    /// The Zoom apps whose webhooks are taken.
    pub apps: Vec<AppConfig>,
    /// Where streams may be. What lies outside is never dialled; here it is only noticed.
    pub policy: Policy,
    /// How long a signed link can be used.
    pub link_ttl: Duration,
    /// How many connections are served at once.
    pub connections: usize,
    /// How many requests customers may make in a minute; `None` for as many as they like.
    pub rates: Option<Rates>,
    /// Whether live events name the capture as a bot as well.
    pub bot_alias: bool,
}

/// Which streams of an app are taken: Zoom offers one for every user of the app who hosts or joins a meeting (protocol
/// §2.7).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those of these accounts; empty for all.
    pub accounts: Vec<String>,
    /// Those that these users triggered; empty for all.
    pub operators: Vec<String>,
    /// Only those that the scheduling host triggered.
    pub only_original_host: bool,
}

impl Filter {
    /// Whether a stream is taken. What the notice does not say fits nothing that is asked for.
    pub(crate) fn takes(&self, notice: &StartNotice) -> bool {
        let listed = |list: &[String], value: &Option<String>| {
            list.is_empty() || value.as_ref().is_some_and(|value| list.contains(value))
        };
        listed(&self.accounts, &notice.account_id)
            && listed(&self.operators, &notice.operator_id)
            && (!self.only_original_host || notice.is_original_host == Some(true))
    }
}

/// One Zoom app.
#[derive(Clone, Debug)]
pub struct AppConfig {
    /// Its name in addresses, metrics and the catalogue.
    pub name: String,
    /// Whose captures its streams become.
    pub project: Project,
    /// Its client id at Zoom.
    pub client_id: String,
    /// Its client secret at Zoom.
    pub client_secret: Secret<String>,
    /// Its webhook secret tokens: the current one first, then those that still count during a rotation.
    pub webhook_secrets: Vec<Secret<String>>,
    /// Which of its streams are taken.
    pub filter: Filter,
    /// Whether what was received is kept although consent was withdrawn.
    pub keep_revoked: bool,
    /// What is made of a meeting that starts by Zoom's webhook alone.
    pub default_config: RecordingConfig,
}
